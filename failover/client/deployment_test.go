package client_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/failover/client"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab"
)

// deployment is a lab, and a client of it.
type deployment struct {
	t      *testing.T
	lab    *lab.Lab
	client *client.Client
	truth  *lab.Truth
	cutOff *atomic.Bool // nothing can be dialled, and all connections are dead

	mu        sync.Mutex
	moves     []client.Move
	decisions []failover.Action
}

// deploy starts a lab of us, eu and ap, and a client of it that writes heartbeats. A nil network is TCP.
func deploy(t *testing.T, network *memnet.Network, change func(*client.Config)) *deployment {
	t.Helper()
	d := &deployment{t: t, cutOff: new(atomic.Bool), truth: new(lab.Truth)}
	given := lab.Config{Truth: d.truth, Regions: []lab.RegionConfig{{Name: "us", Shards: 2}, {Name: "eu", Shards: 3}, {Name: "ap", Shards: 1}}}
	dial := new(net.Dialer).DialContext
	if network != nil {
		given.Listen, dial = network.Listen, network.Dial
	}
	var err error
	if d.lab, err = lab.Start(t.Context(), given); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.lab.Close(); err != nil {
			t.Error(err)
		}
	})
	c := client.Config{Heartbeats: true}
	status, err := d.lab.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range status.Regions {
		c.Regions = append(c.Regions, client.Region{Name: r.Name, URL: r.URL})
	}
	c.Observe.Timeout = time.Second
	c.Observe.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if d.cutOff.Load() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("no route to %s", address)}
		}
		conn, err := dial(ctx, network, address)
		return &severable{conn, d.cutOff}, err
	}
	c.OnMove = func(m client.Move) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.moves = append(d.moves, m)
	}
	c.OnDecision = func(decision failover.Decision) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.decisions = append(d.decisions, decision.Action)
	}
	c.OnError = func(err error) { t.Error(err) }
	if change != nil {
		change(&c)
	}
	if d.client, err = client.New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	return d
}

func (d *deployment) close() {
	if err := d.client.Close(); err != nil {
		d.t.Error(err)
	}
}

// severable is a connection of an observer who can be cut off.
type severable struct {
	net.Conn
	cutOff *atomic.Bool
}

func (c *severable) Write(b []byte) (int, error) {
	if c.cutOff.Load() {
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

func (d *deployment) inject(f lab.Fault) {
	d.t.Helper()
	if err := d.lab.Inject(d.t.Context(), f); err != nil {
		d.t.Fatal(err)
	}
}

// until waits until ok is true, and fails after two minutes.
func (d *deployment) until(what string, ok func(client.State) bool) {
	d.t.Helper()
	for limit := time.Now().Add(2 * time.Minute); ; <-time.After(10 * time.Millisecond) {
		s := d.client.State()
		if ok(s) {
			return
		}
		if time.Now().After(limit) {
			d.t.Fatalf("never: %s; %v", what, s)
		}
	}
}

// healthy waits until all is well, and the local region could be returned to.
func (d *deployment) healthy() {
	d.t.Helper()
	d.until("all is well", func(s client.State) bool {
		return s.Snapshot != nil && s.Snapshot.Settled && s.Snapshot.Verdict == "healthy" && s.Snapshot.Regions[0].FailbackReady == "yes"
	})
}

// in waits until the application is in a region.
func (d *deployment) in(region string) {
	d.t.Helper()
	d.until("in "+region, func(s client.State) bool { return s.Active == region })
}

// told returns the moves so far, as text.
func (d *deployment) told() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var text []string
	for _, m := range d.moves {
		text = append(text, fmt.Sprintf("%v %s-%s", m.Action, m.From, m.To))
	}
	return text
}
