package lab

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Status is how a lab is at a moment.
type Status struct {
	Regions []RegionStatus `json:"regions"`
	Links   []LinkStatus   `json:"links"`
}

// RegionStatus is how a region is.
type RegionStatus struct {
	Name   string        `json:"name"`
	URL    string        `json:"url"`
	State  State         `json:"state"` // of the shard that is worst off
	Stale  bool          `json:"stale"` // some shard is
	Shards []ShardStatus `json:"shards"`
}

// ShardStatus is how a shard is.
type ShardStatus struct {
	Number  int           `json:"number"` // within its region, from 1
	ID      string        `json:"id"`     // as the Cluster API announces it
	Address string        `json:"address"`
	Slots   []slots.Range `json:"slots"`
	State   State         `json:"state"`
	Stale   bool          `json:"stale"`
	Keys    int           `json:"keys"`
	Clients int           `json:"clients"`
	Offset  int64         `json:"offset"`        // number of its effects so far
	Backlog int64         `json:"backlog_bytes"` // that it holds of them
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
}

// Status looks at everything. The error is that of the context.
func (l *Lab) Status(ctx context.Context) (Status, error) {
	if err := ctx.Err(); err != nil {
		return Status{}, err
	}
	var st Status
	for _, r := range l.regions {
		st.Regions = append(st.Regions, r.status())
	}
	for _, s := range l.streams {
		from, to := s.from.region.name, s.to.region.name
		if n := len(st.Links); n == 0 || st.Links[n-1].From != from || st.Links[n-1].To != to {
			st.Links = append(st.Links, LinkStatus{From: from, To: to})
		}
		link := &st.Links[len(st.Links)-1]
		stream, delay := s.status()
		link.State = max(link.State, stream.State)
		link.Delay = max(link.Delay, float64(delay)/float64(time.Millisecond))
		link.Streams = append(link.Streams, stream)
	}
	return st, nil
}

func (r *region) status() RegionStatus {
	st := RegionStatus{Name: r.name, URL: r.url(), State: r.state()}
	for _, sh := range r.shards {
		shard := sh.status()
		st.Stale = st.Stale || shard.Stale
		st.Shards = append(st.Shards, shard)
	}
	return st
}

func (sh *shard) status() ShardStatus {
	clients := sh.front.count()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return ShardStatus{
		Number: sh.number(), ID: sh.id, Address: sh.address, Slots: sh.slots,
		State: State(sh.state.Load()), Stale: sh.stale,
		Keys: sh.engine.Len(), Clients: clients, Offset: sh.log.next, Backlog: sh.log.bytes(),
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
	behind := s.from.log.next
	if !mustCopy && s.from.history.holds(at) {
		behind -= at.offset
	}
	return StreamStatus{
		FromShard: s.from.number(), ToShard: s.to.number(), State: s.state(),
		Behind: behind, Resumes: s.resumes, FullCopies: s.copies,
	}, s.delay()
}
