package drill

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// mirror is a region in which writes become readable a while after they were made
// elsewhere, and which answers from afar.
type mirror struct {
	fakeStore
	lag   time.Duration
	away  time.Duration // to it, and back again
	now   func() Moment
	stuck bool // nothing arrives, and reads fail if also broken
	dead  bool

	mu    sync.Mutex
	made  map[string]Moment
	reads int
}

func (m *mirror) Read(ctx context.Context, keys []string) ([]bool, error) {
	pause.For(ctx, m.away)
	m.mu.Lock()
	m.reads++
	found := make([]bool, len(keys))
	for i, key := range keys {
		at, ok := m.made[key]
		found[i] = ok && !m.stuck && m.now() >= at+m.lag
	}
	m.mu.Unlock()
	pause.For(ctx, m.away)
	if m.dead {
		return nil, errors.New("connection refused")
	}
	return found, nil
}

func TestSampler(t *testing.T) {
	for _, test := range []struct {
		name   string
		mirror *mirror
		rate   float64
		unseen bool
	}{
		{"a region that is near, over a link of 40 ms", &mirror{lag: 40 * time.Millisecond}, 500, false},
		{"one that is next door", &mirror{lag: 800 * time.Microsecond}, 5000, false},
		{"a slow link", &mirror{lag: 700 * time.Millisecond}, 500, false},
		{"a region that is far from here, over a link that is shorter than the way to it", &mirror{lag: 60 * time.Millisecond, away: 90 * time.Millisecond}, 500, false},
		{"a few writes only", &mirror{lag: 40 * time.Millisecond}, 10, false},
		{"a link that does not deliver", &mirror{stuck: true}, 500, true},
		{"a region that does not answer", &mirror{dead: true}, 500, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := test.mirror
				w := newTestWriter(Manners{})
				w.arrivals.step = newArrivals(Manners{Arrival: Constant}, test.rate, nil, w.now).step
				m.now, m.made = w.now, make(map[string]Moment)
				s := startSampler(t.Context(), []Store{&fakeStore{}, m}, 0, w.ledger, w.now)
				w.heard = func(_, n int, err error, at Moment) {
					m.mu.Lock()
					m.made[w.ledger.Key(n)] = at
					m.mu.Unlock()
					s.offer(n, at)
				}
				const lasted = 5 * time.Second
				writeFor(t, w, &fakeStore{}, lasted)
				lag, ok := s.lag(1)
				s.stop()
				if ok == test.unseen || (lag.Unseen > 0) != test.unseen {
					t.Fatalf("%+v, measured: %t", lag, ok)
				}
				if !test.unseen {
					for _, measured := range []time.Duration{lag.P50, lag.P99, lag.Max} {
						if (measured - m.lag).Abs() > lag.Within {
							t.Errorf("%+v: %v is further from %v than %v", lag, measured, m.lag, lag.Within)
						}
					}
					if lag.Within > m.away+3*lookPause+firstPause {
						t.Errorf("a single sample is up to %v wrong", lag.Within)
					}
					if want := min(int(test.rate*lasted.Seconds()), int(lasted/samplePause)); lag.Samples < want*4/5 {
						t.Errorf("%d samples, want some %d", lag.Samples, want)
					}
				}
				if most := int(lasted/lookPause) + 10*looksAtOnce; m.reads > most || lag.Reads > m.reads {
					t.Errorf("%d reads were told of, of %d, and there may be %d", lag.Reads, m.reads, most)
				}
				if _, ok := s.lag(0); ok {
					t.Error("a lag to the region itself")
				}
			})
		})
	}
}

// What was not found for a long time is given up, so that a broken link does not
// keep the sampler from measuring when it is mended.
func TestSamplerGivesUpOnWhatIsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWriter(Manners{})
		m := &mirror{lag: time.Millisecond, stuck: true, now: w.now, made: make(map[string]Moment)}
		s := startSampler(t.Context(), []Store{&fakeStore{}, m}, 0, w.ledger, w.now)
		w.heard = func(_, n int, err error, at Moment) {
			m.mu.Lock()
			m.made[w.ledger.Key(n)] = at
			m.mu.Unlock()
			s.offer(n, at)
		}
		time.AfterFunc(15*time.Second, func() {
			m.mu.Lock()
			m.stuck = false
			for key := range m.made { // what was on its way is lost
				delete(m.made, key)
			}
			m.mu.Unlock()
		})
		writeFor(t, w, &fakeStore{}, 40*time.Second)
		lag, ok := s.lag(1)
		s.stop()
		if !ok || lag.Samples < 500 || lag.Unseen < samplesOpen || lag.Unseen > 3*samplesOpen {
			t.Errorf("%+v, want hundreds of samples, and some given up", lag)
		}
	})
}
