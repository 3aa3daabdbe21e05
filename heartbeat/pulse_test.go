package heartbeat_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/probe"
)

// memory is a region that is a map, whose keys all other regions have at once. It notes when it is asked, and can be made to
// misbehave.
type memory struct {
	mu        sync.Mutex
	keys      map[string]string // shared by all regions
	asked     []time.Time
	largest   int // batch, by its writes or reads
	connected int
	closed    int

	refusing bool          // connections
	fetching time.Duration // what a connection waits for, such as a password
	hanging  bool          // exchanges
	closing  bool          // the connection that there is, before the next exchange
	losing   bool          // connections, in the middle of an exchange: writes are answered, and reads are not
}

func (m *memory) Connect(ctx context.Context, _ string) (heartbeat.Session, error) {
	m.mu.Lock()
	fetching := m.fetching
	m.mu.Unlock()
	select {
	case <-time.After(fetching):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refusing {
		return nil, errors.New("connection refused")
	}
	m.connected++
	return m, nil
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed++
	return nil
}

func (m *memory) Exchange(ctx context.Context, b *heartbeat.Batch) error {
	m.mu.Lock()
	hanging := m.hanging
	m.mu.Unlock()
	if hanging {
		<-ctx.Done()
		return ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closing {
		m.closing = false
		return errors.New("closed by the other side")
	}
	m.asked = append(m.asked, time.Now())
	m.largest = max(m.largest, len(b.Writes), len(b.Reads))
	for i := range b.Writes {
		m.keys[b.Writes[i].Key] = b.Writes[i].Value
		b.Writes[i].Outcome = heartbeat.Acknowledged
	}
	if m.losing {
		return errors.New("connection reset")
	}
	for i := range b.Reads {
		b.Reads[i].Value, b.Reads[i].Outcome = m.keys[b.Reads[i].Key], heartbeat.Acknowledged
	}
	return nil
}

// become changes how the region behaves.
func (m *memory) become(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

// inMemory beats over regions of memory.
func inMemory(t *testing.T, topology heartbeat.Topology, writable ...string) (*heartbeat.Heart, []*memory) {
	t.Helper()
	c := heartbeat.Config{Topology: topology, Prefix: "aafailover", Writable: writable}
	keys := map[string]string{}
	var regions []*memory
	for range topology.Maps {
		regions = append(regions, &memory{keys: keys})
		c.Stores = append(c.Stores, regions[len(regions)-1])
	}
	h, err := heartbeat.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		for i, m := range regions {
			if m.connected != m.closed {
				t.Errorf("region %d was connected %d times, and hung up %d times", i, m.connected, m.closed)
			}
		}
	})
	return h, regions
}

func TestEveryShardHasItsMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, regions := inMemory(t, evenly([]string{"us"}, 4), "us")
		<-time.After(3 * time.Second)
		regions[0].become(func() {
			for i, at := range regions[0].asked {
				if want := time.Duration(i) * time.Second / 4; at.Sub(began) != want {
					t.Errorf("beat %d after %v, want %v", i, at.Sub(began), want)
				}
			}
			if n := len(regions[0].asked); n < 12 || n > 13 {
				t.Errorf("%d exchanges in 3 s with 4 shards", n)
			}
		})
	})
}

func TestManyKeysTakeSeveralExchanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, regions := inMemory(t, evenly([]string{"us", "eu"}, 1, 256), "us", "eu")
		<-time.After(1500 * time.Millisecond)
		regions[0].become(func() {
			if regions[0].largest != 100 || len(regions[0].asked) != 2*6 {
				t.Errorf("256 writes and 512 reads went in %d exchanges of up to %d", len(regions[0].asked), regions[0].largest)
			}
		})
		for _, slot := range evenly([]string{"us", "eu"}, 1, 256).Cover {
			for _, pair := range [][2]string{{"us", "us"}, {"us", "eu"}, {"eu", "us"}, {"eu", "eu"}} {
				if e := h.Keys(pair[0], pair[1], slot); e.State != probe.KeysArriving {
					t.Fatalf("%v on slot %d: %+v", pair, slot, e)
				}
			}
		}
	})
}

