package heartbeat

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Heart writes and reads the keys. Make one with [New]; its methods may be called at any time, by many.
type Heart struct {
	config  Config        // complete; the Topology is that at the start
	changed chan struct{} // next is to be looked at

	mu   sync.Mutex
	book *book
	next Topology // the newest one
}

// New returns a Heart that does not beat yet. The error is what [Config.Check] has found.
func New(c Config) (*Heart, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c = c.complete()
	return &Heart{config: c, changed: make(chan struct{}, 1), book: newBook(c), next: c.Topology}, nil
}

// Change makes the heart follow another topology, which must be of the same regions. What stays where it is goes on
// untouched. The error says what makes no sense; then nothing changes.
func (h *Heart) Change(t Topology) error {
	if err := t.check(); err != nil {
		return err
	}
	if !slices.Equal(t.regions(), h.config.regions()) {
		return fmt.Errorf("the regions %v cannot become %v while the heart beats", h.config.regions(), t.regions())
	}
	h.mu.Lock()
	h.next = t
	h.mu.Unlock()
	select {
	case h.changed <- struct{}{}:
	default: // it has not looked since the last time
	}
	return nil
}

// Proof tells what is known of a region because it is written and read. It is quick, and made for [probe.Config].
func (h *Heart) Proof(region string) probe.Proof {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.book.proof(region, time.Now())
}

// Keys tells what is known of the key of a cell. It is quick, and made for [probe.Config].
func (h *Heart) Keys(from, to string, slot int) probe.KeyEvidence {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.book.keys(from, to, slot, time.Now())
}

// Run beats until ctx ends. When it returns, all that it started has ended, and nothing counts as proven any more; the keys
// are left to expire. It must not run twice at a time.
func (h *Heart) Run(ctx context.Context) {
	beating := make(map[place]*pulse)
	defer func() { stop(beating, func(*pulse) bool { return true }) }()
	for {
		h.mu.Lock()
		t := h.next
		h.mu.Unlock()
		plans := t.plans(h.config.Writable)
		stop(beating, func(p *pulse) bool { return !slices.ContainsFunc(plans, p.equal) })
		h.mu.Lock()
		h.book.reshape(t)
		h.mu.Unlock()
		for i, p := range plans {
			if beating[p.place] == nil {
				// Spread over the interval, so that no moment sees all of them.
				offset := h.config.Interval * time.Duration(i) / time.Duration(len(plans))
				beating[p.place] = h.start(ctx, p, offset)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-h.changed:
		}
	}
}

// stop ends those of the pulses that are to end, and waits for them.
func stop(beating map[place]*pulse, which func(*pulse) bool) {
	for _, p := range beating {
		if which(p) {
			p.cancel()
		}
	}
	for at, p := range beating {
		if which(p) {
			<-p.ended
			delete(beating, at)
		}
	}
}
