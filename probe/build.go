package probe

import (
	"cmp"
	"slices"
)

// snapshot returns all that is known, and tells of a verdict that has changed.
func (s *state) snapshot() *Snapshot {
	snap := &Snapshot{
		At: s.clock.time(s.now), Started: s.clock.start, Observer: s.observer, Dropped: s.dropped, Policy: *s.policy,
		Coverage: s.covered, Symmetric: s.symmetric, Settled: s.settled(), Paused: s.unseeing(),
		Regions: make([]Region, len(s.regions)),
		Links:   make([]Link, len(s.links)),
	}
	for i := range s.regions {
		snap.Regions[i] = s.regionSnapshot(i)
	}
	focus := s.focus()
	for i := range s.links {
		var all histograms
		snap.Links[i], all = s.linkSnapshot(i)
		if l := &snap.Links[i]; l.From == focus.From && l.To == focus.To {
			snap.Focus = s.links[i].detail(focus, &all)
		}
	}
	for i := range snap.Regions {
		s.failback(snap, i)
	}
	j := judgement{snap: snap, cut: s.cut != 0, paused: snap.Paused, blind: s.clock.time(s.paused), before: s.told, sure: s.sure,
		topology: s.topology, requireCoverage: s.config.RequireCoverage}
	j.judge()
	if snap.Verdict != s.verdict {
		s.verdict, s.turned = snap.Verdict, s.now
	}
	s.sure = s.sure || snap.Settled && snap.Verdict != Unobservable
	snap.Since = s.clock.time(s.turned)
	if s.waited(s.turned, 2*s.policy.Interval) || s.lasted(s.turned) && !s.changing(snap) {
		s.tellVerdict(snap)
	}
	s.changed = s.verdict != s.told
	return snap
}

// unseeing tells whether the observer was paused so lately that nothing can have become overdue since.
func (s *state) unseeing() bool { return s.paused != 0 && s.now.since(s.paused) <= s.policy.Deadline }

func (s *state) regionSnapshot(index int) Region {
	r, m := &s.regions[index], s.topology.Maps[index]
	region := Region{
		Name: r.name, Source: m.Source, State: r.state, Since: s.clock.time(r.since), Cause: r.cause, Detail: r.detail,
		Forged: r.forged.lately(s.clock, s.now), Writes: WritesUnproven, Shards: make([]Shard, len(r.shards)),
	}
	for i := range r.shards {
		h, of := &r.shards[i], m.Shards[i]
		state := h.state
		if s.cut != 0 {
			state = RegionUnobservable
		}
		region.Shards[i] = Shard{
			ID: of.ID, Address: of.Address, Slots: of.Slots, State: state, Since: s.clock.time(h.since),
			Cause: h.trouble.cause, Detail: h.trouble.detail, LastAnswer: s.clock.time(h.answer), Returning: h.returning,
			Connected: s.clock.time(h.connectedSince()),
		}
	}
	return region
}

// linkSnapshot returns what is known of a link, and the round trips of all of its cells.
func (s *state) linkSnapshot(index int) (Link, histograms) {
	l := &s.links[index]
	link := Link{
		From: s.regions[l.from].name, To: s.regions[l.to].name, State: l.state, Since: s.clock.time(l.since),
		Deadline: l.deadline.now, Echoes: l.echoes.lately(s.clock, s.now), Retired: l.retired, Cells: make([]Cell, len(l.cells)),
		Rounds: l.rounds.snapshot(s.clock, s.now),
	}
	all, seen := l.rtt.clone(), l.retired
	lastUp := instant(0)
	for i, c := range l.cells {
		link.Cells[i] = s.cellSnapshot(c)
		merge(&all, &c.rtt)
		seen = seen.Plus(c.sums())
		if i == 0 || c.inTime < lastUp {
			lastUp = c.inTime
		}
	}
	link.RTT, link.Trips, link.Ever = all.summary(), all.trips(), l.ever(seen)
	if lastUp > 0 {
		l.before = s.clock.time(lastUp)
	}
	link.LastUp = l.before
	return link, all
}

func (s *state) cellSnapshot(c *cell) Cell {
	n := c.sums()
	cell := Cell{
		Slot: c.channel.slot, Channel: c.channel.name, FromShard: c.channel.shard, ToShard: c.shard,
		State: c.shown, Since: s.clock.time(c.since), Proving: c.awaited.on() || c.detector.recovering(s.policy) && c.shown != LinkUnknown,
		Sent: n.Sent, Delivered: n.Delivered, Late: n.Late, Lost: n.Lost, NoEvidence: n.NoEvidence, Overdue: n.Overdue, Waiting: n.Waiting,
		Duplicate: n.Duplicate, Foreign: n.Foreign, Forged: n.Forged, TooLate: n.TooLate,
		RTT: c.rtt.summary(), LastUp: s.clock.time(c.inTime), LastLate: s.clock.time(c.late),
		LastDeliveredSent: s.clock.time(c.newestSent), LastDelivered: s.clock.time(c.newestAt),
		Keys: KeyEvidence{State: KeysUnproven},
	}
	if s.config.Keys != nil && c.channel.region != c.to {
		cell.Keys = s.config.Keys(s.regions[c.channel.region].name, s.regions[c.to].name, c.channel.slot)
		cell.Keys.State = cmp.Or(cell.Keys.State, KeysUnproven)
	}
	return cell
}

// failback fills in whether a region is safe to return to.
func (s *state) failback(snap *Snapshot, index int) {
	var proof Proof
	r := &snap.Regions[index]
	if s.config.Proof != nil {
		proof = s.config.Proof(r.Name)
	}
	r.Writes = cmp.Or(proof.Writes, WritesUnproven)
	w := &s.regions[index].writes
	w.become(r.Writes, s.now)
	if r.Writes == WritesRefused {
		r.WritesCause, r.WritesSince = proof.Cause, s.clock.time(w.since)
	}
	r.FailbackReady, r.FailbackMissing = readiness(snap, index, proof)
}

// settled tells whether everything has a definite state, or was waited for long enough.
func (s *state) settled() bool {
	if s.cut != 0 {
		return true
	}
	for i := range s.regions {
		for k := range s.regions[i].shards {
			h := &s.regions[i].shards[k]
			if h.awaited.on() || h.back.on() || h.state == RegionUnobservable && s.now.since(h.since) <= 2*s.policy.patience() {
				return false
			}
		}
	}
	for i := range s.links {
		if slices.ContainsFunc(s.links[i].cells, func(c *cell) bool { return c.awaited.on() }) {
			return false
		}
	}
	return true
}
