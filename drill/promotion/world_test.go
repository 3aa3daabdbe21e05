package promotion_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/slots"
)

// world is a deployment in simulated time: a primary and a replica that has every write 5 ms later, unless the primary is
// gone by then, and somebody who promotes the replica.
type world struct {
	promotesAfter time.Duration // 0: never
	broken        error         // what Make returns
	unsettled     error         // what Settled returns
	unreadable    int           // the host that cannot be read; -1: none
	refuses       error         // what every write is answered with; nil: it is taken

	mu      sync.Mutex
	observe func(promotion.Event)
	primary int
	down    [2]bool
	has     [2]map[string]bool
	told    map[string]bool // what was acknowledged
}

const (
	replicationLag = 5 * time.Millisecond
	heldDownAfter  = time.Second
)

func newWorld() *world {
	return &world{promotesAfter: 1200 * time.Millisecond, unreadable: -1, has: [2]map[string]bool{{}, {}}, told: make(map[string]bool)}
}

func (w *world) Topology() promotion.Topology { return promotion.Sentinel }
func (w *world) Hosts() []promotion.Host {
	return []promotion.Host{{Name: "one", Address: "one:1"}, {Name: "two", Role: promotion.Follower, Address: "two:1"}}
}
func (w *world) Shards() []slots.Shard {
	return []slots.Shard{{ID: "all", Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}
}
func (w *world) Limits() []string             { return nil }
func (w *world) Settings() promotion.Settings { return promotion.Settings{DownAfter: heldDownAfter} }

func (w *world) Observe(tell func(promotion.Event)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.observe = tell
}

// say tells of an event; nobody may hold the lock.
func (w *world) say(sign promotion.Sign, about int) {
	w.mu.Lock()
	tell := w.observe
	w.mu.Unlock()
	if tell != nil {
		tell(promotion.Event{At: time.Now(), Host: -1, Sign: sign, About: about, Text: sign.String()})
	}
}

func (w *world) Make(_ context.Context, do promotion.Verb, hosts []int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return w.broken
	}
	for _, host := range hosts {
		w.down[host] = do == promotion.Kill
		if do == promotion.Kill && host == w.primary && w.promotesAfter > 0 {
			time.AfterFunc(heldDownAfter, func() { w.say(promotion.HeldDown, host) })
			time.AfterFunc(w.promotesAfter, func() { w.become(1 - host) })
		}
		if do == promotion.Start { // the replica copies what the primary has
			w.has[1-w.primary] = maps.Clone(w.has[w.primary])
		}
	}
	return nil
}

func (w *world) become(primary int) {
	w.mu.Lock()
	w.primary = primary
	w.mu.Unlock()
	w.say(promotion.BecamePrim, primary)
}

func (w *world) Promote(context.Context, int) error     { return errors.New("sentinels do that") }
func (w *world) Follow(context.Context, int, int) error { return errors.New("sentinels do that") }
func (w *world) Ping(context.Context, int) error        { return nil }
func (w *world) Settled(ctx context.Context) error {
	if w.unsettled != nil {
		<-ctx.Done()
		return w.unsettled
	}
	return ctx.Err()
}

func (w *world) State(context.Context) (promotion.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := promotion.State{Primaries: [][]int{{w.primary}}}
	for key := range w.has[w.primary] {
		if !w.has[1-w.primary][key] {
			s.Behind = "the replica lacks " + key
		}
	}
	return s, nil
}

func (w *world) Application() (promotion.Client, error)    { return client{w}, nil }
func (w *world) Direct(int, int) (promotion.Client, error) { return client{w}, nil }
func (w *world) Resyncs(context.Context) (promotion.Resync, error) {
	return promotion.Resync{Full: 1}, nil
}

func (w *world) Read(_ context.Context, host int, keys []string) ([]bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if host == w.unreadable {
		return nil, errors.New("it does not answer")
	}
	found := make([]bool, len(keys))
	for i, key := range keys {
		found[i] = w.has[host][key]
	}
	return found, nil
}

// client writes to the primary.
type client struct{ *world }

func (c client) Close() error { return nil }

func (c client) Write(_ context.Context, key string, _ []byte, _ time.Duration) promotion.Answer {
	w := c.world
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.primary
	if w.refuses != nil {
		return promotion.Answer{Outcome: drill.Rejected, By: w.Hosts()[at].Address, Err: w.refuses}
	}
	if w.down[at] {
		return promotion.Answer{Outcome: drill.Unsent}
	}
	w.has[at][key], w.told[key] = true, true
	time.AfterFunc(replicationLag, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.primary == at && !w.down[at] && !w.down[1-at] {
			w.has[1-at][key] = true
		}
	})
	return promotion.Answer{Outcome: drill.Acknowledged, By: w.Hosts()[at].Address}
}

// lost are the acknowledged writes that no server has.
func (w *world) lost() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for key := range w.told {
		if !w.has[0][key] && !w.has[1][key] {
			n++
		}
	}
	return n
}

func (w *world) config(t *testing.T) promotion.Config {
	t.Helper()
	s, ok := promotion.ScenarioNamed(promotion.Sentinel, promotion.DefaultScenario)
	if !ok {
		t.Fatal("there is no default scenario")
	}
	limits := promotion.Limits{Failover: 20 * time.Second, Sync: 20 * time.Second, Step: 20 * time.Second, Read: 20 * time.Second}
	return promotion.Config{Deployment: w, Scenario: s, Prefix: "aafailover", Run: "run", Rate: 500, Connections: 4, WriteTimeout: time.Second,
		Expiry: time.Hour, Steady: time.Second, Outage: time.Second, Settle: time.Second, Limits: limits}
}
