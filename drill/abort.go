package drill

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrAborted says that a drill ended early because a condition of --abort-if came
// true.
var ErrAborted = errors.New("the drill was aborted")

// What a drill can be aborted for.
const (
	abortErrors  = "errors"
	abortLatency = "latency"
)

// ParseAbort parses what ends a drill early: `errors>5%`, the share of the
// application's writes that were not acknowledged, and `latency>500ms`, the 99th
// percentile of the time that they took. Both are those of the last moments, in
// the region that the application writes to, while that one has no fault of the
// drill's making.
func ParseAbort(text string) (Condition, error) {
	c, err := parseCondition(text, vocabulary{{abortErrors, inShare}, {abortLatency, inTime}})
	switch {
	case err != nil:
		return Condition{}, err
	case c.op != ">" && c.op != ">=":
		return Condition{}, bad(text, "that is what is well, not what is too much", "write "+c.Name+">"+c.unit.format(c.limit))
	case c.Holds(0):
		return Condition{}, bad(text, "that is always so", "give a limit that can be missed")
	}
	return c, nil
}

const (
	alarmParts = 20
	// alarmWindow is how long ago a write may have ended to count; longer at low
	// rates, so that it is some alarmWrites.
	alarmWindow = 10 * time.Second
	alarmWrites = 30
	// alarmLeast is how many writes must be bad: one or two prove nothing, whatever
	// share they are.
	alarmLeast = 3
	// tailShare is the share of the writes beyond the 99th percentile.
	tailShare = 0.01
)

// alarm watches what becomes of the application's writes, and calls trip when a
// condition of ParseAbort is true, once for each. It judges nothing until attend.
// A nil alarm never does.
type alarm struct {
	trip func(error)

	mu     sync.Mutex
	region int // whose writes count; -1 for none
	gauges []*gauge
}

func newAlarm(conditions []Condition, rate float64, trip func(error)) *alarm {
	a := &alarm{trip: trip, region: -1}
	window := max(alarmWindow, time.Duration(alarmWrites/rate*float64(time.Second)))
	for _, c := range conditions {
		a.gauges = append(a.gauges, &gauge{condition: c, part: window / alarmParts})
	}
	return a
}

// attend begins anew, with the writes to a region; -1 for none.
func (a *alarm) attend(region int) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.region = region
	for _, g := range a.gauges {
		g.clear()
	}
}

// forgive judges no more of a region, when it is that one that is attended: the
// drill breaks it.
func (a *alarm) forgive(region int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.region == region {
		a.region = -1
	}
}

// note takes a write whose outcome is known.
func (a *alarm) note(e Entry) {
	if a == nil || len(a.gauges) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.Region != a.region {
		return
	}
	for _, g := range a.gauges {
		if g.add(e) {
			a.trip(fmt.Errorf("%w: %s: %s", ErrAborted, g.condition, g.tripped))
		}
	}
}

// assertions are one for each condition: whether it came true.
func (a *alarm) assertions() []Assertion {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []Assertion
	for _, g := range a.gauges {
		all = append(all, Assertion{Expr: "aborted if " + g.condition.String(), Value: cmp.Or(g.tripped, "no"), OK: g.tripped == ""})
	}
	return all
}

// gauge counts, over a sliding window, the writes that are bad in the sense of one
// condition.
type gauge struct {
	condition Condition
	part      time.Duration // of the window
	parts     [alarmParts]tally
	newest    int64  // number of the newest part
	tripped   string // what was measured when the condition was true first; "" before
}

// tally counts the writes that ended in one part of the window.
type tally struct {
	number   int64 // of the part, counted from 1 at the start of the run; 0: none yet
	all, bad int
}

func (g *gauge) clear() {
	g.parts, g.newest = [alarmParts]tally{}, 0
}

// add counts a write and tells whether the condition is true now, and never was.
func (g *gauge) add(e Entry) bool {
	number := int64(e.Ended/g.part) + 1
	if number <= g.newest-alarmParts || g.tripped != "" {
		return false
	}
	g.newest = max(g.newest, number)
	p := &g.parts[number%alarmParts]
	if p.number != number {
		*p = tally{number: number}
	}
	p.all++
	if g.isBad(e) {
		p.bad++
	}
	g.tripped = g.measure()
	return g.tripped != ""
}

// isBad judges one write. How long the application waited for one that could not be
// sent counts as much as for any other.
func (g *gauge) isBad(e Entry) bool {
	if g.condition.Name == abortErrors {
		return e.Outcome != Acknowledged
	}
	return g.condition.Holds(float64(e.Ended - e.Sent))
}

// measure tells what the window holds if that makes the condition true, "" if not.
func (g *gauge) measure() string {
	all, bad := 0, 0
	for _, p := range g.parts {
		if p.number > g.newest-alarmParts {
			all += p.all
			bad += p.bad
		}
	}
	if bad < alarmLeast {
		return ""
	}
	share := float64(bad) / float64(all)
	if g.condition.Name == abortErrors {
		if !g.condition.Holds(100 * share) {
			return ""
		}
		return fmt.Sprintf("%s: %d of the last %d writes were not acknowledged", g.condition.format(100*share), bad, all)
	}
	if share <= tailShare {
		return ""
	}
	return fmt.Sprintf("%d of the last %d writes took that long", bad, all)
}
