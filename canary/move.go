package canary

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
)

// mover is where an application would be: the goroutine that goes by the policy.
// Only it uses these.
type mover struct {
	*Canary
	main  *session // writes in the active region; nil: nothing does
	trial *session // writes at home while that is not the active region: only that proves that it accepts writes
	looks sync.WaitGroup

	detected *Moment // since when the active region is unusable in the eyes of the policy; nil: it is not
	decided  *Moment // when the policy said to leave it
	lastAck  *Moment // see Incident, as it was then
	again    Moment  // do not try to return before

	history failover.History
}

const (
	// fenceLimit is how long to wait at a return until what was written last has
	// arrived.
	fenceLimit = 10 * time.Second
	// againAfter is the time between two attempts to return.
	againAfter = 5 * time.Second
)

// move goes by the policy until ctx ends.
func (c *Canary) move(ctx context.Context) {
	m := &mover{Canary: c}
	defer func() {
		m.main.abort()
		m.trial.abort()
		m.looks.Wait()
	}()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-tick.C:
			if m.decided == nil {
				continue // there is nothing to try again
			}
		}
		m.turn(ctx)
	}
}

// turn does what the policy says now.
func (m *mover) turn(ctx context.Context) {
	s := m.preferred()
	if s == nil || m.active < 0 && !m.begin(ctx, s) {
		return
	}
	d := m.decide(s)
	if d.Action == failover.FailOver {
		m.failOver(ctx, d)
	} else {
		m.decided = nil
		if d.Action == failover.FailBack && m.now() >= m.again {
			m.failBack(ctx)
		}
		m.goOn(ctx)
	}
	m.tryHome(ctx, s)
}

// goOn writes in the active region, if that is allowed and nothing does.
func (m *mover) goOn(ctx context.Context) {
	if m.main == nil && m.config.writable(m.names[m.active]) {
		m.main = m.startWriting(ctx, m.active, false)
	}
}

// preferred returns the newest snapshot, with the home of the canary as the local
// region; nil before there is one.
func (m *mover) preferred() *probe.Snapshot {
	m.mu.Lock()
	s := m.snapshot
	m.mu.Unlock()
	if s == nil || m.home == 0 {
		return s
	}
	other := *s
	other.Regions = nil
	for _, r := range s.Regions {
		if r.Name == m.names[m.home] {
			other.Regions = slices.Insert(other.Regions, 0, r)
		} else {
			other.Regions = append(other.Regions, r)
		}
	}
	return &other
}

// begin starts where an application would have started: in the first region that
// may be written and can be used. It waits until that can be told.
func (m *mover) begin(ctx context.Context, s *probe.Snapshot) bool {
	if !s.Settled {
		return false
	}
	first := m.home
	for i, name := range m.names {
		if _, unusable := failover.Unusable(m.config.Failover, s, name); m.config.writable(name) && !unusable {
			first = i
			break
		}
	}
	m.settleIn(first)
	m.history = failover.History{Active: m.names[first]}
	m.goOn(ctx)
	return true
}

// settleIn makes a region the active one.
func (m *mover) settleIn(region int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active = region
}

// decide asks the policy, and notes since when the active region is unusable.
func (m *mover) decide(s *probe.Snapshot) failover.Decision {
	active := m.names[m.active]
	if _, unusable := failover.Unusable(m.config.Failover, s, active); !unusable {
		m.detected = nil
	} else if m.detected == nil {
		now := m.now()
		m.detected = &now
	}
	return failover.Decide(m.config.Failover, s, m.history, time.Now())
}

// failOver leaves the active region at once, and tries to get to the target. As
// long as that fails, the policy is asked again.
func (m *mover) failOver(ctx context.Context, d failover.Decision) {
	if m.decided == nil {
		now := m.now()
		m.decided = &now
		m.main.abort()
		m.main = nil
		m.mu.Lock()
		m.lastAck = m.book.failing(m.active)
		m.mu.Unlock()
	}
	from, to := m.active, slices.Index(m.names, d.To)
	if to < 0 {
		return
	}
	if to == m.home {
		m.trial.abort()
		m.trial = nil
	}
	at, ok := m.arrive(ctx, to)
	if !ok {
		return
	}
	detected := m.decided
	if m.detected != nil {
		detected = m.detected
	}
	m.mu.Lock()
	back := m.book.comeBack(to, at)
	f := m.book.cutOver(Incident{From: from, To: to, Homeward: to == m.home, Why: d.Why, LastAck: m.lastAck, DetectedAt: *detected, DecidedAt: *m.decided, CutOverAt: at,
		Lag: m.book.lags.expected(from, to)})
	ns := append(f.waitingIn(), back...)
	m.mu.Unlock()
	m.arriveIn(ctx, to, ns, f)
}

