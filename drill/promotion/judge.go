package promotion

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
)

// judge gives the verdict: what is expected of the scenario with these settings, and
// what the user asserts, must have come out. ended is nil for a drill that came to its
// end; else it says why it did not.
func (r *Record) judge(asserted []drill.Condition, ended error) {
	d := r.Drill
	d.Assertions = r.expectations()
	for _, c := range asserted {
		d.Assertions = append(d.Assertions, r.assess(c))
	}
	failed := ""
	for _, a := range d.Assertions {
		if !a.OK && failed == "" {
			failed = fmt.Sprintf("%s: %s", a.Expr, a.Measured("measured"))
		}
	}
	switch {
	case r.Interrupted:
		d.Verdict, d.Reason = drill.Inconclusive, "it was interrupted"
	case ended != nil:
		d.Verdict, d.Reason = drill.Inconclusive, ended.Error()
	case d.Unread > 0:
		d.Verdict, d.Reason = drill.Inconclusive, words.Count(d.Unread, "acknowledged write")+" could not be looked for at the end"
	case d.Count(drill.Pending) > 0:
		d.Verdict, d.Reason = drill.Inconclusive, words.Count(d.Count(drill.Pending), "missing write")+" could not be looked for in every server"
	case failed != "":
		d.Verdict, d.Reason = drill.Fail, failed
	default:
		d.Verdict, d.Reason = drill.Pass, r.outcome()
	}
}

// outcome says in a sentence what happened, in a drill that passed.
func (r *Record) outcome() string {
	name := func(i int) string { return r.Hosts[i].Name }
	switch e := r.Scenario.Expect; {
	case e.Failover && e.UntilHeal:
		return fmt.Sprintf("%s took over from %s, and took no write until the fault was undone", name(r.Drill.To), name(r.Drill.From))
	case e.Failover:
		parts, _ := r.Parts()
		text := fmt.Sprintf("%s took over from %s, and the application wrote there %s after the fault",
			name(r.Drill.To), name(r.Drill.From), words.Rough(parts.Total))
		for _, t := range r.Takeovers[1:] {
			text += fmt.Sprintf("; %s took over from that %s later", name(t.To), words.Rough(t.At-*r.Moments.CutOver))
		}
		return text
	case e.UntilHeal:
		return "nobody was promoted, and no write was acknowledged until the fault was undone"
	case e.LosesData:
		return "nobody was promoted, and what the primary had lost was lost everywhere"
	}
	return "nobody was promoted, and nobody had to be"
}

// Allowances.
const (
	// stays is for how long after a fault an application may still be told yes before it counts as refused: what was under
	// way, and what a server does until it notices.
	stays = 2 * time.Second
	// guardSlack is how much later than max-lag a primary refuses: replicas report once a second, and it looks ten times a second.
	guardSlack = 3 * time.Second
)

// expectations compares what came out with what is expected.
func (r *Record) expectations() []drill.Assertion {
	e, d := r.Scenario.Expect, r.Drill
	var all []drill.Assertion
	demand := func(expr string, ok bool, value string) {
		all = append(all, drill.Assertion{Expr: expr, Value: value, OK: ok})
	}
	count := func(expr string, n int, ok bool) { demand(expr, ok, words.Thousands(n)) }

	failovers := len(r.Takeovers)
	if e.Failover {
		count("failovers >= 1", failovers, failovers >= 1)
	} else {
		count("failovers == 0", failovers, failovers == 0)
	}
	demand("all servers in sync again", r.SyncedAt != nil, yesNo(r.SyncedAt != nil))
	if d.Unread == 0 {
		count("diverged == 0", d.Count(drill.Diverged), d.Count(drill.Diverged) == 0)
		count("rejected and applied == 0", d.RejectedApplied, d.RejectedApplied == 0)
	}
	lost := d.Count(drill.Lost)
	if e.NoLoss {
		count("lost == 0", lost, lost == 0)
	}
	if e.LosesData {
		count("lost > 0", lost, lost > 0)
	}
	if e.UntilHeal {
		ok, gap := r.untilHeal()
		demand("no write acknowledged until the heal", ok, gap)
	}
	if e.RefusesToStart {
		refused := r.Restart != nil && r.Restart.Refused
		demand("refuses to start with damaged data", refused, yesNo(refused))
	}
	return append(all, r.splitBrainExpected()...)
}

