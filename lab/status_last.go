package lab

import (
	"context"
	"slices"
	"sync"
	"time"
)

// statusPatience is how long a status waits for shards whose server does not answer, and which somebody holds so long. Find waits
// for a status for longer.
const statusPatience = time.Second

// lastStatus is what a lab of servers has last seen of itself.
type lastStatus struct {
	mu    sync.Mutex
	ended chan struct{} // closed when the look that is under way is over; nil when none is
	seen  Status
}

// patiently looks at everything or, when that takes too long, returns what was seen last, with how the shards are now as far as
// that can be told without waiting. At most one look is under way, so that those who ask often do not pile up.
func (l *Lab) patiently(ctx context.Context) (Status, error) {
	timer := time.NewTimer(statusPatience)
	defer timer.Stop()
	for {
		ended, mine := l.beginLook()
		select {
		case <-ended:
			if !mine { // it had begun before this call
				continue
			}
		case <-timer.C:
			return l.remembered(), nil
		case <-ctx.Done():
			return Status{}, ctx.Err()
		}
		l.last.mu.Lock()
		defer l.last.mu.Unlock()
		return l.last.seen, nil
	}
}

// beginLook begins a look, unless one is under way, and returns what is closed at its end.
func (l *Lab) beginLook() (ended chan struct{}, mine bool) {
	l.last.mu.Lock()
	defer l.last.mu.Unlock()
	if l.last.ended != nil {
		return l.last.ended, false
	}
	ended = make(chan struct{})
	l.last.ended = ended
	finish := func() {
		st := l.look()
		l.last.mu.Lock()
		l.last.seen, l.last.ended = st, nil
		l.last.mu.Unlock()
		close(ended)
	}
	select {
	case <-l.closed: // nobody waits for its goroutines any more, and no server can be waited for
		go finish()
	default:
		l.running.Go(finish)
	}
	return ended, true
}

// remembered is what was seen last, with the state of shards and the trouble of their servers as they are now.
func (l *Lab) remembered() Status {
	l.last.mu.Lock()
	st := l.last.seen
	l.last.mu.Unlock()
	st.Regions, st.Links = slices.Clone(st.Regions), slices.Clone(st.Links)
	for i, r := range l.regions {
		is := &st.Regions[i]
		is.State, is.Shards = r.state(), slices.Clone(is.Shards)
		shards := r.shards()
		for j := range is.Shards[:min(len(shards), len(is.Shards))] {
			shard := &is.Shards[j]
			shard.State, shard.Trouble = State(shards[j].state.Load()), shards[j].keys.trouble()
			if shard.State == Up && shard.Trouble != "" {
				shard.State = Hung
				stallLinks(st.Links, is.Name, shard.Number)
			}
			is.State = max(is.State, shard.State)
		}
	}
	return st
}

// stallLinks tells of links that a shard whose server does not answer neither sends nor takes anything.
func stallLinks(links []LinkStatus, region string, shard int) {
	for i := range links {
		link := &links[i]
		link.Streams = slices.Clone(link.Streams)
		for j := range link.Streams {
			s := &link.Streams[j]
			if link.From == region && s.FromShard == shard || link.To == region && s.ToShard == shard {
				s.State = max(s.State, LinkStalled)
				link.State = max(link.State, s.State)
			}
		}
	}
}
