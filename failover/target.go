package failover

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// target chooses the region to go to from the active one; nil when there is none,
// and then what speaks against each. It must have a weight, be available, and not
// refuse writes; where leaving is a choice, it must not be alone itself. Of these it
// chooses, in this order,
//
//   - one that is not known to be unsafe to come to: stale, or empty;
//   - the one that lacks least of what was written in the active region;
//   - the one of the greatest weight;
//   - the first of the configuration.
func target(p Policy, s *probe.Snapshot, active *probe.Region, choice bool) (to *probe.Region, objections string) {
	var against []string
	var fit []*probe.Region
	for i := range s.Regions {
		r := &s.Regions[i]
		if r.Name == active.Name {
			continue
		}
		if why := objection(p, s, r, choice); why != "" {
			against = append(against, why)
		} else {
			fit = append(fit, r)
		}
	}
	if len(fit) == 0 {
		return nil, strings.Join(against, "; ")
	}
	if slices.ContainsFunc(fit, safe) {
		fit = slices.DeleteFunc(fit, func(r *probe.Region) bool { return !safe(r) })
	}
	fit = lackingLeast(s, active.Name, fit)
	weight := func(r *probe.Region) int { return p.weight(r.Name, r == &s.Regions[0]) }
	slices.SortStableFunc(fit, func(a, b *probe.Region) int { return weight(b) - weight(a) })
	return fit[0], ""
}

// lackingLeast returns those regions that lack least of what was written in
// another one. What they differ in by less than the margin is none.
func lackingLeast(s *probe.Snapshot, from string, regions []*probe.Region) []*probe.Region {
	behind := func(r *probe.Region) time.Duration { return shortfallOf(s, from, r.Name).behind }
	least := behind(regions[0])
	for _, r := range regions[1:] {
		least = min(least, behind(r))
	}
	if least > 0 {
		least += margin(&s.Policy)
	}
	return slices.DeleteFunc(regions, func(r *probe.Region) bool { return behind(r) > least })
}

// objection says why not to go to a region; "" when nothing is in the way.
func objection(p Policy, s *probe.Snapshot, r *probe.Region, choice bool) string {
	if p.weight(r.Name, r == &s.Regions[0]) == 0 {
		return r.Name + " has weight 0"
	}
	if r.State == probe.RegionUnobservable {
		return "what " + r.Name + " does is not known"
	}
	if r.State != probe.RegionAvailable {
		return r.Name + " is " + string(r.State)
	}
	if provenToRefuse(s, r) {
		return refusal(r, "")
	}
	if why, silent := alone(s, r.Name); silent && choice {
		return why
	}
	return ""
}

// safe tells whether a region is not known to be unsafe to come to.
func safe(r *probe.Region) bool { return r.FailbackReady != probe.ReadyNo }

// reservations says what speaks against a region that is gone to all the same, to
// be put after the reason.
func reservations(s *probe.Snapshot, active, to *probe.Region) string {
	text := ""
	if lack := shortfallOf(s, active.Name, to.Name); lack.behind > 0 && !lack.since.IsZero() {
		text = fmt.Sprintf("; what %s wrote since %s is not known to be in %s", active.Name, moment(lack.since, s.At), to.Name)
	}
	if !safe(to) && len(to.FailbackMissing) > 0 {
		text += fmt.Sprintf("; %s is not safe to come to, but there is no better region: %s", to.Name, to.FailbackMissing[0])
	}
	return text
}

// shortfall is what a region may lack of what was written in another one.
type shortfall struct {
	since  time.Time     // everything before has arrived
	behind time.Duration // from then to the newest that there was to arrive; 0 when nothing is known to lack
}

// shortfallOf returns what one region may lack of what another one wrote, judged by
// the worst slot. A shard's effects arrive in order, so that what it executed before
// the newest message that has arrived is there. How much more there was to arrive
// is known from where more of the same slot has arrived, the source included; so
// nothing is lacking because the source went away. The states of the links would
// not do: they are unknown once their source is down.
func shortfallOf(s *probe.Snapshot, from, to string) shortfall {
	var worst shortfall
	link := s.Link(from, to)
	if link == nil {
		return worst
	}
	for i := range max(len(link.Cells), 1) {
		slot, silent := noSlot, link.State.Silent()
		if i < len(link.Cells) {
			slot, silent = link.Cells[i].Slot, link.Cells[i].State.Silent()
		}
		lack := lacking(s, link, slot)
		if silent {
			lack.behind = max(lack.behind, 1)
		}
		if lack.behind > worst.behind && (silent || lack.behind > margin(&s.Policy)) {
			worst = lack
		}
	}
	return worst
}

// lacking returns by how much a link is behind on one slot. One on which nothing
// has arrived in this run is not judged by how long ago it was seen up before, if
// the others had no time in this run to be ahead of it by that much.
func lacking(s *probe.Snapshot, link *probe.Link, slot int) shortfall {
	var newest time.Time
	for i := range s.Links {
		if l := &s.Links[i]; l.From == link.From {
			newest = later(newest, arrived(l, slot))
		}
	}
	since := arrived(link, slot)
	if since.IsZero() || newest.After(s.Started) && newest.Sub(s.Started) <= margin(&s.Policy) {
		since = later(since, s.Started)
	}
	return shortfall{since: since, behind: newest.Sub(since)}
}

// noSlot stands for the slots of a link of which no cells are known.
const noSlot = -1

// arrived returns when the newest message of a slot was sent that a link has
// delivered; when the link was last up, if it has not delivered any in this run;
// and the zero time if nothing is known.
func arrived(l *probe.Link, slot int) time.Time {
	i, ok := slices.BinarySearchFunc(l.Cells, slot, func(c probe.Cell, slot int) int { return c.Slot - slot })
	if ok && !l.Cells[i].LastDeliveredSent.IsZero() {
		return l.Cells[i].LastDeliveredSent
	}
	return l.LastUp
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// leastMargin is longer than regions differ in when each got its newest message,
// by distance and by messages that are lost now and then.
const leastMargin = 3 * time.Second

// margin is from how much on a region is behind another one: longer than a silence
// takes to be called down, so that what was up until its source went away is not.
func margin(p *probe.Policy) time.Duration {
	return max(leastMargin, p.Deadline+time.Duration(p.Down+1)*p.Interval)
}
