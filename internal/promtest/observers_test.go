package promtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/check/alerts"
	"github.com/aafailover/aafailover/probe"
)

// observer is what one observer says, as labels of its series.
func observer(name string) string { return `job="aafailover",instance="` + name + `:9121"` }

// verdicts are the series of an observer of its verdict.
func verdicts(name string, holds probe.Verdict) string {
	var text strings.Builder
	for _, v := range probe.Verdicts() {
		fmt.Fprintf(&text, "aafailover_verdict{%s,verdict=%q} %dx400\n", observer(name), v, one(v == holds))
	}
	return text.String()
}

// regions are series of an observer: of each region the state that it is in.
func regions(name, verdict string, states ...string) string {
	var text strings.Builder
	text.WriteString(verdicts(name, probe.Verdict(verdict)))
	for i, state := range states {
		for _, s := range []string{"available", "impaired", "down", "unobservable"} {
			fmt.Fprintf(&text, "aafailover_region_state{%s,region=\"r%d\",state=%q} %dx400\n", observer(name), i+1, s, one(s == state))
		}
	}
	return text.String()
}

// shards are the series of an observer of how many shards of r1 are down.
func shards(name string, down int) string {
	return fmt.Sprintf("aafailover_region_shards{%s,region=\"r1\",state=\"down\"} %dx400\n", observer(name), down)
}

// cause is the series of an observer of why a region is not available.
func cause(name, region, why string) string {
	return fmt.Sprintf("aafailover_region_cause{%s,region=%q,cause=%q} 1x400\n", observer(name), region, why)
}

// link are the series of an observer of the link from r1 to r2.
func link(name, state string) string {
	var text strings.Builder
	for _, s := range []string{"up", "late", "degraded", "down", "unknown", "never"} {
		fmt.Fprintf(&text, "aafailover_link_state{%s,from=\"r1\",to=\"r2\",state=%q} %dx400\n", observer(name), s, one(s == state))
	}
	return text.String()
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// recording is the expression that is recorded under a name.
func recording(t *testing.T, name string) string {
	t.Helper()
	for _, r := range alerts.Recordings(alerts.Probe) {
		if r.Name == name {
			return r.Expr
		}
	}
	t.Fatalf("%s is not recorded", name)
	return ""
}

func TestObserversVote(t *testing.T) {
	const down, poor = "job_from_to:aafailover_link_down:share", "job_from_to:aafailover_link_poor:share"
	for _, row := range []struct {
		name, of, where, series string
		want                    float64 // -1: nobody says anything
	}{
		{"all say that a region is down", "job_region:aafailover_region_down:share", `{region="r2"}`,
			regions("a", "remote_failure", "available", "down") + regions("b", "remote_failure", "available", "down"), 1},
		{"one of three cannot reach it", "job_region:aafailover_region_down:share", `{region="r2"}`,
			regions("a", "remote_failure", "available", "down") + regions("b", "healthy", "available", "available") + regions("c", "healthy", "available", "available"), 1. / 3},
		{"one of three is cut off altogether, and has no vote", "job_region:aafailover_region_down:share", `{region="r2"}`,
			regions("a", "unobservable", "unobservable", "unobservable") + regions("b", "healthy", "available", "down") + regions("c", "healthy", "available", "available"), 0.5},
		{"the observer beside it is gone with the region", "job_region:aafailover_region_down:share", `{region="r2"}`,
			regions("a", "remote_failure", "available", "down") + regions("c", "remote_failure", "available", "down"), 1},
		{"nobody can say anything", "job_region:aafailover_region_down:share", ``, regions("a", "unobservable", "unobservable"), -1},
		{"a shard less is not a region less", "job_region:aafailover_region_down:share", `{region="r2"}`, regions("a", "remote_failure", "available", "impaired"), 0},
		{"a shard less for one of two", "job_region:aafailover_shard_down:share", ``, shards("a", 1) + shards("b", 0), 0.5},
		{"however many shards less, it is one vote", "job_region:aafailover_shard_down:share", ``, shards("a", 3), 1},
		{"who is turned away for its own password has no vote on the region", "job_region:aafailover_region_down:share", `{region="r2"}`,
			regions("a", "remote_failure", "available", "down") + cause("a", "r2", "authentication") + regions("b", "healthy", "available", "available"), 0},
		{"nor on its shards", "job_region:aafailover_shard_down:share", ``, shards("a", 3) + cause("a", "r1", "permission") + shards("b", 0), 0},
		{"a certificate that has expired is met by applications, too", "job_region:aafailover_region_down:share", `{region="r2"}`,
			regions("a", "remote_failure", "available", "down") + cause("a", "r2", "tls"), 1},
		{"a link that is down, and one that never carried anything", down, ``, link("a", "down") + link("b", "never"), 1},
		{"a link of which one observer knows nothing", down, ``, link("a", "down") + link("b", "unknown"), 1},
		{"a link that is late for one of two", poor, ``, link("a", "late") + link("b", "up"), 0.5},
		{"a link that is late is not down", down, ``, link("a", "late") + link("b", "degraded"), 0},
		{"who can say nothing does not count", "job:aafailover_observers:count", ``, regions("a", "healthy") + regions("b", "unobservable") + regions("c", "remote_failure"), 2},
		{"a region is safe to return to when all say so", "job_region:aafailover_region_failback_ready:all", ``,
			`aafailover_region_failback_ready{` + observer("a") + `,region="r1",answer="yes"} 1x400` + "\n" +
				`aafailover_region_failback_ready{` + observer("b") + `,region="r1",answer="yes"} 0x400`, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			expr := recording(t, row.of)
			if row.where != "" {
				// An expression takes no selector; a comparison by label does the same.
				expr = "(" + expr + ") and on(region) max by(region) (aafailover_region_state" + row.where + ")"
			}
			got := values(t, expr, row.series)
			switch {
			case row.want < 0 && len(got) > 0, row.want >= 0 && len(got) != 1:
				t.Errorf("%v, want %v", got, row.want)
			case row.want >= 0 && (got[0] < row.want-1e-9 || got[0] > row.want+1e-9):
				t.Errorf("%v, want %v", got[0], row.want)
			}
		})
	}
}

// Whatever an observer finds, somebody is told in the end: also of that for which there is no alert of its own.
func TestNoVerdictIsWithoutAnAlert(t *testing.T) {
	for _, verdict := range probe.Verdicts() {
		fires := false
		for _, a := range alerts.Of([]alerts.Exporter{alerts.Probe}) {
			fires = fires || found(t, a.Expr, verdicts("a", verdict)) > 0
		}
		if fires != (verdict != probe.Healthy) {
			t.Errorf("%s: an alert fires: %v", verdict, fires)
		}
	}
}

// Who serves and has not come to a verdict is told of, too.
func TestAnObserverThatNeverSaysAnythingIsNoticed(t *testing.T) {
	for _, a := range alerts.Of([]alerts.Exporter{alerts.Probe}) {
		if a.Name == "AafailoverObserverBlind" && found(t, a.Expr, "aafailover_build_info{"+observer("a")+"} 1x400\n"+
			regions("b", "healthy")+"aafailover_build_info{"+observer("b")+"} 1x400\n") != 1 {
			t.Errorf("%s does not fire for it, or for another one", a.Expr)
		}
	}
}
