package drill

import "sync"

// homecoming keeps when the preferred region was broken last, when the healing of
// that began, and how long after that each step of the return was reached. It is
// safe for concurrent use.
type homecoming struct {
	mu       sync.Mutex
	away     bool    // broken, and nothing of that undone yet
	healedAt *Moment // nil before anything was undone since it was broken last
	steps    Failback
}

// broken forgets what was reached: what breaks again has to come back again.
func (h *homecoming) broken() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away, h.healedAt, h.steps = true, nil, Failback{}
}

// healed notes that something of what was broken is about to be undone. All steps
// count from the first of what is undone, so that they can be compared: some of
// them may be reached before the last.
func (h *homecoming) healed(at Moment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = false
	if h.healedAt == nil {
		h.healedAt = &at
	}
}

func (h *homecoming) isBroken() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.away
}

// reach notes that a step was reached, unless it was before. Without a heal there
// is nothing to count from.
func (h *homecoming) reach(at Moment, step func(*Failback) **Moment) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.healedAt == nil || *step(&h.steps) != nil {
		return false
	}
	took := at - *h.healedAt
	*step(&h.steps) = &took
	return true
}

// failback returns what was reached since the heal began.
func (h *homecoming) failback() Failback {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.steps
}
