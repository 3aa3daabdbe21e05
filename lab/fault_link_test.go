package lab_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
)

// publishAll publishes n messages in us, a tenth of a second apart, and returns what a subscriber in eu got.
func (w *world) publishAll(n int) []string {
	w.Helper()
	us, listener := w.dial("us", 0), w.dial("eu", 0)
	listener.do("SUBSCRIBE", "c")
	for i := range n {
		us.want("0", "PUBLISH", "c", fmt.Sprint(i))
		w.wait(100 * time.Millisecond)
	}
	us.want("0", "PUBLISH", "other", "end")
	us.want("OK", "SET", "k", fmt.Sprint(n))
	w.wait(delay)
	w.dial("eu", 0).want(fmt.Sprint(n), "GET", "k")
	var got []string
	listener.send("PING", "end")
	for {
		m := listener.read().Elems
		if m[0].Str == "pong" {
			return got
		}
		got = append(got, m[2].Str)
	}
}

func TestALossyLinkLosesAShareOfTheMessagesAndNoKeys(t *testing.T) {
	for _, row := range []struct {
		why         string
		fault       lab.Fault
		least, most int // of 1000 messages
	}{
		{"a fifth, as far as chance goes", lab.Fault{Share: 0.2}, 750, 850},
		{"one in twenty", lab.Fault{Share: 0.05}, 920, 980},
		{"all, as if pub/sub were not replicated", lab.Fault{Share: 1, OneWay: true}, 0, 0},
	} {
		t.Run(row.why, func(t *testing.T) {
			c := regions(1, "us", "eu")
			c.Seed = 1
			simulate(t, c, func(w *world) {
				row.fault.Kind, row.fault.From, row.fault.To = lab.Lose, "us", "eu"
				w.inject(row.fault)
				if got := len(w.publishAll(1000)); got < row.least || got > row.most {
					t.Errorf("%d of 1000 messages came, want %d to %d", got, row.least, row.most)
				}
				there, back := w.link("us", "eu"), w.link("eu", "us")
				if there.State != lab.LinkLossy || there.Streams[0].Loss != row.fault.Share || (back.State == lab.LinkLossy) == row.fault.OneWay {
					t.Errorf("status %+v and %+v", there, back)
				}
				w.inject(lab.Fault{Kind: lab.Heal, From: "us", To: "eu"})
				if got := len(w.publishAll(100)); got != 100 || w.link("us", "eu").State != lab.LinkUp {
					t.Errorf("healed, %d of 100 messages came; %+v", got, w.link("us", "eu"))
				}
			})
		})
	}
}

func TestTheSameSeedLosesTheSameMessages(t *testing.T) {
	lost := func(seed uint64) (got string) {
		c := regions(1, "us", "eu")
		c.Seed = seed
		simulate(t, c, func(w *world) {
			w.inject(lab.Fault{Kind: lab.Lose, From: "us", To: "eu", Share: 0.5})
			got = strings.Join(w.publishAll(100), " ")
		})
		return got
	}
	if a, b := lost(7), lost(7); a != b {
		t.Errorf("with the same seed\n%s\nand\n%s", a, b)
	}
	if a, b := lost(7), lost(8); a == b {
		t.Errorf("another seed makes no difference: %s", a)
	}
}

func TestAnEchoingLinkDeliversEverythingTwice(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		w.inject(lab.Fault{Kind: lab.Echo, From: "us", To: "eu", OneWay: true})
		us := w.dial("us", 0)
		us.want("1", "INCR", "n")
		if got := strings.Join(w.publishAll(3), " "); got != "0 0 1 1 2 2" {
			t.Errorf("got %s", got)
		}
		w.dial("eu", 0).want("1", "GET", "n")
		if a, b := w.link("us", "eu").State, w.link("eu", "us").State; a != lab.LinkEchoing || b != lab.LinkUp {
			t.Errorf("us->eu is %v, eu->us is %v", a, b)
		}
		w.inject(lab.Fault{Kind: lab.Heal})
		if got := strings.Join(w.publishAll(2), " "); got != "0 1" {
			t.Errorf("healed: got %s", got)
		}
	})
}

func TestALossyLinkCanBeSlowOrStalledToo(t *testing.T) {
	simulate(t, regions(1, "us", "eu"), func(w *world) {
		w.inject(lab.Fault{Kind: lab.Lose, From: "us", To: "eu", Share: 1})
		w.inject(lab.Fault{Kind: lab.Stall, From: "us", To: "eu"})
		if st := w.link("us", "eu"); st.State != lab.LinkStalled || st.Streams[0].Loss != 1 {
			t.Errorf("status %+v", st)
		}
	})
}
