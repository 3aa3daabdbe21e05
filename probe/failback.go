package probe

import (
	"fmt"
	"slices"
	"time"
)

// NoWriteTried is what a region lacks, in [Region].FailbackMissing, to which nobody writes.
const NoWriteTried = "no write was tried"

// readiness says whether a region is safe to return to, and what is missing. It needs evidence, not time: the region must
// be available, every cell between it and each region that can be used must have been up for a while with nothing late
// arriving, writes must work, and those known to exist elsewhere must be readable. Of a region, or a shard, that is down
// nothing is asked: it does not hold the others back. Where that is so of all the others, what was written in them while
// this one was away is nowhere to be seen, and only a region that was not away is known to have it.
func readiness(s *Snapshot, index int, proof Proof) (Readiness, []string) {
	r := &s.Regions[index]
	var no, unproven []string
	switch r.State {
	case RegionAvailable:
	case RegionUnobservable:
		return ReadyUnproven, []string{"nothing is known of " + r.Name}
	default:
		no = append(no, r.Name+" is "+string(r.State)+inBrackets(r.Cause))
	}
	upFor := s.Policy.UpFor
	for i := range r.Shards {
		// A region that flaps is not ready in between; and one that lost its connections may have been started anew, and
		// be empty, however short that was.
		if h := &r.Shards[i]; h.Connected.IsZero() {
			upFor = 0
		} else {
			upFor = min(upFor, s.At.Sub(h.Since), s.At.Sub(h.Connected))
		}
	}
	for i := range s.Links {
		l := &s.Links[i]
		if l.From != r.Name && l.To != r.Name {
			continue
		}
		bad, unknown, up := s.holdsBack(l)
		if bad != "" {
			no = append(no, bad)
		}
		if unknown != "" {
			unproven = append(unproven, unknown)
		}
		upFor = min(upFor, up)
	}
	if s.alone(index) {
		unproven = append(unproven, "no other region can be used: whether "+r.Name+" lacks what was written there is not known")
	}
	if len(no)+len(unproven) == 0 && upFor < s.Policy.UpFor {
		what := "it and its links have"
		if len(s.Regions) == 1 {
			what = "it and its loop have"
		}
		unproven = append(unproven, fmt.Sprintf("%s been up for %v, and %v is asked for", what, upFor.Truncate(100*time.Millisecond), s.Policy.UpFor))
	}
	switch r.Writes {
	case WritesRefused:
		no = append(no, "writes are refused")
	case WritesUnproven:
		if proof.Writes == "" {
			unproven = append(unproven, NoWriteTried)
		} else {
			unproven = append(unproven, "no write was acknowledged lately")
		}
	}
	no = append(no, proof.Missing...)
	unproven = append(unproven, proof.Doubtful...)
	switch {
	case len(no) > 0:
		return ReadyNo, append(no, unproven...)
	case len(unproven) > 0:
		return ReadyUnproven, unproven
	}
	return ReadyYes, nil
}

// alone tells whether, on some slot, all that leads to a region comes from shards that are down, and one of them was not seen to
// replicate to this region since that is what it is: over these connections, and for as long as is asked for.
func (s *Snapshot) alone(index int) bool {
	r := &s.Regions[index]
	down := func(h Shard) bool { return h.State == RegionDown }
	if !slices.ContainsFunc(s.Regions, func(other Region) bool { return other.Name != r.Name && slices.ContainsFunc(other.Shards, down) }) {
		return false
	}
	usable, unproven := map[int]bool{}, map[int]bool{}
	for i := range s.Links {
		l := &s.Links[i]
		if l.To != r.Name || l.Loop() {
			continue
		}
		from := s.Region(l.From)
		for k := range l.Cells {
			c := &l.Cells[k]
			to := &r.Shards[c.ToShard]
			here := to.Since
			if to.Connected.After(here) {
				here = to.Connected
			}
			usable[c.Slot] = usable[c.Slot] || from.Shards[c.FromShard].State != RegionDown
			unproven[c.Slot] = unproven[c.Slot] || c.LastUp.Sub(here) < s.Policy.UpFor
		}
	}
	for slot := range unproven {
		if unproven[slot] && !usable[slot] {
			return true
		}
	}
	return false
}

// holdsBack returns what is wrong with a link that leads to or from a region, or what is not known of it; both are "" when
// nothing is. Up is how long all its cells have been up, at most Policy.UpFor.
func (s *Snapshot) holdsBack(l *Link) (bad, unknown string, up time.Duration) {
	from, to := s.Region(l.From), s.Region(l.To)
	name := arrow(l)
	if l.Loop() {
		name = "the loop of " + l.From
	}
	up = s.Policy.UpFor
	for i := range l.Cells {
		c := &l.Cells[i]
		if from.Shards[c.FromShard].State == RegionDown || to.Shards[c.ToShard].State == RegionDown {
			continue
		}
		switch c.State {
		case LinkUp:
			up = min(up, s.At.Sub(c.Since))
			if c.Keys.State == KeysMissing {
				return fmt.Sprintf("keys of %s do not arrive in %s%s", l.From, l.To, s.onShard(l, c)), "", up
			}
			if !c.LastLate.IsZero() && s.At.Sub(c.LastLate) < s.Policy.UpFor {
				return "late messages still arrive on " + name, "", up
			}
		case LinkUnknown:
			unknown = "no evidence about " + name
		case LinkNever:
			return "nothing was delivered on " + name + s.onShard(l, c), "", up
		default:
			return fmt.Sprintf("%s is %s%s", name, c.State, s.onShard(l, c)), "", up
		}
	}
	return "", unknown, up
}

// onShard names the source shard of a cell, where it is not like all the others.
func (s *Snapshot) onShard(l *Link, c *Cell) string {
	if len(s.Region(l.From).Shards) < 2 || !slices.ContainsFunc(l.Cells, func(other Cell) bool {
		return other.State != c.State || other.Keys.State != c.Keys.State
	}) {
		return ""
	}
	return fmt.Sprintf(" on shard %d", c.FromShard+1)
}
