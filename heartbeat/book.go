package heartbeat

import (
	"slices"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// book is all that is known of the keys: a pure reducer of what was sent and answered.
type book struct {
	terms
	prefix   string
	writable []string
	regions  []string
	streams  map[streamID]*stream
	ordered  []*stream // by source region and slot
	highest  uint64    // number of any beat until now
	unread   []error   // by region: why a read was refused lately; nil when none was
}

func newBook(c Config) *book {
	b := &book{
		terms:  terms{observer: c.Observer, interval: c.Interval, deadline: c.Deadline},
		prefix: c.Prefix, writable: c.Writable, regions: c.regions(), unread: make([]error, len(c.Maps)),
	}
	b.reshape(c.Topology)
	return b
}

// reshape takes up another topology, of the same regions. Streams that stay keep what is known of them. The numbers of a new
// one begin after all that were ever given, so that an old value of its key is not taken for one of its beats.
func (b *book) reshape(t Topology) {
	before := b.streams
	b.streams, b.ordered = make(map[streamID]*stream), nil
	for _, s := range before {
		b.highest = max(b.highest, s.newest)
	}
	owners := t.owners()
	for source, name := range b.regions {
		if !slices.Contains(b.writable, name) {
			continue
		}
		for i, slot := range t.Cover {
			if owners[source][i] == unowned {
				continue
			}
			id := streamID{source, slot}
			s := before[id]
			if s == nil {
				s = newStream(id, Key(b.prefix, slot, name), len(b.regions), b.highest)
			}
			for region := range b.regions {
				s.cells[region].shard = owners[region][i]
			}
			b.streams[id] = s
			b.ordered = append(b.ordered, s)
		}
	}
}

// region returns the index of a region, -1 when there is none of that name.
func (b *book) region(name string) int { return slices.Index(b.regions, name) }

// keys returns what is known of the keys of a cell.
func (b *book) keys(from, to string, slot int, at time.Time) probe.KeyEvidence {
	target := b.region(to)
	s := b.streams[streamID{b.region(from), slot}]
	if s == nil || target < 0 {
		return probe.KeyEvidence{State: probe.KeysUnproven}
	}
	return s.cells[target].evidence(at, s.renewing(), b.terms)
}

// proof returns what is known of a region because it is written and read.
func (b *book) proof(name string, at time.Time) probe.Proof {
	region := b.region(name)
	if region < 0 {
		return probe.Proof{Writes: probe.WritesUnproven}
	}
	p := b.writes(region, at)
	p.Missing = b.missing(region, at)
	return p
}

// writes tells whether a region accepts writes: what the worst of its shards does counts.
func (b *book) writes(region int, at time.Time) probe.Proof {
	p := probe.Proof{Writes: probe.WritesUnproven}
	written, proven := 0, 0
	for _, s := range b.ordered {
		if s.source != region {
			continue
		}
		written++
		switch {
		case s.refusing && p.Writes != probe.WritesRefused:
			p.Writes, p.Cause = probe.WritesRefused, s.refused
		case at.Sub(s.acknowledged) <= b.proven():
			proven++
		}
	}
	if written > 0 && proven == written {
		p.Writes = probe.WritesProven
	}
	return p
}

// missing says which beats that exist elsewhere are not readable in a region, or could not be looked for in it.
func (b *book) missing(region int, at time.Time) []string {
	var words []string
	for source, name := range b.regions {
		var lacking, unread []int // shards of the region
		for _, s := range b.ordered {
			c := &s.cells[region]
			if s.source != source || c.shard == unowned {
				continue
			}
			switch fresh := c.fresh(at, b.terms); {
			case !fresh && s.elsewhere(region, s.first, at, b.terms):
				unread = append(unread, c.shard)
			case fresh && c.lag() >= b.deadline && s.elsewhere(region, c.lacking, at, b.terms):
				lacking = append(lacking, c.shard)
			}
		}
		if len(lacking) > 0 {
			words = append(words, "keys written in "+name+" are not readable in "+b.regions[region]+onShards(lacking, b.shards(source, region)))
		}
		if len(unread) > 0 {
			words = append(words, "keys written in "+name+" could not be read in "+b.regions[region]+onShards(unread, b.shards(source, region))+because(b.unread[region]))
		}
	}
	return words
}

// shards returns the shards of a region from which keys of a source region are read.
func (b *book) shards(source, region int) []int {
	var all []int
	for _, s := range b.ordered {
		if shard := s.cells[region].shard; s.source == source && shard != unowned {
			all = append(all, shard)
		}
	}
	return all
}

// elsewhere tells whether a beat of so high a number, or a later one, was lately readable in another region.
func (s *stream) elsewhere(than int, number uint64, at time.Time, t terms) bool {
	for region := range s.cells {
		c := &s.cells[region]
		if region != than && c.fresh(at, t) && c.shown.kind == ours && c.shown.number >= number {
			return true
		}
	}
	return false
}