// splitBrainExpected is what is expected of the client that stayed with the old primary.
func (r *Record) splitBrainExpected() []drill.Assertion {
	s := r.SplitBrain
	if s == nil || !r.Scenario.Expect.SplitBrain {
		return nil
	}
	all := []drill.Assertion{{Expr: "lost by the second client == acknowledged to it while there were two primaries, or more",
		Value: fmt.Sprintf("%s of %s", words.Thousands(s.Lost), words.Thousands(s.Acknowledged)), OK: s.Lost >= s.AfterPromotion}}
	if limit, refuses := r.refusesAfter(); refuses {
		a := drill.Assertion{Expr: "the cut off primary takes no write after " + words.Rough(limit), Value: drill.NotMeasured}
		switch {
		case s.LastAck == nil:
			a.Value, a.OK = "it took none that was lost", s.Rejected > 0
		case r.Moments.Fault != nil:
			took := *s.LastAck - *r.Moments.Fault
			a.Value, a.OK = "the last after "+words.Rough(took), took <= limit && s.Rejected > 0
		}
		return append(all, a)
	}
	return append(all, drill.Assertion{Expr: "lost by the second client > 0", Value: words.Thousands(s.Lost), OK: s.Lost > 0})
}

// refusesAfter is how long a primary that is cut off goes on taking writes at the most, where some setting ends it.
func (r *Record) refusesAfter() (time.Duration, bool) {
	limit, refuses := time.Duration(0), false
	for _, one := range []time.Duration{r.guardedAfter(), r.cutOffAfter()} {
		if one > 0 && (!refuses || one < limit) {
			limit, refuses = one, true
		}
	}
	return limit, refuses
}

// guardedAfter is when min-replicas-to-write ends it; 0: it does not.
func (r *Record) guardedAfter() time.Duration {
	if r.Settings.MinReplicas == 0 {
		return 0
	}
	return r.Settings.MaxLag + guardSlack
}

// cutOffAfter is when a cluster ends it: a primary that does not hear of most others for cluster-node-timeout takes no
// writes. 0: it does not.
func (r *Record) cutOffAfter() time.Duration {
	if r.Topology != Cluster {
		return 0
	}
	return 2*r.Settings.NodeTimeout + guardSlack
}

// untilHeal tells whether the shard that was hit took no write from soon after the fault to the heal.
func (r *Record) untilHeal() (ok bool, measured string) {
	if r.HealAt == nil || r.Moments.Fault == nil {
		return false, drill.NotMeasured
	}
	for _, s := range r.Shards {
		if s.Hit {
			return s.GapFrom <= *r.Moments.Fault+stays && s.GapFrom+s.Gap >= *r.HealAt, "none for " + words.Rough(s.Gap)
		}
	}
	return false, drill.NotMeasured
}

// Measured are what the user can assert of a drill of a failover: those of
// [drill.Measures] that mean something where there is one deployment, and that are
// not demanded in any case.
func Measured() []drill.Measure {
	var all []drill.Measure
	for _, m := range drill.Measures() {
		switch m.Name {
		case "converged", "diverged", "expired", "pending", "failbacks", "at_failback", "early", "ready", "failback", "lag", "lag_p99":
		default:
			all = append(all, m)
		}
	}
	return all
}

// assess compares what the user asserts.
func (r *Record) assess(c drill.Condition) drill.Assertion {
	parts, known := r.Parts()
	switch c.Name {
	case "rto":
		return c.Assess(float64(parts.Total), known)
	case "detect":
		return assessPart(c, parts.Detection)
	case "decide":
		return assessPart(c, parts.Election)
	case "connect":
		return assessPart(c, parts.Redirection)
	case "missed":
		return c.Assess(float64(r.Drill.AtFailover()), r.looked())
	case "lost":
		return c.Assess(float64(r.Drill.Count(drill.Lost)), r.looked())
	case "rpo", "rpo_lost": // every missed write of the application is a lost one, unless the servers disagree
		age := r.Drill.RPO.Lost
		if c.Name == "rpo" {
			age = r.Drill.RPO.Missed
		}
		return c.Assess(float64(*cmp.Or(age, new(time.Duration))), r.looked())
	}
	return c.Judge(r.Drill)
}

// looked tells whether every write was looked for. Unlike a drill between regions, this one does so whether or not there was
// a cut-over: servers can lose data without one.
func (r *Record) looked() bool { return r.SyncedAt != nil && r.Drill.Unread == 0 }

func assessPart(c drill.Condition, part *time.Duration) drill.Assertion {
	if part == nil {
		return c.Assess(0, false)
	}
	return c.Assess(float64(*part), true)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// firstLine is what a server or a client said, on one line and short enough for a sentence.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	const most = 200
	if r := []rune(line); len(r) > most {
		line = string(r[:most]) + "…"
	}
	return line
}
