package matrix_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	// standsStill is for how long no goroutine ran when it is said that the machine stood still: half of the deadline of a message
	// at balanced.
	standsStill = 500 * time.Millisecond
	// mostAgain bounds how often a run is played again.
	mostAgain = 4
)

// machine watches whether this machine lets a program run.
type machine struct {
	end  chan struct{}
	done sync.WaitGroup
	most time.Duration
}

// watchMachine begins to watch, until stop is called.
func watchMachine() *machine {
	const every = 20 * time.Millisecond
	m := &machine{end: make(chan struct{})}
	m.done.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for last := time.Now(); ; {
			select {
			case <-m.end:
				return
			case <-ticker.C:
			}
			now := time.Now()
			m.most, last = max(m.most, now.Sub(last)-every), now
		}
	})
	return m
}

// stop returns for how long, at the most, the watching goroutine could not run.
func (m *machine) stop() time.Duration {
	close(m.end)
	m.done.Wait()
	return m.most
}

// disturbs tells whether a scenario itself keeps the observer from running, so that nothing is to be excused by that.
func (s *scenario) disturbs() bool {
	return s.steps(func(a *action) bool { return a.Observer != nil })
}

// A machine that runs does not stand still.
func TestAMachineThatRunsDoesNotStandStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := watchMachine()
		time.Sleep(time.Minute) // simulated
		if stood := m.stop(); stood != 0 {
			t.Errorf("it stood still for %v", stood)
		}
	})
}
