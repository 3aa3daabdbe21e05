package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/words"
)

// Lesson says what to learn from a drill, from nothing but what it found: what the application has to bear, and what
// kept it from moving or from coming back, if anything did.
func Lesson(r DrillResult) string {
	v := drillView{r.Record}
	heal, start := "", ""
	if r.Deployment == Lab && (v.Way == "" || v.Way == drill.ByLab) {
		heal, start = " (aafailover lab heal)", fmt.Sprintf(" (aafailover lab start %s)", words.Clean(v.region(v.From)))
	}
	var parts []string
	switch {
	case !v.begun() && strings.HasPrefix(v.Reason, drill.ErrNotHealthy.Error()):
		return "The drill did not begin: mend that first" + heal + "."
	case !v.begun():
		return "The drill did not begin, so nothing is known of how the application would fail over."
	case v.stayed():
		parts = append(parts, v.atHome())
	case v.CutOverAt == nil:
		parts = append(parts, v.notMoved())
	default:
		parts = append(parts, v.missing(), v.pace(), v.wayBack())
	}
	if v.notHealed() {
		parts = append(parts, "The fault could not be undone and may still be in force: see to that before anything else"+start+".")
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// stayed tells whether the application stayed where it should, in a drill that came to its end.
func (v drillView) stayed() bool {
	_, stopped := v.stoppedIn()
	return v.Stays() && len(v.Moves) == 0 && !stopped
}

// atHome says what it was worth that the application stayed.
func (v drillView) atHome() string {
	from := words.Clean(v.region(v.From))
	for i, absent := range v.AtEnd {
		switch {
		case absent > 0 && i == v.From:
			return fmt.Sprintf("The application stayed in %s, and at the end %s not readable there: it cannot read what it was promised.",
				from, are(absent))
		case absent > 0:
			return fmt.Sprintf("The application stayed in %s, and at the end %s not readable in %s: a failover there would miss them.",
				from, are(absent), words.Clean(v.region(i)))
		case absent < 0:
			return fmt.Sprintf("The application stayed in %s. What %s lacks could not be found out.", from, words.Clean(v.region(i)))
		}
	}
	return fmt.Sprintf("The application stayed in %s, where it missed nothing; at the end every acknowledged write was readable in every region. "+
		"A failover while the fault was in force would have missed what had not crossed.", from)
}

// notMoved says why there was no cut-over.
func (v drillView) notMoved() string {
	from := words.Clean(v.region(v.From))
	phase, stopped := v.stoppedIn()
	switch {
	case stopped && v.FaultAt == nil:
		return fmt.Sprintf("The drill was stopped in its %s phase, before anything was broken: it says nothing of a failover.", words.Clean(phase))
	case stopped:
		return fmt.Sprintf("The drill was stopped in its %s phase, before the application had moved: it says nothing of a failover.", words.Clean(phase))
	case v.FaultAt == nil:
		return "Nothing was broken, so nothing is known of how the application would fail over."
	case v.DetectedAt == nil:
		if v.byOthers() {
			return fmt.Sprintf("Nobody noticed that %s was broken: either it was not, whatever was said, or an application that relies on this policy goes on writing to it.", from)
		}
		return fmt.Sprintf("Nobody noticed that %s was broken: an application that relies on this policy goes on writing to it.", from)
	case v.DecidedAt == nil:
		return fmt.Sprintf("It was noticed that %s was broken, but the policy found no reason, or no region, to move to: the application waits until it is back.", from)
	}
	to := v.To
	if n := len(v.Moves); n > 0 {
		to = v.Moves[n-1].To // it got nowhere: nobody knows of a To
	}
	return fmt.Sprintf("The policy moved the application, but %s took no write: see that the application can reach it and may write there.",
		words.Clean(v.region(to)))
}

// missing says what the application cannot read after the cut-over, the worst first.
func (v drillView) missing() string {
	to := words.Clean(v.region(v.To))
	switch {
	case v.Count(drill.Lost) > 0:
		return fmt.Sprintf("%s gone for good: your application must be able to lose, or to make again, writes of its last %s when %s.",
			are(v.Count(drill.Lost)), span(v.RPO.Lost), v.whenLeft())
	case v.Count(drill.Diverged) > 0:
		return fmt.Sprintf("%s readable elsewhere, but will not come to %s: the regions disagree, and your application must not rely on their agreeing again.",
			are(v.Count(drill.Diverged)), to)
	case v.Count(drill.Pending) > 0:
		if _, stopped := v.stoppedIn(); stopped {
			return fmt.Sprintf("What became of %s is not known: the drill was stopped before that could be told.", words.Count(v.Count(drill.Pending), "missed write"))
		}
		if v.OneWay {
			return fmt.Sprintf("What became of %s cannot be told: no link leads back to %s, and only messages both ways prove that a write is lost. Take them for lost.",
				words.Count(v.Count(drill.Pending), "missed write"), words.Clean(v.region(v.From)))
		}
		return fmt.Sprintf("What became of %s could not be told when the drill ended: look at the links to %s, and run it again.",
			words.Count(v.Count(drill.Pending), "missed write"), to)
	case v.Count(drill.Expired) > 0:
		return fmt.Sprintf("%s expired before anybody could look for them: nothing is known of those; run it again with a longer expiry.",
			words.Count(v.Count(drill.Expired), "missed write"))
	case v.AtFailover() > 0:
		cutOver := "the cut-over"
		if v.Made(failover.FailOver) > 1 {
			cutOver = "the first cut-over"
		}
		until := "while " + v.left() + " is away"
		if v.Scenario.Stays || v.Way == drill.ByProxy || v.crossedMeanwhile() { // nobody had to come back for it
			until = "until they have crossed"
		}
		return fmt.Sprintf("Your application must bear that writes of its last %s cannot be read %s: here all of them were readable %s after %s.",
			span(v.RPO.Missed), until, words.Rough(v.LastConverged()-*v.CutOverAt), cutOver)
	}
	switch _, high := v.ExpectedMissed(); {
	case v.Unread > 0:
		return fmt.Sprintf("What was missing in %s is not known: %s could not be looked for when the application got there.", to, words.Count(v.Unread, "write"))
	case v.Way == drill.ByProxy:
		return v.sparedByProxy()
	case v.Lag == (drill.Lag{}):
		return fmt.Sprintf("Nothing was missing in %s this time.", to)
	case v.tooFew():
		return fmt.Sprintf("Nothing was missing in %s this time, but the rate was too low to show a loss: by lag × rate less than one write "+
			"is on its way at a time. Give a higher --rate.", to)
	default:
		return fmt.Sprintf("Nothing was missing in %s this time; by lag and rate it could have been about %s, and your application must bear that.",
			to, words.Count(high, "write"))
	}
}

// tooFew tells whether less than one write is to be expected on its way at a time, so that a drill will hardly ever miss
// one.
func (v drillView) tooFew() bool { return v.Reached*v.Lag.P99.Seconds() < 1 }

// pace says that the drill was run at another rate than was asked for; "" when it was not.
func (v drillView) pace() string {
	if !v.tooSlow() {
		return ""
	}
	return fmt.Sprintf("The application wrote %s times/s, not the %s asked for, and what was missed goes with that: give more --connections, or a lower --rate.",
		words.Amount(v.Reached), words.Amount(v.Rate))
}

// wayBack says what was wrong with the way back; "" when nothing was.
func (v drillView) wayBack() string {
	from, to := words.Clean(v.region(v.From)), words.Clean(v.region(v.To))
	phase, stopped := v.stoppedIn()
	switch {
	case v.Failback.Done == nil && stopped:
		return fmt.Sprintf("The drill was stopped in its %s phase: it says nothing of the way back.", words.Clean(phase))
	case v.Failback.Done == nil && v.tooLate():
		return fmt.Sprintf("It moved when the fault was being undone already, and the drill ended before a return to %s was due.", from)
	case v.OneWay && v.Failback.Done == nil && v.emptied():
		return fmt.Sprintf("At the end %s lacks what it had: a replica that still follows %s copies it when it comes back, however empty. Promote %s (REPLICAOF NO ONE) before that.", to, from, to)
	case v.OneWay && v.Failback.Done == nil:
		return fmt.Sprintf("No link leads back to %s, so the drill says nothing of the way back: who goes there brings along what %s has taken meanwhile.", from, to)
	case v.Failback.Done == nil && v.Failback.Ready != nil:
		return fmt.Sprintf("%s looked safe to return to, but took no write: the application stayed in %s.", from, to)
	case v.Failback.Done == nil:
		return fmt.Sprintf("%s was never proven safe to return to: the application stayed in %s.", from, to)
	case v.Early > 0:
		return fmt.Sprintf("On its return to %s the application could not read %s that it had made and that existed: it came back too early.",
			from, words.Count(v.Early, "write"))
	}
	return ""
}

// emptied tells whether the region that the application moved to lacks more at the end than what was missed.
func (v drillView) emptied() bool {
	return v.To >= 0 && v.To < len(v.AtEnd) && v.AtEnd[v.To] > v.AtFailover()-v.Count(drill.Converged)
}

// tooLate tells whether the application was at home when the fault was undone, and moved then: nobody awaited its return.
func (v drillView) tooLate() bool {
	for _, p := range v.Phases {
		if p.Name == drill.PhaseHeal {
			return v.CutOverAt != nil && *v.CutOverAt > p.At+p.Duration
		}
	}
	return false
}

// left names the regions that had acknowledged what was missed: one, unless the application moved several times.
func (v drillView) left() string {
	var names []string
	for _, w := range v.Windows {
		if name := words.Clean(v.region(w.Region)); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return words.Clean(v.region(v.From))
	}
	return strings.Join(names, " or ")
}

// span is the stretch of time that writes are missing from. One write alone has none.
func span(d *time.Duration) string {
	if d == nil || *d <= 0 {
		return "moment"
	}
	return "~" + words.Rough(*d)
}

// are is so many acknowledged writes, as the subject of what is said of them.
func are(n int) string {
	if n == 1 {
		return "1 acknowledged write is"
	}
	return words.Count(n, "acknowledged write") + " are"
}