// A command that prints the password may take longer than a region may.
func TestAConnectionTakesTheTimeThatItNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, regions := inMemory(t, evenly([]string{"us"}, 1, 1), "us")
		regions[0].become(func() { regions[0].fetching = 3 * heartbeat.DefaultTimeout })
		<-time.After(3*heartbeat.DefaultTimeout + 100*time.Millisecond)
		if p := h.Proof("us"); p.Writes != probe.WritesProven {
			t.Errorf("connected, and writes are %s", p.Writes)
		}
	})
}

func TestAnExchangeThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, regions := inMemory(t, evenly([]string{"us", "eu"}, 1, 1), "us")
		<-time.After(1100 * time.Millisecond)
		regions[0].become(func() { regions[0].hanging = true })
		<-time.After(heartbeat.DefaultTimeout + time.Second)
		regions[0].become(func() {
			if regions[0].closed != 1 {
				t.Errorf("hung up %d times", regions[0].closed)
			}
			regions[0].hanging, regions[0].asked = false, nil
		})
		if p := h.Proof("us"); p.Writes != probe.WritesUnproven {
			t.Errorf("nothing answers, and writes are %s", p.Writes)
		}
		<-time.After(2 * time.Second)
		if p := h.Proof("us"); p.Writes != probe.WritesProven || len(p.Missing) > 0 {
			t.Errorf("it answers again, and %+v", p)
		}
		regions[0].become(func() {
			// In its old rhythm, and without making up for what was left out.
			if n := len(regions[0].asked); n > 2 {
				t.Errorf("%d exchanges in 2 s", n)
			}
		})
	})
}

// What stands between closes connections that rest: the beat is taken over a new one.
func TestAConnectionThatRestedTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, regions := inMemory(t, evenly([]string{"us"}, 1), "us")
		<-time.After(500 * time.Millisecond)
		for range 10 {
			regions[0].become(func() { regions[0].closing = true })
			<-time.After(time.Second)
			if p := h.Proof("us"); p.Writes != probe.WritesProven || len(p.Missing) > 0 {
				t.Errorf("%+v", p)
			}
		}
		regions[0].become(func() {
			if regions[0].connected != 11 || len(regions[0].asked) != 11 {
				t.Errorf("connected %d times for %d beats", regions[0].connected, len(regions[0].asked))
			}
		})
	})
}

// A region that cannot be connected to, or whose reads fail, is no evidence: what was known grows old, and nothing more.
func TestWhatFailsIsNoEvidence(t *testing.T) {
	for name, fail := range map[string]func(m *memory){
		"connections are refused":         func(m *memory) { m.losing, m.refusing = true, true },
		"connections are lost in between": func(m *memory) { m.losing = true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, regions := inMemory(t, evenly([]string{"us", "eu"}, 1, 1), "us")
				slot := evenly([]string{"us", "eu"}, 1, 1).Cover[0]
				<-time.After(1900 * time.Millisecond)
				if e := h.Keys("us", "eu", slot); e.State != probe.KeysArriving {
					t.Fatalf("%+v", e)
				}
				regions[1].become(func() { fail(regions[1]) })
				for range 100 {
					<-time.After(time.Duration(rand.Int64N(int64(time.Second))))
					if e := h.Keys("us", "eu", slot); e.State == probe.KeysMissing || e.Lag > 0 {
						t.Fatalf("nothing is known of eu, and %+v", e)
					}
				}
				if e := h.Keys("us", "eu", slot); e.State != probe.KeysUnproven {
					t.Errorf("%+v", e)
				}
				if missing := h.Proof("eu").Missing; len(missing) != 1 || missing[0] != "keys written in us could not be read in eu" {
					t.Errorf("%q", missing)
				}
			})
		})
	}
}
