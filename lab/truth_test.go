package lab_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
)

// key is one that a truth is about.
const key = "aafailover:{k}:1"

// presence renders intervals as times since the start, for comparison.
func presence(began time.Time, intervals []lab.Interval) [][2]time.Duration {
	var all [][2]time.Duration
	for _, i := range intervals {
		pair := [2]time.Duration{i.From.Sub(began), -1}
		if !i.To.IsZero() {
			pair[1] = i.To.Sub(began)
		}
		all = append(all, pair)
	}
	return all
}

func TestTheTruthKnowsWhatWasWhereAndWhen(t *testing.T) {
	const second, still = time.Second, time.Duration(-1)
	type intervals = [][2]time.Duration
	for _, row := range []struct {
		why         string
		persistence lab.Persistence
		do          func(w *world, us *client) // begins after a second
		us, eu      intervals
	}{
		{"a write is there at once, and elsewhere after the delay", lab.KeepAll, func(w *world, us *client) {
			us.want("OK", "SET", key, "1")
			w.wait(second)
		}, intervals{{second, still}}, intervals{{second + delay, still}}},
		{"a removal ends it, and a second write begins anew", lab.KeepAll, func(w *world, us *client) {
			us.want("OK", "SET", key, "1")
			w.wait(second)
			us.want("1", "DEL", key)
			w.wait(second)
			us.want("OK", "SET", key, "1")
			us.want("OK", "SET", key, "2")
			w.wait(second)
		}, intervals{{second, 2 * second}, {3 * second, still}}, intervals{{second + delay, 2*second + delay}, {3*second + delay, still}}},
		{"an expiry ends it everywhere once its millisecond is over", lab.KeepAll, func(w *world, us *client) {
			us.want("OK", "SET", key, "1", "PX", "300")
			w.wait(10 * second)
		}, intervals{{second, second + 301*time.Millisecond}}, intervals{{second + delay, second + 301*time.Millisecond}}},
		{"an expiry that is taken back does not", lab.KeepAll, func(w *world, us *client) {
			us.want("OK", "SET", key, "1", "PX", "300")
			us.want("1", "PERSIST", key)
			w.wait(10 * second)
		}, intervals{{second, still}}, intervals{{second + delay, still}}},
		{"a crash without persistence loses it, until it comes back from elsewhere", lab.KeepNothing, func(w *world, us *client) {
			us.want("OK", "SET", key, "1")
			w.wait(second)
			w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
			w.wait(second)
			w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
			w.wait(second)
		}, intervals{{second, 2 * second}, {3*second + 2*delay, still}}, intervals{{second + delay, still}}},
		{"a crash loses the last second for good if it has been nowhere else", lab.KeepLastSecond, func(w *world, us *client) {
			w.wait(second / 2)
			us.want("OK", "SET", key, "1")
			w.inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
			w.inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
			w.wait(second)
		}, intervals{{3 * second / 2, 3 * second / 2}}, nil},
	} {
		t.Run(row.why, func(t *testing.T) {
			c := regions(1, "us", "eu")
			c.Regions[0].Persistence = row.persistence
			c.Truth = &lab.Truth{}
			simulate(t, c, func(w *world) {
				began := time.Now()
				w.wait(time.Second)
				row.do(w, w.dial("us", 0))
				if got := presence(began, c.Truth.Applied("us", key)); !slices.Equal(got, row.us) {
					t.Errorf("us: got %v, want %v", got, row.us)
				}
				if got := presence(began, c.Truth.Applied("eu", key)); !slices.Equal(got, row.eu) {
					t.Errorf("eu: got %v, want %v", got, row.eu)
				}
			})
		})
	}
}

func TestTheTruthKnowsWhatEveryReadFound(t *testing.T) {
	c := regions(1, "us")
	c.Truth = &lab.Truth{}
	simulate(t, c, func(w *world) {
		us, other := w.dial("us", 0), "aafailover:{k}:2"
		began := time.Now()
		us.want("0", "EXISTS", key)
		w.wait(time.Second)
		us.want("OK", "SET", key, "1")
		us.want(`["1" null]`, "MGET", key, other)
		us.want("OK", "SET", "unrelated", "1")
		us.want("1", "GET", "unrelated")
		want := []lab.Read{{At: began, Found: false}, {At: began.Add(time.Second), Found: true}}
		if got := c.Truth.Reads("us", key); !slices.EqualFunc(got, want, func(a, b lab.Read) bool { return a.At.Equal(b.At) && a.Found == b.Found }) {
			t.Errorf("got %v, want %v", got, want)
		}
		if got := c.Truth.Reads("us", other); len(got) != 1 || got[0].Found {
			t.Errorf("%s: got %v", other, got)
		}
		if got := c.Truth.Keys(); !slices.Equal(got, []string{key, other}) {
			t.Errorf("keys: %v", got)
		}
		if c.Truth.Applied("us", "unrelated") != nil || c.Truth.Reads("eu", key) != nil {
			t.Error("it knows what it should not")
		}
	})
}

func TestATruthIsAboutTheKeysThatItIsAskedAbout(t *testing.T) {
	c := regions(1, "us")
	c.Truth = &lab.Truth{Prefix: "order:"}
	simulate(t, c, func(w *world) {
		us := w.dial("us", 0)
		us.want("OK", "SET", key, "1")
		us.want("OK", "SET", "order:1", "1")
		us.want("1", "GET", "order:1")
		if got := c.Truth.Keys(); !slices.Equal(got, []string{"order:1"}) || len(c.Truth.Reads("us", "order:1")) != 1 {
			t.Errorf("keys: %v", got)
		}
	})
}
