package drill

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/failover"
)

// What can be judged of a drill that was killed: what it had come to before, and what resuming it has found out. What
// might have come out otherwise, had the drill gone on, is not known.

// NotKnown is the Assertion.Value of what a drill that was killed may have come to, had it gone on.
const NotKnown = "not known after a resume"

// final tells by which measures a drill that was killed can be judged.
type final uint8

const (
	neverFinal   final = iota // counted until the end: of all that was written, say
	sinceSteady               // known from the steady phase on
	sinceCutOver              // of the first failover
	sinceBroken               // of all failovers: known when everything was broken that there was to break
	sinceReturn               // of the return, when the application had been at home again
	sinceResume               // found out by whoever resumes it
)

// isFinal tells whether what a killed drill measured would not have come out otherwise.
func (r *run) isFinal(f final) bool {
	rec := r.record
	switch f {
	case sinceSteady:
		return rec.Reached > 0
	case sinceCutOver:
		return rec.CutOverAt != nil
	case sinceBroken:
		// Which of several failovers a write was missing at is not on disk.
		return r.allBroken() && rec.Made(failover.FailOver) <= 1 && (rec.CutOverAt != nil || slices.Index(phases, rec.KilledIn) >= slices.Index(phases, PhaseHeal))
	case sinceReturn:
		return rec.KilledIn == PhaseSettle && r.lookedAtHome && rec.Made(failover.FailBack) > 0
	case sinceResume:
		return len(r.sets) > 0
	}
	return false
}

// allBroken tells whether a drill that was killed had made every step of its scenario that breaks something.
func (r *run) allBroken() bool {
	at := slices.Index(phases, r.record.KilledIn)
	return at > slices.Index(phases, PhaseFault) && !slices.ContainsFunc(r.Scenario.Steps, func(s Step) bool {
		done := s.Phase == PhaseFault && s.After == 0 || slices.Index(phases, s.Phase) < at && at >= slices.Index(phases, PhaseHeal)
		return !s.Action.Kind.Undoes() && !done
	})
}

// judgeKilled takes back those of the assertions that a drill which was killed says nothing about.
func (r *run) judgeKilled(all []Assertion, texts []string) {
	conditions, _ := ParseAssertions(texts)
	for i, c := range conditions {
		known := slices.ContainsFunc(Measures(), func(m Measure) bool { return m.Name == c.Name && r.isFinal(m.final) })
		if !known {
			all[i].Value, all[i].OK = NotKnown, false
		}
	}
}

// killed says that the drill was, and which assertions are open for that; "" of a drill that was not.
func (r *run) killed() (said string, open []string) {
	if r.record.KilledIn == "" {
		return "", nil
	}
	for _, a := range r.record.Assertions {
		if a.Value == NotKnown {
			open = append(open, a.Expr)
		}
	}
	return fmt.Sprintf("the drill was killed in the phase %s, and resumed", r.record.KilledIn), open
}

// verdictOfKilled is that of a drill which was killed, by what could be found out all the same.
func (r *run) verdictOfKilled() (Verdict, string) {
	said, open := r.killed()
	for _, a := range r.record.Assertions {
		if !a.OK && a.Value != NotKnown {
			return Fail, fmt.Sprintf("asserted: %s; %s; %s", a.Expr, a.Measured("measured:"), said)
		}
	}
	if why := r.untold(); why != "" {
		return Inconclusive, said + "; " + why
	}
	switch {
	case len(r.sets) == 0:
		return Inconclusive, said + "; no region could be read"
	case len(open) > 0:
		return Inconclusive, said + "; not known: " + strings.Join(open, ", ")
	}
	return Pass, r.told() + r.notRehearsed() + "; " + said
}
