package service_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/slots"
)

// write is a write of a history: by default an acknowledged one of us.
func write(sent, ended int, change func(*recorder.Write)) recorder.Write {
	w := recorder.Write{Sent: ms(sent), Ended: ms(ended), Outcome: drill.Acknowledged, Repeats: recorder.NoWrite}
	if change != nil {
		change(&w)
	}
	return w
}

func in(region int) func(*recorder.Write) { return func(w *recorder.Write) { w.Region = region } }

// history is a drill in which the service writes to us every 10 ms until 500 ms, when the fault comes, has no success until 912 ms and writes
// to eu from then on, and to us again from 2,005 ms on.
func history() service.Seen {
	s := service.Seen{ByWrites: true, Steady: ms(100), Fault: ms(500), End: ms(3000),
		Traffic: traffic("wwwwwxxxxxxxxxxxxxxxwwwwwwwwww", ".........wwwwwwwwwww..........")}
	add := func(w recorder.Write) {
		w.N = len(s.Writes)
		s.Writes = append(s.Writes, w)
	}
	for at := 0; at < 498; at += 10 {
		add(write(at, at+2, nil))
	}
	for at := 910; at < 2000; at += 10 {
		add(write(at, at+2, in(eu)))
	}
	for at := 2003; at < 3000; at += 10 {
		add(write(at, at+2, nil))
	}
	return s
}

// with is a history with one more write, in the order of their sending.
func with(s service.Seen, more ...recorder.Write) service.Seen {
	s.Writes = slices.Concat(s.Writes, more)
	for i := range s.Writes {
		s.Writes[i].N = i
	}
	return s
}

// That nothing is known to be lost says nothing where none of the writes was recorded: all were to another database, for example.
func TestADrillThatSawNoWriteProvesNothing(t *testing.T) {
	maps := []slots.Map{{Region: "us"}, {Region: "eu"}}
	for _, test := range []struct {
		what         string
		acknowledged int
		dropped      recorder.Dropped
		want         drill.Verdict
	}{
		{"a service that only reads", 0, recorder.Dropped{Unmatched: 3}, drill.Pass},
		{"one that writes to another database", 0, recorder.Dropped{Otherwhere: 3}, drill.Inconclusive},
		{"one that writes to that, too", 5, recorder.Dropped{Otherwhere: 3}, drill.Pass},
	} {
		r := &service.Record{Writes: drill.Tally{Acknowledged: test.acknowledged}, Dropped: test.dropped}
		if got, why := service.Conclusion(maps, r); got != test.want || why == "" {
			t.Errorf("%s: %s, %q; want %s", test.what, got, why, test.want)
		}
	}
}

func TestMomentsOfAMove(t *testing.T) {
	m := history().Measure()
	if got := drawn(m.Moves); got != "0>1@912 1>0@2005" {
		t.Errorf("it moves %s", got)
	}
	if m.To != eu || *m.CutOverAt != ms(912) || *m.LeftAt != ms(492) {
		t.Errorf("to %d, cut over at %v, left at %v", m.To, m.CutOverAt, m.LeftAt)
	}
	if m.Gap != (service.Gap{From: ms(500), To: ms(900)}) {
		t.Errorf("the gap is %v", m.Gap)
	}
	if m.PerSecond != 10 { // one a step, as it is drawn
		t.Errorf("%v writes a second before the fault", m.PerSecond)
	}
	still := service.Seen{ByWrites: true, Fault: ms(500), End: ms(1500), Traffic: traffic("wwwwwxxxxxxxxxx", "")}
	if m := still.Measure(); m.To != -1 || m.CutOverAt != nil || m.LeftAt != nil || m.Gap.Length() != time.Second || m.Failed != 10 || m.FailedBefore != 0 {
		t.Errorf("one that never moves: %+v", m)
	}
}

func TestWritesThatAreRepeated(t *testing.T) {
	repeat := func(region, of int, doubtful bool) recorder.Write {
		return write(950, 955, func(w *recorder.Write) { w.Region, w.Repeats, w.Doubtful = region, of, doubtful })
	}
	m := with(history(), repeat(us, 3, false), repeat(eu, 4, true), repeat(eu, 5, false)).Measure()
	want := service.Repeats{Count: 3, Doubtful: 1, Elsewhere: 2, First: ms(950), Last: ms(950)}
	if diff := cmp.Diff(want, m.Repeats); diff != "" {
		t.Error(diff)
	}
}

