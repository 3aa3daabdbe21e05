package region_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// proxy stands between a probe and the servers, as a load balancer or a firewall
// does, and closes connections.
type proxy struct {
	network *memnet.Network
	idle    time.Duration // closes a connection on which nothing moved for so long; 0: never
	lives   time.Duration // closes every connection after so long; 0: never

	relays sync.WaitGroup

	mu     sync.Mutex
	closed int // by the proxy
}

// latency is what the proxy takes to pass something on. Without it, a subscription
// is confirmed at the very nanosecond at which a message is published, of which
// either may have been first.
const latency = time.Millisecond

// dial connects through the proxy.
func (p *proxy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	server, err := p.network.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	front, err := p.network.Listen(ctx, "tcp", "proxy:0")
	if err != nil {
		return nil, err
	}
	defer front.Close()
	client, err := p.network.Dial(ctx, network, front.Addr().String())
	if err != nil {
		return nil, err
	}
	inner, err := front.Accept()
	if err != nil {
		return nil, err
	}
	p.relay(inner, server)
	return client, nil
}

// relay passes on what either side sends until one of them, or the proxy, closes.
func (p *proxy) relay(a, b net.Conn) {
	hangUp := func() {
		_ = a.Close()
		_ = b.Close()
	}
	byProxy := func() {
		p.mu.Lock()
		p.closed++
		p.mu.Unlock()
		hangUp()
	}
	var timers []*time.Timer
	moved := func() {}
	if p.idle > 0 {
		idle := time.AfterFunc(p.idle, byProxy)
		moved = func() { idle.Reset(p.idle) }
		timers = append(timers, idle)
	}
	if p.lives > 0 {
		timers = append(timers, time.AfterFunc(p.lives, byProxy))
	}
	pass := func(from, to net.Conn) {
		defer func() {
			for _, timer := range timers {
				timer.Stop()
			}
			hangUp()
		}()
		buffer := make([]byte, 4096)
		for {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			moved()
			time.Sleep(latency)
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
	}
	p.relays.Go(func() { pass(a, b) })
	p.relays.Go(func() { pass(b, a) })
}

// A proxy that closes connections is neither a region nor a link that is down: no
// message is charged that it may have swallowed.
func TestAProxyThatClosesConnectionsIsNoFailure(t *testing.T) {
	for _, test := range []struct {
		name     string
		idle     time.Duration
		lives    time.Duration
		interval time.Duration
		closes   bool
	}{
		{"idle ones, after three seconds", 3 * time.Second, 0, 400 * time.Millisecond, false},
		{"idle ones, after three seconds, with rounds that are far apart", 3 * time.Second, 0, 10 * time.Second, false},
		{"all, after five seconds", 0, 5 * time.Second, 400 * time.Millisecond, true},
		{"all, after 31 seconds", 0, 31 * time.Second, 400 * time.Millisecond, true},
		{"all, after five seconds, twice a second", 0, 5 * time.Second, 500 * time.Millisecond, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				_, flags := rehearsal(t, &n, 2)
				p := &proxy{network: &n, idle: test.idle, lives: test.lives}
				o := region.Options{Dial: p.dial}
				s := survey(t, o, flags...)
				policy := probe.DefaultPolicy()
				policy.Interval = test.interval
				// Both scale with the interval: how long a silence takes to prove, and the run.
				policy.Horizon = max(policy.Horizon, 60*test.interval)
				watched := probe.Config{Policy: policy, Prefix: "aafailover", Maps: s.maps, Cover: slots.Cover(s.maps, nil)}
				settled := false
				watched.OnSnapshot = func(s *probe.Snapshot) {
					settled = settled || s.Settled && s.Verdict == probe.Healthy
					if !settled {
						return
					}
					for _, r := range s.Regions {
						if r.State == probe.RegionDown {
							t.Fatalf("%s is said to be down because of %q", r.Name, r.Cause)
						}
					}
					for _, l := range s.Links {
						if l.State.Silent() {
							t.Fatalf("%s->%s is said to be %s", l.From, l.To, l.State)
						}
					}
				}
				for i, r := range s.regions {
					watched.Endpoints = append(watched.Endpoints, region.NewEndpoint(r, s.maps[i], o))
				}
				ctx, cancel := context.WithTimeout(t.Context(), 750*test.interval)
				defer cancel()
				last, err := probe.Run(ctx, watched)
				if err != nil {
					t.Fatal(err)
				}
				p.relays.Wait()
				p.mu.Lock()
				defer p.mu.Unlock()
				// The connections of the survey are closed by us.
				if (p.closed > 0) != test.closes {
					t.Errorf("the proxy closed %d connections", p.closed)
				}
				delivered, overdue, none := uint64(0), uint64(0), uint64(0)
				for _, l := range last.Links {
					for _, c := range l.Cells {
						delivered += c.Delivered
						none += c.NoEvidence
						overdue += c.Overdue + c.Late
						if c.Lost > 0 || c.Overdue > 0 {
							t.Errorf("%s->%s, slot %d: %d lost, %d overdue", l.From, l.To, c.Slot, c.Lost, c.Overdue)
						}
					}
				}
				t.Logf("%s; %d delivered, %d overdue or late, %d without evidence; %d connections closed", last.Verdict, delivered, overdue, none, p.closed)
				if !settled || delivered == 0 {
					t.Error("nothing was observed")
				}
				if !test.closes && last.Verdict != probe.Healthy {
					t.Errorf("the verdict is %s: %+v", last.Verdict, last.Findings)
				}
			})
		})
	}
}
