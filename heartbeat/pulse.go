package heartbeat

import (
	"context"
	"errors"
	"time"
)

// commandsAtOnce bounds the writes, and the reads, of one exchange: some 20 kB of commands, and as much of answers, which
// fit into the buffers between us and the server, so that neither waits for the other to read.
const commandsAtOnce = 100

// pulse carries out one plan: it is the goroutine that owns the connection to a shard.
type pulse struct {
	plan
	heart   *Heart
	turns   []*turn
	session Session // nil while there is none
	cancel  context.CancelFunc
	ended   chan struct{}
}

// turn is one exchange of a pulse.
type turn struct {
	batch   Batch
	writes  []*stream // of batch.Writes
	reads   []*stream // of batch.Reads
	numbers []uint64  // of the beats that are written
}

// start makes a pulse and lets it beat, the first time after an offset.
func (h *Heart) start(ctx context.Context, from plan, offset time.Duration) *pulse {
	ctx, cancel := context.WithCancel(ctx)
	p := &pulse{plan: from, heart: h, cancel: cancel, ended: make(chan struct{})}
	h.mu.Lock()
	p.prepare()
	h.mu.Unlock()
	go func() {
		defer close(p.ended)
		defer cancel()
		p.run(ctx, offset)
	}()
	return p
}

// prepare cuts the plan into turns. The caller holds the lock of the heart.
func (p *pulse) prepare() {
	streams := p.heart.book.streams
	for first := 0; first < max(len(p.writes), len(p.reads)); first += commandsAtOnce {
		t := &turn{}
		for _, id := range part(p.writes, first) {
			s := streams[id]
			t.writes = append(t.writes, s)
			t.batch.Writes = append(t.batch.Writes, Write{Key: s.key, Expiry: Expiry(p.heart.config.Interval)})
		}
		for _, id := range part(p.reads, first) {
			s := streams[id]
			t.reads = append(t.reads, s)
			t.batch.Reads = append(t.batch.Reads, Read{Key: s.key})
		}
		t.numbers = make([]uint64, len(t.writes))
		p.turns = append(p.turns, t)
	}
}

// part returns what one turn takes of a list, beginning at an index that may lie beyond it.
func part(ids []streamID, first int) []streamID {
	first = min(first, len(ids))
	return ids[first:min(first+commandsAtOnce, len(ids))]
}

// run beats at every interval until ctx ends. A beat that takes longer makes it skip those that are due meanwhile.
func (p *pulse) run(ctx context.Context, offset time.Duration) {
	defer p.hangUp()
	interval := p.heart.config.Interval
	due := time.Now().Add(offset)
	timer := time.NewTimer(offset)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		p.beat(ctx)
		due = due.Add(interval)
		if late := time.Since(due); late > 0 {
			due = due.Add(late.Truncate(interval) + interval)
		}
		timer.Reset(time.Until(due))
	}
}

// beat takes all turns. A connection that has rested since the last beat may have been closed by something in between, as
// proxies do: then it takes them once more, over a new one. One that says nothing has had its time.
func (p *pulse) beat(ctx context.Context) {
	rested := p.session != nil
	if err := p.take(ctx); err != nil && rested && !errors.Is(err, context.DeadlineExceeded) {
		_ = p.take(ctx) // whoever watches the region says why
	}
}

// take connects, if there is no connection, and takes all turns. After an error there is none.
func (p *pulse) take(ctx context.Context) error {
	if err := p.connect(ctx); err != nil {
		return err
	}
	for _, t := range p.turns {
		if err := p.exchange(ctx, t); err != nil {
			p.hangUp()
			return err
		}
	}
	return nil
}

// connect makes the connection if there is none. How long that may take is for the store to say: it may have to fetch a
// password first.
func (p *pulse) connect(ctx context.Context) (err error) {
	if p.session == nil {
		p.session, err = p.heart.config.Stores[p.region].Connect(ctx, p.address)
	}
	return err
}

// exchange takes a turn.
func (p *pulse) exchange(ctx context.Context, t *turn) error {
	ctx, cancel := context.WithTimeout(ctx, p.heart.config.Timeout)
	defer cancel()
	begun := time.Now()
	p.ask(t, begun)
	err := p.session.Exchange(ctx, &t.batch)
	p.hear(t, begun, time.Now())
	return err
}

// ask makes the batch of a turn ready to be sent.
func (p *pulse) ask(t *turn, at time.Time) {
	p.heart.mu.Lock()
	defer p.heart.mu.Unlock()
	for i, s := range t.writes {
		w := &t.batch.Writes[i]
		t.numbers[i] = s.send(at)
		*w = Write{Key: w.Key, Expiry: w.Expiry, Value: beat{p.heart.config.Observer, t.numbers[i]}.text(at)}
	}
	for i := range t.batch.Reads {
		t.batch.Reads[i] = Read{Key: t.batch.Reads[i].Key}
	}
}

// hear notes what was answered.
func (p *pulse) hear(t *turn, begun, ended time.Time) {
	p.heart.mu.Lock()
	defer p.heart.mu.Unlock()
	b := p.heart.book
	for i, s := range t.writes {
		s.written(t.numbers[i], &t.batch.Writes[i], ended)
	}
	for i, s := range t.reads {
		switch r := &t.batch.Reads[i]; r.Outcome {
		case Acknowledged:
			s.read(p.region, r.Value, begun, ended, b.terms)
			b.unread[p.region] = nil
		case Rejected:
			b.unread[p.region] = r.Err
		}
	}
}

// hangUp ends the connection, and with it what was proven over it.
func (p *pulse) hangUp() {
	if p.session == nil {
		return
	}
	_ = p.session.Close()
	p.session = nil
	p.heart.mu.Lock()
	defer p.heart.mu.Unlock()
	p.heart.book.unread[p.region] = nil
	for _, t := range p.turns {
		for _, s := range t.writes {
			s.disconnected()
		}
		for _, s := range t.reads {
			s.cells[p.region].disconnected()
		}
	}
}