func TestWritesToARegionThatWasLeft(t *testing.T) {
	for _, test := range []struct {
		name string
		w    recorder.Write
		want service.Strays
	}{
		{"one that was sent before the move, and answered after it", write(490, 1000, nil), service.Strays{}},
		{"one that was sent in the moment of the move", write(912, 1000, nil), service.Strays{}},
		{"one that was sent after the move", write(913, 1000, nil), service.Strays{Sent: 1, Acknowledged: 1, First: ms(913), Last: ms(913)}},
		{"one that was never answered", write(1500, 1600, func(w *recorder.Write) { w.Outcome = drill.Indeterminate }),
			service.Strays{Sent: 1, First: ms(1500), Last: ms(1500)}},
		{"one that tried the region again before the return", write(1950, 1960, func(w *recorder.Write) { w.Outcome = drill.Rejected }),
			service.Strays{Sent: 1, First: ms(1950), Last: ms(1950)}},
		{"one that was sent before the return, and answered after it", write(1950, 2010, nil), service.Strays{}},
		{"one that was sent after the return", write(2006, 2010, nil), service.Strays{}},
		{"one to the region out of which it returned", write(2006, 2010, in(eu)), service.Strays{Sent: 1, Acknowledged: 1, First: ms(2006), Last: ms(2006)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, with(history(), test.w).Measure().Strays); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// To move is not to write to two regions at once, however soon the one follows the other.
func TestWritesToTwoRegionsAtOnce(t *testing.T) {
	for _, test := range []struct {
		name string
		rows []string
		want service.Split
	}{
		{"a move after a gap", []string{"wwwwwxxxxxxxxxx", ".........wwwwww"}, service.Split{}},
		{"a move within a step", []string{"wwwwwww........", "......wwwwwwwww"}, service.Split{}},
		{"a pool that is left one by one", []string{"wwwwwwwwww.....", "......wwwwwwwww"}, service.Split{Seconds: 1, Writes: 2, First: ms(700), Last: ms(900)}},
		{"before the fault", []string{"wwwwwxxxxxxxxxx", "wwww....wwwwwww"}, service.Split{}},
		{"half of it stays", []string{"wwwwwwwwwwwwwwwwwwww", "......wwwwwwwwwwwwww"}, service.Split{Seconds: 2, Writes: 12, First: ms(700), Last: ms(1900)}},
		{"a step in which only one of them wrote", []string{"wwwww.w.w.w.w.w.w.w.", ".....w.w.w.w.w.w.w.w"}, service.Split{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := service.Seen{ByWrites: true, Fault: ms(500), End: ms(100 * len(test.rows[0])), Traffic: traffic(test.rows...)}
			if diff := cmp.Diff(test.want, s.Measure().Split); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestConnectionsOpenedInASecond(t *testing.T) {
	s := history()
	open := func(region, at int) {
		s.Connections = append(s.Connections, recorder.Connection{Region: region, Opened: ms(at), Reached: -1, First: -1, Ended: -1})
	}
	open(us, 0)
	open(us, 300)
	for i := range 5 {
		open(us, 600+100*i) // 600 to 1,000
	}
	open(us, 1599) // less than a second after the first of them
	open(us, 1600)
	open(eu, 700)
	if m := s.Measure(); m.Storm != (service.Storm{Region: us, At: ms(600), Opened: 6, Usual: 2.5}) {
		t.Errorf("%+v", m.Storm)
	}
}

func TestWhatTheServiceGaveUpWaitingFor(t *testing.T) {
	s := history()
	gone := func(region, ended, unanswered int, code string) {
		s.Connections = append(s.Connections, recorder.Connection{Region: region, First: ms(ended - 100), Reached: -1, Ended: ms(ended), Code: code, Unanswered: unanswered})
	}
	gone(us, 400, 1, "timeout") // before the fault
	gone(us, 700, 3, "timeout")
	gone(us, 800, 3, "reset")
	gone(us, 900, 0, "timeout")
	m := s.Measure()
	if m.TimedOut != 1 || m.Unanswered != 3 || *m.FirstAt != ms(300) {
		t.Errorf("%d timed out with %d unanswered, first success at %v", m.TimedOut, m.Unanswered, m.FirstAt)
	}
}

func TestWhatTheServiceWasToldAndRead(t *testing.T) {
	s := history()
	s.Errors = []recorder.Errors{{Code: "NOSCRIPT", Count: 1, Last: ms(499)}, {Code: "LOADING", Count: 7, First: ms(300), Last: ms(500)}}
	s.Reads = []recorder.Reads{{Verdict: recorder.Current, Count: 50}, {Region: eu, Verdict: recorder.Older, Count: 3}, {Region: eu, Verdict: recorder.Missing, Count: 2},
		{Region: eu, Verdict: recorder.Newer, Count: 4}}
	m := s.Measure()
	r := service.Record{Measures: m}
	if len(m.Errors) != 1 || m.Errors[0].Code != "LOADING" || m.Reads != 59 || r.StaleReads() != 5 {
		t.Errorf("errors %v, %d reads, %d stale", m.Errors, m.Reads, r.StaleReads())
	}
}

// Over random histories, what is measured is what is found by looking at each write, the slow way.
func TestMeasuresOfRandomHistories(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	moved := 0
	for n := range 300 {
		s := randomHistory(random)
		m := s.Measure()
		moved += len(m.Moves)
		if err := check(s, m); err != nil {
			t.Fatalf("history %d: %v\nmoves %s", n, err, drawn(m.Moves))
		}
	}
	if moved < 300 {
		t.Errorf("%d moves in 300 histories: too few to tell", moved)
	}
}

// randomHistory is a service that writes to one region at a time, mostly, and changes it now and then.
func randomHistory(random *rand.Rand) service.Seen {
	s := service.Seen{ByWrites: true, Steady: 0, Fault: ms(1000), End: ms(8000)}
	steps := make([][]recorder.Step, 3)
	for r := range steps {
		for i := range 80 {
			steps[r] = append(steps[r], recorder.Step{At: drill.Moment(i) * width})
		}
	}
	at := us
	for now := 0; now < 7900; now += 1 + random.IntN(60) {
		if now > 1000 && random.IntN(40) == 0 {
			at = random.IntN(3)
		}
		region := at
		if now > 1000 && random.IntN(100) == 0 {
			region = random.IntN(3)
		}
		w := write(now, now+random.IntN(90), in(region))
		if random.IntN(10) == 0 {
			w.Outcome = drill.Indeterminate
		} else {
			step := &steps[region][w.Ended/width]
			step.Writes++
			step.Succeeded++
		}
		w.N = len(s.Writes)
		s.Writes = append(s.Writes, w)
	}
	for _, of := range steps {
		s.Traffic = append(s.Traffic, recorder.Traffic{Width: width, Steps: of})
	}
	return s
}

// check compares measures with the history, by definitions rather than by the way they were made.
func check(s service.Seen, m service.Measures) error {
	acknowledged := slices.DeleteFunc(slices.Clone(s.Writes), func(w recorder.Write) bool { return w.Outcome != drill.Acknowledged })
	for i, move := range m.Moves {
		together := i > 0 && m.Moves[i-1].At == move.At
		if !together && !slices.ContainsFunc(acknowledged, func(w recorder.Write) bool { return w.Region == move.To && w.Ended == move.At }) {
			return fmt.Errorf("nothing was acknowledged in %d at the moment of move %d", move.To, i)
		}
	}
	if len(m.Moves) > 0 {
		for _, w := range acknowledged {
			if w.Region == us && w.Ended > *m.LeftAt && w.Ended <= m.Moves[0].At {
				return fmt.Errorf("left at %v, and a write was acknowledged at %v", *m.LeftAt, w.Ended)
			}
		}
	}
	for at := m.Gap.From + 2*width; at < m.Gap.To-2*width; at += width {
		if slices.ContainsFunc(acknowledged, func(w recorder.Write) bool { return w.Ended == at }) {
			return fmt.Errorf("a write was acknowledged at %v, in the gap %v", at, m.Gap)
		}
	}
	astray := 0
	for _, w := range s.Writes {
		where := us
		was := map[int]bool{}
		next := -1
		for i, move := range m.Moves {
			if move.At < w.Sent {
				was[move.From] = true
				where = move.To
				delete(was, where)
			} else if next < 0 {
				next = i
			}
		}
		arriving := next >= 0 && m.Moves[next].To == w.Region && w.Ended >= m.Moves[next].At
		if was[w.Region] && w.Region != where && !arriving {
			astray++
		}
	}
	if astray != m.Strays.Sent {
		return fmt.Errorf("%d strays, and %d were counted", astray, m.Strays.Sent)
	}
	return nil
}