// failBack moves home. Unlike a failover it can wait: it stops writing, lets what
// it wrote arrive, and only then goes; or else it stays for another while.
func (m *mover) failBack(ctx context.Context) {
	if m.main != nil {
		m.main.drain()
		m.main = nil
		if !m.fenced(ctx, m.now()) {
			m.again = m.now() + againAfter
			return
		}
	}
	m.trial.drain()
	m.trial = nil
	at, ok := m.arrive(ctx, m.home)
	if !ok {
		m.again = m.now() + againAfter
		return
	}
	m.mu.Lock()
	back := m.book.comeBack(m.home, at)
	m.mu.Unlock()
	m.arriveIn(ctx, m.home, back, nil)
}

// fenced waits until fences that were sent at or after a moment have arrived from
// the active region at home, on every slot that is written to, and the policy still
// says to return.
func (m *mover) fenced(ctx context.Context, sent Moment) bool {
	for limit := sent + fenceLimit; m.now() < limit; {
		if m.crossed(sent) {
			return true
		}
		if !pause.For(ctx, lookEvery) || m.decide(m.preferred()).Action != failover.FailBack {
			return false
		}
	}
	return false
}

func (m *mover) crossed(sent Moment) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, slot := range m.book.cover {
		owners := m.book.owners(slot)
		if slices.Contains(owners, m.active) && slices.Contains(owners, m.home) && !m.book.latest.crossed(path{m.active, m.home, slot}, sent) {
			return false
		}
	}
	return true
}

// arrive connects to a region and tries a first write there, where that is allowed,
// and returns when it was acknowledged.
func (m *mover) arrive(ctx context.Context, region int) (Moment, bool) {
	store, done := m.use(region)
	defer done()
	limited, cancel := context.WithTimeout(ctx, m.config.Timeout)
	defer cancel()
	if store.Connect(limited) != nil {
		return 0, false
	}
	if !m.config.writable(m.names[region]) {
		return m.now(), true
	}
	outcome, at := m.write(ctx, region, false)
	return at, outcome == drill.Acknowledged
}

// arriveIn makes a region the active one, goes on writing there, and looks for what
// was written before. An incident is one that has just begun; nil: none has.
func (m *mover) arriveIn(ctx context.Context, region int, ns []int, f *followed) {
	m.settleIn(region)
	m.history = m.history.After(m.names[region], time.Now())
	m.detected, m.decided, m.lastAck = nil, nil, nil
	m.goOn(ctx)
	m.mu.Lock()
	var left []*followed // whose stay has just ended
	for _, other := range m.book.incidents {
		if other.Return != nil && !other.Return.Looked {
			left = append(left, other)
		}
	}
	m.mu.Unlock()
	slices.SortFunc(ns, func(a, b int) int { return b - a })
	ns = slices.Compact(ns)
	m.looks.Go(func() {
		m.readAll(ctx, region, ns)
		m.mu.Lock()
		if f != nil {
			f.looked(false)
		}
		for _, other := range left {
			if !other.Return.Looked {
				other.looked(true)
			}
		}
		m.mu.Unlock()
		m.tell()
	})
}

// tryHome writes at home as well while an application would be elsewhere and home
// answers: whether it is safe to return to, only that proves.
func (m *mover) tryHome(ctx context.Context, s *probe.Snapshot) {
	wanted := m.active >= 0 && m.active != m.home && s.Region(m.names[m.home]).State == probe.RegionAvailable
	switch {
	case wanted && m.trial == nil:
		m.trial = m.startWriting(ctx, m.home, true)
	case !wanted && m.trial != nil:
		m.trial.abort()
		m.trial = nil
	}
}
