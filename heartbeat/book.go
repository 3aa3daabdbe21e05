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
	p.Missing, p.Doubtful = b.missing(region, at)
	return p
}

// writes tells whether a region accepts writes: what the worst of its shards does counts. Of one that must not be written it
// tells nothing.
func (b *book) writes(region int, at time.Time) probe.Proof {
	if !slices.Contains(b.writable, b.regions[region]) {
		return probe.Proof{}
	}
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

// missing says which beats that exist elsewhere are not readable in a region, or could not be looked for in it; and in doubt,
// which were not readable when they were last seen elsewhere. That they have expired since brings back nothing of what the
// application wrote beside them: only a later beat proves that all of it has come.
func (b *book) missing(region int, at time.Time) (words, doubt []string) {
	here := b.regions[region]
	for source, name := range b.regions {
		var lacking, unread, owed []int // shards of the region
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
			case c.owed > 0:
				owed = append(owed, c.shard)
			}
		}
		if len(lacking) > 0 {
			words = append(words, "keys written in "+name+" are not readable in "+here+onShards(lacking, b.shards(source, region)))
		}
		if len(unread) > 0 {
			words = append(words, "keys written in "+name+" could not be read in "+here+onShards(unread, b.shards(source, region))+because(b.unread[region]))
		}
		if len(owed) > 0 {
			doubt = append(doubt, "keys written in "+name+" were not readable in "+here+" when they were last seen elsewhere, and none has come since"+
				onShards(owed, b.shards(source, region)))
		}
	}
	return words, doubt
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
	return s.newestElsewhere(than, at, t) >= number
}

// newestElsewhere returns the number of the newest beat that was lately readable in another region; 0 when none was.
func (s *stream) newestElsewhere(than int, at time.Time, t terms) (number uint64) {
	for region := range s.cells {
		if c := &s.cells[region]; region != than && c.fresh(at, t) && c.shown.kind == ours {
			number = max(number, c.shown.number)
		}
	}
	return number
}
