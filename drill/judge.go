package drill

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
)

// judge weighs what was found out. It is pure. The facts have the index of the
// regions.
func judge(c Config, s *probe.Snapshot, facts [][]ShardFacts) []Check {
	return slices.Concat([]Check{judgeLinks(c, s), judgeLag(c, s)}, judgeFacts(c, facts), judgeCoverage(c))
}

// judgeFacts weighs what the regions have told.
func judgeFacts(c Config, facts [][]ShardFacts) (checks []Check) {
	for i := range facts {
		checks = append(checks, judgeWrites(c, i, facts[i]), judgeMemory(c, i, facts[i]))
	}
	return checks
}

// judgeLinks demands that everything works that the drill is going to break or to
// rely on: on what is broken it would measure what was broken before.
func judgeLinks(c Config, s *probe.Snapshot) Check {
	check := Check{Name: "links", State: Passed, Text: "all regions can be used and all links are up",
		Hint: "mend that first: aafailover probe shows what is broken"}
	switch {
	case s == nil || len(s.Regions) == 0:
		check.State, check.Text = Failed, fmt.Sprintf("nothing could be observed in %v", c.Limits.Healthy)
	case s.Settled && s.Verdict == probe.Healthy:
		check.Hint = ""
	case c.Safety.accepts(OneWayLinks) && s.Settled && oneWay(s, c.Maps[0].Region):
		check.State, check.Hint = Accepted, ""
		check.Text = oneWayPlan(c.Maps[0].Region)
	default:
		check.State, check.Text = Failed, cmp.Or(s.Sentence, "the deployment did not become healthy")
		if c.Safety.Inspectors != nil && s.Settled && oneWay(s, c.Maps[0].Region) {
			check.Hint = fmt.Sprintf("if %s is a primary and the others its replicas, say so: --accept %s", c.Maps[0].Region, OneWayLinks)
		}
	}
	return check
}

// oneWay tells whether all regions can be used and all links from the first one
// are up, whatever the others are.
func oneWay(s *probe.Snapshot, from string) bool {
	for _, r := range s.Regions {
		if r.State != probe.RegionAvailable {
			return false
		}
	}
	up := 0
	for _, l := range s.Links {
		if l.From == from && !l.Loop() {
			if l.State != probe.LinkUp {
				return false
			}
			up++
		}
	}
	return up > 0
}

// judgeLag compares the slowest link of the first region, by its 99th percentile.
func judgeLag(c Config, s *probe.Snapshot) Check {
	check := Check{Name: "lag", State: Failed, Text: "not measured", Hint: "mend the links first"}
	if s == nil {
		return check
	}
	worst, seen := time.Duration(0), false
	slowest := ""
	for _, l := range s.Links {
		if l.From != c.Maps[0].Region || l.Loop() || l.RTT.P99 == 0 {
			continue
		}
		if seen = true; l.RTT.P99 > worst {
			worst, slowest = l.RTT.P99, l.From+"→"+l.To
		}
	}
	if !seen {
		return check
	}
	check.State, check.Hint = Passed, ""
	check.Text = fmt.Sprintf("%v at the 99th percentile, %s", worst.Round(time.Millisecond/10), slowest)
	if limit := c.Safety.MaxLag; limit > 0 && worst > limit {
		check.State = Failed
		check.Text += fmt.Sprintf(": more than %v", limit)
		check.Hint = "a drill now would miss what the lag hides: wait for the lag to go, or raise --max-lag"
	}
	return check
}

// judgeWrites demands that the first region takes writes, and that the user may
// write to, read and delete in all of them.
func judgeWrites(c Config, region int, facts []ShardFacts) Check {
	name := c.Maps[region].Region
	check := Check{Name: "writes", Region: name, State: Passed,
		Text: fmt.Sprintf("%s: a key was written, read and deleted on %s", name, ofShards(len(facts)))}
	for _, f := range facts {
		switch {
		case f.Trial == nil:
		case region > 0 && errors.Is(f.Trial, ErrRefused):
			if check.State == Passed {
				check.State = Noted
				check.Text = fmt.Sprintf("%s: the user may write, and writes are refused for now: the application can move there only when that ends", name)
			}
		default:
			check.State, check.Text = Failed, f.Trial.Error()
			check.Hint = cmp.Or(strings.Join(hint.Of(f.Trial), "; "), "look at the region, and try again")
			if errors.Is(f.Trial, ErrRefused) {
				check.Hint = fmt.Sprintf("the application writes to the region that is given first, and %s is a replica: give its primary first", name)
			}
			return check
		}
	}
	return check
}

func ofShards(n int) string {
	if n == 1 {
		return "its only shard"
	}
	return fmt.Sprintf("each of its %d shards", n)
}

// judgeCoverage notes the regions of which nobody knows how many shards they
// have: the slots are spread over them, and some shard may have none.
func judgeCoverage(c Config) []Check {
	var checks []Check
	for _, m := range c.Maps {
		if !m.Proven() {
			checks = append(checks, Check{Name: "coverage", Region: m.Region, State: Noted,
				Text: fmt.Sprintf("%s does not tell its sharding: %d slots are tried, and a shard without any of them goes unseen", m.Region, len(c.Cover))})
		}
	}
	return checks
}
