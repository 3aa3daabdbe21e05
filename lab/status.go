package lab

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Status is how a lab is at a moment.
type Status struct {
	Regions []RegionStatus `json:"regions"`
	Links   []LinkStatus   `json:"links"`
	Backlog int64          `json:"backlog_limit_bytes"` // that each shard keeps at the most for streams to resume from
	Engine  string         `json:"engine,omitempty"`    // of the shards: a server and its version; "" is the lab's own
	Folder  string         `json:"folder,omitempty"`    // of the files of such servers
}

// RegionStatus is how a region is.
type RegionStatus struct {
	Name   string        `json:"name"`
	URL    string        `json:"url"`
	State  State         `json:"state"` // of the shard that is worst off
	Stale  bool          `json:"stale"` // some shard is
	Shards []ShardStatus `json:"shards"`
	// Persistence is what a shard keeps when it is killed.
	Persistence Persistence `json:"persistence"`
}

// ShardStatus is how a shard is.
type ShardStatus struct {
	Number  int           `json:"number"` // within its region, from 1
	ID      string        `json:"id"`     // as the Cluster API announces it
	Address string        `json:"address"`
	Slots   []slots.Range `json:"slots"`
	State   State         `json:"state"`
	Stale   bool          `json:"stale"`
	Answers Condition     `json:"answers,omitempty"` // that it was brought into; "" is healthy
	Keys    int           `json:"keys"`
	Clients int           `json:"clients"`
	Offset  int64         `json:"offset"`            // number of its effects so far
	Backlog int64         `json:"backlog_bytes"`     // that it holds of them
	Trouble string        `json:"trouble,omitempty"` // how its server ended, or that it does not answer, if nobody made it so
}

// LinkStatus is how the replication from one region to another is.
type LinkStatus struct {
	From    string         `json:"from"`
	To      string         `json:"to"`
	State   LinkState      `json:"state"`    // of the stream that is worst off
	Delay   float64        `json:"delay_ms"` // one way; of the slowest stream
	Streams []StreamStatus `json:"streams"`
}

// StreamStatus is how the replication from one shard to another is.
type StreamStatus struct {
	FromShard  int       `json:"from_shard"` // number in its region
	ToShard    int       `json:"to_shard"`
	State      LinkState `json:"state"`
	Behind     int64     `json:"behind"`      // effects of the source that have not arrived; all, where a copy is needed
	Resumes    int64     `json:"resumes"`     // connections that went on from the backlog
	FullCopies int64     `json:"full_copies"` // connections that had to copy the keys
	Loss       float64   `json:"loss"`        // share of the published messages that is lost
	Echoes     bool      `json:"echoes"`      // everything is delivered twice
}

// Status looks at everything. While the server of a shard does not answer, it tells after a second what was seen last, and which
// server that is as the trouble of its shard. The error is that of the context.
func (l *Lab) Status(ctx context.Context) (Status, error) {
	if err := ctx.Err(); err != nil {
		return Status{}, err
	}
	if l.group != nil {
		return l.patiently(ctx)
	}
	return l.look(), nil
}

// look waits for whoever holds a shard.
func (l *Lab) look() Status {
	st := Status{Backlog: int64(l.config.Backlog)}
	if l.group != nil {
		st.Engine, st.Folder = l.config.Engine.Binary.String(), l.group.Folder()
	}
	for _, r := range l.regions {
		st.Regions = append(st.Regions, r.status())
	}
	for _, from := range l.regions {
		for _, to := range l.regions {
			if from != to {
				st.Links = append(st.Links, statusOf(from, to))
			}
		}
	}
	return st
}

// statusOf puts the streams of a link together. Two shards have several streams while slots are moving.
func statusOf(from, to *region) LinkStatus {
	link := LinkStatus{From: from.name, To: to.name}
	for _, s := range to.inboundFrom(from) {
		stream, delay := s.status()
		link.State = max(link.State, stream.State)
		link.Delay = max(link.Delay, milliseconds(delay))
		link.Streams = append(link.Streams, stream)
	}
	slices.SortStableFunc(link.Streams, func(a, b StreamStatus) int {
		return cmp.Or(a.FromShard-b.FromShard, a.ToShard-b.ToShard)
	})
	merged := link.Streams[:0]
	for _, s := range link.Streams {
		if n := len(merged); n > 0 && merged[n-1].FromShard == s.FromShard && merged[n-1].ToShard == s.ToShard {
			merged[n-1].add(s)
		} else {
			merged = append(merged, s)
		}
	}
	link.Streams = merged
	return link
}

// add makes it the status of two streams together, which ship the same effects.
func (s *StreamStatus) add(o StreamStatus) {
	s.State, s.Behind = max(s.State, o.State), max(s.Behind, o.Behind)
	s.Loss, s.Echoes = max(s.Loss, o.Loss), s.Echoes || o.Echoes
	s.Resumes, s.FullCopies = s.Resumes+o.Resumes, s.FullCopies+o.FullCopies
}

// inboundFrom returns the streams to a region from another.
func (r *region) inboundFrom(from *region) []*stream {
	var all []*stream
	for _, sh := range r.shards() {
		sh.mu.Lock()
		for _, s := range sh.inbound {
			if s.from.region == from && !s.ended.Load() {
				all = append(all, s)
			}
		}
		sh.mu.Unlock()
	}
	return all
}

func (r *region) status() RegionStatus {
	st := RegionStatus{Name: r.name, URL: r.url(), State: r.state(), Persistence: r.persistence}
	for _, sh := range r.shards() {
		shard := sh.status()
		st.Stale = st.Stale || shard.Stale
		st.Shards = append(st.Shards, shard)
	}
	return st
}

func (sh *shard) status() ShardStatus {
	clients, at, owned := sh.front.count(), sh.site(), sh.region.layout.Load().of(sh)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return ShardStatus{
		Number: sh.number(), ID: at.id, Address: at.address, Slots: owned,
		State: State(sh.state.Load()), Stale: sh.stale, Answers: sh.answers().name,
		Keys: sh.engine.Len(), Clients: clients, Offset: sh.log.next, Backlog: sh.log.bytes(),
		Trouble: sh.keys.trouble(),
	}
}

func (s *stream) status() (StreamStatus, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to.mu.Lock()
	at, mustCopy := s.position, s.mustCopy
	s.to.mu.Unlock()
	s.from.mu.Lock()
	defer s.from.mu.Unlock()
	behind := min(s.from.log.next, s.until)
	if !mustCopy && s.from.history.holds(at) {
		behind -= at.offset
	}
	return StreamStatus{
		FromShard: s.from.number(), ToShard: s.to.number(), State: s.state(),
		Behind: behind, Resumes: s.resumes, FullCopies: s.copies, Loss: s.loss, Echoes: s.echoes,
	}, s.delay()
}
