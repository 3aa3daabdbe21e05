package recorder_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/recorder"
)

// written is one write of a random history of one key.
type written struct {
	sent, ended drill.Moment
	state       commands.State
	outcome     drill.Outcome
	answered    bool
}

// overBy tells whether a read that began at a moment can rely on it that what w wrote is not there any more: another write was
// acknowledged by then, and had been sent after w had ended.
func (w written) overBy(began drill.Moment, all []written) bool {
	if w.outcome != drill.Acknowledged && !w.answered {
		return false
	}
	for _, later := range all {
		if later.outcome == drill.Acknowledged && later.ended < began && later.sent > w.ended {
			return true
		}
	}
	return false
}

// verdicts are what may be said of a read, straight from the definitions: each write is compared with all others.
func verdicts(all []written, found commands.State, began, ended drill.Moment) recorder.Verdict {
	var rely, current, newer, older, expired bool
	for _, w := range all {
		rely = rely || w.outcome == drill.Acknowledged && w.ended < began
		if w.outcome == drill.Rejected || w.sent > ended {
			continue
		}
		over, same := w.overBy(began, all), w.state.Agrees(found)
		done := w.outcome == drill.Acknowledged && w.ended < began
		current = current || !over && same && done
		newer = newer || !over && same && !done
		older = older || over && same
		expired = expired || !over && w.state.Expires > 0 && w.sent+w.state.Expires <= ended
	}
	absent := found.Kind == commands.Absent
	switch {
	case current && absent:
		return recorder.Gone
	case current:
		return recorder.Current
	case newer:
		return recorder.Newer
	case absent && expired:
		return recorder.Gone
	case !rely:
		return recorder.Unjudged
	case absent:
		return recorder.Missing
	case older:
		return recorder.Older
	}
	return recorder.Foreign
}

// Histories of writes that overlap, fail, are left open and expire: every read is judged as the definitions say.
func TestVerdictsAreThoseOfTheDefinitions(t *testing.T) {
	number := rand.Uint64()
	t.Logf("seed %d", number)
	random := rand.New(rand.NewPCG(number, 0))
	missing := make(map[recorder.Verdict]bool) // verdicts that no read has had yet
	for v := recorder.Unjudged; v <= recorder.Missing; v++ {
		missing[v] = true
	}
	for n := 0; n < 3000/racetest.Slowdown || len(missing) > 0; n++ {
		if n == 100_000 {
			t.Fatalf("no read was any of %v", missing)
		}
		l := newLog(t, nil)
		all := randomWrites(l, random)
		item := itemOf(t, l, "k", "")
		for range 30 {
			found := commands.State{Kind: commands.Absent}
			if random.IntN(3) > 0 {
				found = commands.State{Kind: commands.Is, Digest: digest(fmt.Sprintf("v%d", random.IntN(8)))}
			}
			began := ms(random.IntN(70))
			ended := began + ms(random.IntN(8))
			want := verdicts(all, found, began, ended)
			delete(missing, want)
			if got := l.Judge(item, found, began, ended); got != want {
				t.Fatalf("%v found from %v to %v: %v, want %v, in\n%+v", found, began, ended, got, want, all)
			}
		}
	}
}

// randomWrites enters writes of one key, each over a connection of its own.
func randomWrites(l *recorder.Log, random *rand.Rand) []written {
	all := make([]written, 1+random.IntN(10))
	sent := 0
	for i := range all {
		sent += random.IntN(10)
		w := written{sent: ms(sent), ended: ms(sent + random.IntN(12))}
		value, text := fmt.Sprintf("v%d", random.IntN(6)), "DEL k"
		w.state = commands.State{Kind: commands.Absent}
		switch random.IntN(5) {
		case 0:
		case 1:
			w.state = commands.State{Kind: commands.Is, Digest: digest(value), Expires: ms(1 + random.IntN(40))}
			text = fmt.Sprintf("SET k %s PX %d", value, w.state.Expires.Milliseconds())
		default:
			w.state = commands.State{Kind: commands.Is, Digest: digest(value)}
			text = "SET k " + value
		}
		c := open(l, random.IntN(2))
		o := c.sends(sent, text)
		switch random.IntN(8) {
		case 0: // in flight
			w.ended, w.outcome = time.Hour, drill.Inflight
		case 1:
			c.Answered(o, replyOf("-OOM"), w.ended)
			c.Delivered(o, w.ended)
			w.outcome = drill.Rejected
		case 2:
			c.Abandoned(o, w.ended)
			w.outcome = drill.Indeterminate
		case 3:
			c.Answered(o, replyOf("+OK"), w.ended)
			c.Abandoned(o, w.ended)
			w.outcome, w.answered = drill.Indeterminate, true
		default:
			c.Answered(o, replyOf("+OK"), w.ended)
			c.Delivered(o, w.ended)
			w.outcome, w.answered = drill.Acknowledged, true
		}
		all[i] = w
	}
	return all
}
