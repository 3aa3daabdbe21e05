package probe

import (
	"slices"

	"github.com/aafailover/aafailover/slots"
)

// snapshot returns all that is known, and tells of a verdict that has changed.
func (s *state) snapshot() *Snapshot {
	snap := &Snapshot{
		At: s.clock.time(s.now), Started: s.clock.start, Observer: s.observer, Dropped: s.dropped, Policy: *s.policy,
		Coverage:  !slices.ContainsFunc(s.config.Maps, func(m slots.Map) bool { return !m.Proven() }),
		Symmetric: slots.Equal(s.config.Maps...),
		Settled:   s.settled(),
		Regions:   make([]Region, len(s.regions)),
		Links:     make([]Link, len(s.links)),
	}
	for i := range s.regions {
		snap.Regions[i] = s.regionSnapshot(i)
	}
	for i := range s.links {
		snap.Links[i] = s.linkSnapshot(i)
	}
	for i := range snap.Regions {
		s.failback(snap, i)
	}
	j := judgement{snap: snap, cut: s.cut != 0, paused: s.unseeing(), blind: s.clock.time(s.blind), sure: s.sure, config: s.config}
	j.judge()
	if snap.Verdict != s.verdict {
		s.verdict, s.turned = snap.Verdict, s.now
	}
	s.sure = s.sure || snap.Settled && snap.Verdict != Unobservable
	snap.Since = s.clock.time(s.turned)
	s.changed = false
	if s.waited(s.turned) || !s.changing(snap) {
		s.tellVerdict(snap)
	}
	return snap
}

// unseeing tells whether the observer was paused so lately that nothing can have become overdue since.
func (s *state) unseeing() bool { return s.blind != 0 && s.now.since(s.blind) <= s.policy.Deadline }

func (s *state) regionSnapshot(index int) Region {
	r, m := &s.regions[index], s.config.Maps[index]
	region := Region{
		Name: r.name, Source: m.Source, State: r.state, Since: s.clock.time(r.since), Cause: r.cause, Detail: r.detail,
		Writes: WritesUnproven, Shards: make([]Shard, len(r.shards)),
	}
	for i := range r.shards {
		h, of := &r.shards[i], m.Shards[i]
		state := h.state
		if s.cut != 0 {
			state = RegionUnobservable
		}
		region.Shards[i] = Shard{
			ID: of.ID, Address: of.Address, Slots: of.Slots, State: state, Since: s.clock.time(h.since),
			Cause: h.trouble.cause, Detail: h.trouble.detail, LastAnswer: s.clock.time(h.answer),
		}
	}
	return region
}

func (s *state) linkSnapshot(index int) Link {
	l := &s.links[index]
	link := Link{
		From: s.regions[index/len(s.regions)].name, To: s.regions[index%len(s.regions)].name,
		State: l.state, Since: s.clock.time(l.since), Cells: make([]Cell, len(l.cells)),
	}
	var all histogram
	lastUp := instant(0)
	for i, c := range l.cells {
		link.Cells[i] = c.snapshot(s.clock)
		all.merge(&c.rtt)
		if i == 0 || c.inTime < lastUp {
			lastUp = c.inTime
		}
	}
	link.RTT = all.summary()
	if link.LastUp = s.clock.time(lastUp); link.LastUp.IsZero() {
		link.LastUp = l.before
	}
	return link
}

// failback fills in whether a region is safe to return to.
func (s *state) failback(snap *Snapshot, index int) {
	var proof Proof
	r := &snap.Regions[index]
	if s.config.Proof != nil {
		proof = s.config.Proof(r.Name)
	}
	if proof.Writes != "" {
		r.Writes = proof.Writes
	}
	r.FailbackReady, r.FailbackMissing = readiness(snap, index, proof)
}

// settled tells whether everything has a definite state, or was waited for long enough.
func (s *state) settled() bool {
	if s.cut != 0 {
		return true
	}
	waited := s.now.since(1) > s.policy.patience()+s.policy.Deadline
	for i := range s.regions {
		if s.regions[i].state == RegionUnobservable {
			return false
		}
	}
	for i := range s.links {
		for _, c := range s.links[i].cells {
			if c.shown == LinkUnknown && !waited && !s.excused(c) {
				return false
			}
		}
	}
	return true
}

// excused tells whether nothing can become known of a cell as things are.
func (s *state) excused(c *cell) bool {
	from, to := &s.regions[c.channel.region], &s.regions[c.to]
	return s.same[Pair{from.name, to.name}] ||
		from.shards[c.channel.shard].state == RegionDown || to.shards[c.shard].state == RegionDown
}
