package matrix_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// judge compares what the probe says with what is expected, snapshot by snapshot and event by event.
type judge struct {
	scenario *scenario
	began    time.Time
	truth    *truth // nil: nothing is known of it

	mu       sync.Mutex
	phase    phase
	last     *probe.Snapshot
	shown    probe.Verdict // of the last snapshot
	told     probe.Verdict // of the last verdict event
	wrong    []string
	timeline []string
}

// phase is the time from one set of actions to the next.
type phase struct {
	expect   *expectation
	allowed  []probe.Verdict
	named    map[string]bool // what findings may name
	acted    time.Time       // when the actions were done; zero before
	detected *time.Duration  // since then, until verdict and findings were right
	told     *time.Duration  // and until the event of that verdict
	met      chan struct{}   // closed when everything is as expected
	isMet    bool
	proven   chan struct{} // closed when, after that, what is known of writes, keys and readiness is as expected, too
	isProven bool
	changes  int // of the verdict in snapshots
	tellings int // of verdict events
}

func newJudge(s *scenario) *judge {
	j := &judge{scenario: s, began: time.Now(), shown: probe.Unobservable, told: probe.Unobservable}
	j.phase.expect = &expectation{Verdict: probe.Unobservable, Findings: []finding{{Kind: probe.FindingObserver}}}
	j.begin(s.Start)
	return j
}

// begin starts a phase: what was expected until now is allowed for as long as it takes.
func (j *judge) begin(e *expectation) {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := j.phase.expect
	named := e.subjects(j.scenario.Regions)
	maps.Copy(named, before.subjects(j.scenario.Regions))
	if slices.Contains(e.Allowed, probe.Unobservable) {
		named[string(probe.FindingObserver)] = true
	}
	j.phase = phase{
		expect: e, allowed: append([]probe.Verdict{before.Verdict, e.Verdict}, e.Allowed...), named: named,
		met: make(chan struct{}), proven: make(chan struct{}),
	}
}

// acted says that the actions of the phase are done.
func (j *judge) acted() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.phase.acted = time.Now()
}

// met returns a channel that is closed when everything is as expected in this phase.
func (j *judge) met() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.phase.met
}

// proven returns a channel that is closed when, after that, the evidence is as expected, too.
func (j *judge) proven() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.phase.proven
}

// since is how long ago the actions were done; 0 while they are not.
func (p *phase) since() *time.Duration {
	var d time.Duration
	if !p.acted.IsZero() {
		d = time.Since(p.acted)
	}
	return &d
}

// snapshot judges one.
func (j *judge) snapshot(s *probe.Snapshot) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := &j.phase
	j.last = s
	if s.Verdict != j.shown {
		p.changes++
		j.note("snapshot: %s: %s", s.Verdict, s.Sentence)
		if p.changes > *p.expect.Changes {
			j.blame("the verdict of snapshots changes for the %d. time, to %s", p.changes, s.Verdict)
		}
		j.shown = s.Verdict
	}
	if !slices.Contains(p.allowed, s.Verdict) {
		j.blame("verdict %s: %s", s.Verdict, s.Sentence)
	}
	if f, found := stranger(s, p.named); found {
		j.blame("finding: %s", f)
	}
	for _, said := range p.expect.Never.said(s) {
		j.blame("what must never be said: %s", said)
	}
	if j.truth != nil {
		for _, lie := range j.truth.contradicts(s) {
			j.blame("in truth: %s", lie)
		}
	}
	if p.expect.Settle > 0 && (p.acted.IsZero() || *p.since() < p.expect.Settle) {
		return
	}
	judgement, states := p.expect.differs(s)
	switch {
	case len(judgement) == 0 && p.detected == nil:
		p.detected = p.since()
	case len(judgement) > 0 && p.detected != nil && (p.expect.Steady == steadyAll || p.expect.Steady == steadyVerdict && s.Verdict != p.expect.Verdict):
		j.blame("what was right is so no more: %q", judgement)
	}
	switch {
	case len(judgement)+len(states) == 0 && !p.isMet:
		p.isMet = true
		close(p.met)
	case len(states) > 0 && p.isMet && p.expect.Steady == steadyAll:
		j.blame("what was right is so no more: %q", states)
	}
	if !p.isMet {
		return
	}
	evidence := p.expect.evidence(j.scenario, s)
	switch {
	case len(evidence) == 0 && !p.isProven:
		p.isProven = true
		close(p.proven)
	case len(evidence) > 0 && p.isProven && p.expect.Steady == steadyAll:
		j.blame("what was proven is so no more: %q", evidence)
	}
}

// event judges one.
func (j *judge) event(e probe.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.note("%s %s%s%s %s %s>%s %s %s", e.Kind, e.Region, e.From, e.To, shardOf(e), e.Was, e.State, e.Cause, e.Detail)
	if e.Kind != probe.EventVerdict {
		return
	}
	p := &j.phase
	verdict := probe.Verdict(e.State)
	if verdict != j.told { // else it is told in other words
		p.tellings++
	}
	if p.tellings > *p.expect.Changes {
		j.blame("another verdict is told for the %d. time, %s", p.tellings, e.State)
	}
	if !slices.Contains(p.allowed, verdict) {
		j.blame("told: verdict %s: %s", verdict, e.Detail)
	}
	if verdict == p.expect.Verdict && p.told == nil {
		p.told = p.since()
	}
	j.told = verdict
}

func shardOf(e probe.Event) string {
	switch {
	case e.Shard >= 0:
		return fmt.Sprint("shard ", e.Shard+1)
	case e.Slot >= 0:
		return fmt.Sprint("slot ", e.Slot)
	}
	return ""
}

// result is what became of a phase.
type result struct {
	expected, got  probe.Verdict
	detected, told *time.Duration
}

// end says what became of the phase, and what is still not as expected.
func (j *judge) end() result {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := &j.phase
	r := result{expected: p.expect.Verdict, got: j.shown, detected: p.detected, told: p.told}
	switch {
	case !p.isMet && j.last == nil:
		j.blame("there was no snapshot")
	case !p.isMet:
		judgement, states := p.expect.differs(j.last)
		j.blame("after %v still: %q", *p.since(), append(judgement, states...))
	case !p.isProven && p.expect.Steady != steadyNothing:
		j.blame("after %v still: %q", *p.since(), p.expect.evidence(j.scenario, j.last))
	case j.told != j.shown && p.expect.Steady != steadyNothing:
		j.blame("the verdict is %s, and what was told last is %s", j.shown, j.told)
	}
	return r
}

// mostKept bounds what is kept of one run, for people to read.
const mostKept = 400

// note keeps a line of the timeline. The caller holds the lock.
func (j *judge) note(format string, args ...any) {
	if len(j.timeline) < mostKept {
		j.timeline = append(j.timeline, fmt.Sprintf("%9.3fs  ", time.Since(j.began).Seconds())+fmt.Sprintf(format, args...))
	}
}

// mark notes what the test itself does.
func (j *judge) mark(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.note("=== "+format, args...)
}

// blame keeps what is wrong, the same only once. The caller holds the lock.
func (j *judge) blame(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(j.wrong, text) && len(j.wrong) < mostKept {
		j.note("WRONG %s", text)
		j.wrong = append(j.wrong, text)
	}
}

// latest returns the last snapshot, nil while there was none.
func (j *judge) latest() *probe.Snapshot {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// verdict returns what was told last.
func (j *judge) verdict() probe.Verdict {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.told
}
