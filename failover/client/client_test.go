package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/failover/client"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab"
)

// story is what happens to a deployment, in simulated time and over TCP.
type story func(d *deployment)

// told plays a story in simulated time.
func told(t *testing.T, change func(*client.Config), play story) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := deploy(t, new(memnet.Network), change)
		d.healthy()
		play(d)
	})
}

// app begins the keys of the application, in a way that the lab records them.
const app = "aafailover:{app}:"

// set writes a key, and fails unless that is acknowledged.
func (d *deployment) set(key string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 10*time.Second)
	defer cancel()
	if err := d.client.Set(ctx, key, "v", time.Hour).Err(); err != nil {
		d.t.Fatalf("set %s in %s: %v", key, d.client.Active(), err)
	}
}

// isIn tells whether a key was written in a region, or has come there, by the lab's own record.
func (d *deployment) isIn(key, region string) bool { return len(d.truth.Applied(region, key)) > 0 }

func (d *deployment) moved(want ...string) {
	d.t.Helper()
	if got := d.told(); !slices.Equal(got, want) {
		d.t.Errorf("moves %q, want %q", got, want)
	}
}

// away is a region that goes away and comes back with its data.
func away(fault, undo lab.Fault) story {
	return func(d *deployment) {
		d.set(app + "before")
		d.inject(fault)
		d.in("eu")
		d.set(app + "elsewhere")
		if !d.isIn(app+"elsewhere", "eu") {
			d.t.Error("what was written after the move is not in eu")
		}
		d.inject(undo)
		d.in("us")
		if n, err := d.client.Exists(d.t.Context(), app+"elsewhere").Result(); n != 1 || err != nil {
			d.t.Errorf("back in us, and what was written in eu is there %d times: %v", n, err)
		}
		d.moved("fail over us-eu", "fail back eu-us")
		d.mu.Lock()
		defer d.mu.Unlock()
		if !slices.Contains(d.decisions, failover.FailOver) || !slices.Contains(d.decisions, failover.FailBack) {
			d.t.Errorf("told of the decisions %v", d.decisions)
		}
	}
}

var killed, hung = away(lab.Fault{Kind: lab.Kill, Region: "us"}, lab.Fault{Kind: lab.Begin, Region: "us"}),
	away(lab.Fault{Kind: lab.Hang, Region: "us"}, lab.Fault{Kind: lab.Heal, Region: "us"})

func TestARegionThatGoesAwayIsLeftAndReturnedTo(t *testing.T) {
	t.Run("killed", func(t *testing.T) { told(t, nil, killed) })
	t.Run("hung", func(t *testing.T) { told(t, nil, hung) })
	t.Run("killed, over TCP", func(t *testing.T) {
		t.Parallel()
		d := deploy(t, nil, nil)
		d.healthy()
		killed(d)
	})
}

func TestAReplicationThatStopsIsNotMovedFor(t *testing.T) {
	for reaction, want := range map[failover.Reaction]failover.Action{failover.Stay: failover.Remain, failover.Raise: failover.Alert} {
		t.Run(string(reaction), func(t *testing.T) {
			told(t, func(c *client.Config) { c.Policy.OnReplicationFailure = reaction }, func(d *deployment) {
				d.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu"})
				d.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "ap"})
				d.until("it is noticed", func(s client.State) bool {
					return s.Snapshot.Verdict == "replication_failure" && s.Decision.Action == want
				})
				<-time.After(30 * time.Second) // simulated
				d.set(app + "alone")
				d.moved()
			})
		})
	}
}

func TestAReplicationThatStopsIsMovedForWhereThePolicySaysSo(t *testing.T) {
	told(t, func(c *client.Config) { c.Policy.OnReplicationFailure = failover.Move }, func(d *deployment) {
		d.inject(lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true})
		d.in("ap")
		d.moved("fail over us-ap")
	})
}

// A region that comes back empty answers and links to it work, and it must not be returned to until it has what was written.
func TestARegionThatReturnsEmptyIsNotReturnedToBeforeItIsSynced(t *testing.T) {
	told(t, nil, func(d *deployment) {
		d.set(app + "before")
		<-time.After(time.Second) // simulated; it is everywhere now
		d.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		d.in("eu")
		d.set(app + "elsewhere")
		d.inject(lab.Fault{Kind: lab.Cut, From: "eu", To: "us", OneWay: true})
		d.inject(lab.Fault{Kind: lab.Cut, From: "ap", To: "us", OneWay: true})
		d.inject(lab.Fault{Kind: lab.Begin, Region: "us", Empty: true})
		d.until("us answers", func(s client.State) bool { return s.Snapshot.Region("us").State != "down" })
		<-time.After(30 * time.Second) // simulated
		d.moved("fail over us-eu")
		d.inject(lab.Fault{Kind: lab.Heal})
		d.in("us")
		for _, key := range []string{"before", "elsewhere"} {
			if n, err := d.client.Exists(d.t.Context(), app+key).Result(); n != 1 || err != nil {
				d.t.Errorf("back in us, and %q is there %d times: %v", key, n, err)
			}
		}
	})
}

func TestAnObserverThatIsCutOffMovesNobody(t *testing.T) {
	told(t, nil, func(d *deployment) {
		d.cutOff.Store(true)
		d.until("it is noticed", func(s client.State) bool { return s.Snapshot.Verdict == "unobservable" })
		<-time.After(30 * time.Second) // simulated
		d.cutOff.Store(false)
		d.healthy()
		d.set(app + "after")
		d.moved()
	})
}

// Without keys of its own the client cannot know whether the region accepts writes, says so, and leaves it to somebody else.
func TestWithoutHeartbeatsNothingFailsBackByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(t, new(memnet.Network), func(c *client.Config) { c.Heartbeats = false })
		d.until("all is well", func(s client.State) bool { return s.Snapshot != nil && s.Snapshot.Verdict == "healthy" })
		d.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		d.in("eu")
		d.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
		d.until("all is well again", func(s client.State) bool { return s.Snapshot.Verdict == "healthy" })
		<-time.After(time.Minute) // simulated
		if why, want := d.client.State().Decision.Why, "us is not proven safe to return to: [no write was tried]"; why != want {
			t.Errorf("it stays because %q, want %q", why, want)
		}
		if err := d.client.MoveTo(t.Context(), "us"); err != nil {
			t.Fatal(err)
		}
		d.moved("fail over us-eu", "stay eu-us")
		if err := d.client.MoveTo(t.Context(), "us"); err != nil {
			t.Fatal(err)
		}
		if err := d.client.MoveTo(t.Context(), "mars"); err == nil {
			t.Error("moved to mars")
		}
		d.moved("fail over us-eu", "stay eu-us")
	})
}

func TestAFirstRegionThatIsDownFromTheStartIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var start *client.Config
		network := new(memnet.Network)
		d := deploy(t, network, func(c *client.Config) { start = c; c.Policy.NoFailback = true })
		config := *start
		d.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		second, err := client.New(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := second.Close(); err != nil {
				t.Error(err)
			}
		}()
		if second.Active() != "us" {
			t.Errorf("it begins in %s", second.Active())
		}
		for second.Active() != "eu" {
			<-time.After(10 * time.Millisecond)
		}
		if err := second.Set(t.Context(), "key", "v", time.Hour).Err(); err != nil {
			t.Error(err)
		}
	})
}

// What was acknowledged in a region is readable in the one that the application is handed over to, at once, although the
// links are slow.
func TestAHandoverLosesSightOfNothing(t *testing.T) {
	told(t, nil, func(d *deployment) {
		d.inject(lab.Fault{Kind: lab.Slow, From: "eu", To: "us", Delay: 300 * time.Millisecond})
		d.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		d.in("eu")
		d.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
		var written []string
		for i := 0; d.client.Active() == "eu"; i++ {
			key := fmt.Sprint(app, "key", i)
			d.set(key)
			written = append(written, key)
			<-time.After(5 * time.Millisecond)
		}
		for _, key := range written {
			if n, err := d.client.Exists(d.t.Context(), key).Result(); n != 1 || err != nil {
				d.t.Fatalf("%s of %d is there %d times: %v", key, len(written), n, err)
			}
		}
		d.moved("fail over us-eu", "fail back eu-us")
	})
}

// A link that carries nothing at the moment of the handover leaves the application where it is, and lets it write on.
func TestAHandoverThatDoesNotArriveIsGivenUp(t *testing.T) {
	told(t, nil, func(d *deployment) {
		d.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		d.in("eu")
		d.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
		d.until("us is to be returned to", func(s client.State) bool { return s.Decision.Action == failover.FailBack })
		d.inject(lab.Fault{Kind: lab.Stall, From: "eu", To: "us", OneWay: true})
		begun := time.Now()
		d.set(app + "held back")
		if took := time.Since(begun); took < 100*time.Millisecond || took > client.DefaultHandover+10*time.Millisecond {
			d.t.Errorf("a command was held back for %v", took)
		}
		d.moved("fail over us-eu")
		d.inject(lab.Fault{Kind: lab.Heal})
		d.in("us")
		d.moved("fail over us-eu", "fail back eu-us")
	})
}

// A command that blocks in the region that is left is cut, and says so.
func TestWhatIsUnderWayIsCut(t *testing.T) {
	for name, blocks := range map[string]func(*client.Client) error{
		"a command":     func(c *client.Client) error { return c.Get(context.Background(), "key").Err() },
		"a pipeline":    func(c *client.Client) error { return pipelined(c, c.Pipelined) },
		"a transaction": func(c *client.Client) error { return pipelined(c, c.TxPipelined) },
		"a watch": func(c *client.Client) error {
			return c.Watch(context.Background(), func(tx *redis.Tx) error { return tx.Get(context.Background(), "key").Err() }, "key")
		},
	} {
		t.Run(name, func(t *testing.T) {
			told(t, func(c *client.Config) {
				for i := range c.Regions { // such as would wait for ever
					c.Regions[i].Application = &redis.UniversalOptions{ReadTimeout: time.Hour, MaxRetries: -1}
				}
			}, func(d *deployment) {
				d.set(app + "key")
				d.inject(lab.Fault{Kind: lab.Hang, Region: "us"})
				begun := time.Now()
				if err := blocks(d.client); !errors.Is(err, client.ErrLeft) {
					d.t.Errorf("a command that was cut: %v", err)
				}
				if took := time.Since(begun); took > 10*time.Second {
					d.t.Errorf("it took %v", took)
				}
				d.moved("fail over us-eu")
				d.set(app + "key")
			})
		})
	}
}

func pipelined(_ *client.Client, run func(context.Context, func(redis.Pipeliner) error) ([]redis.Cmder, error)) error {
	cmds, err := run(context.Background(), func(p redis.Pipeliner) error {
		p.Get(context.Background(), "key")
		return nil
	})
	if !errors.Is(cmds[0].Err(), client.ErrLeft) {
		return fmt.Errorf("the command of it: %w", cmds[0].Err())
	}
	return err
}

func TestASubscriptionEndsWhenItsRegionIsLeft(t *testing.T) {
	told(t, nil, func(d *deployment) {
		sub := d.client.Subscribe(d.t.Context(), "news")
		if _, err := sub.Receive(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
		messages := sub.Channel()
		if err := d.client.Publish(d.t.Context(), "news", "one").Err(); err != nil {
			d.t.Fatal(err)
		}
		if m := <-messages; m.Payload != "one" {
			d.t.Errorf("received %v", m)
		}
		d.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		d.in("eu")
		if m, more := <-messages; more {
			d.t.Errorf("received %v after the move", m)
		}
		if _, err := sub.Receive(d.t.Context()); !errors.Is(err, redis.ErrClosed) {
			d.t.Errorf("receive: %v", err)
		}
		_ = sub.Close()
		again := d.client.Subscribe(d.t.Context(), "news")
		defer func() { _ = again.Close() }()
		if _, err := again.Receive(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
		if err := d.client.Publish(d.t.Context(), "news", "two").Err(); err != nil {
			d.t.Fatal(err)
		}
		if m := <-again.Channel(); m.Payload != "two" {
			d.t.Errorf("received %v", m)
		}
	})
}

func TestAClosedClientCarriesNothingOut(t *testing.T) {
	told(t, nil, func(d *deployment) {
		c := d.client
		if err := c.Close(); err != nil {
			d.t.Fatal(err)
		}
		ctx := d.t.Context()
		_, piped := c.Pipelined(ctx, func(p redis.Pipeliner) error { p.Get(ctx, "key"); return nil })
		sub := c.Subscribe(ctx, "news")
		_, received := sub.Receive(ctx)
		_ = sub.Close()
		for what, err := range map[string]error{
			"a command": c.Get(ctx, "key").Err(), "a pipeline": piped, "a command for all shards": c.DBSize(ctx).Err(),
			"a watch": c.Watch(ctx, func(*redis.Tx) error { return nil }, "key"), "a move": c.MoveTo(ctx, "eu"), "a subscription": received,
		} {
			if !errors.Is(err, redis.ErrClosed) {
				d.t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// A transaction that its caller keeps open does not keep the application from going home.
func TestWhatDoesNotEndDoesNotHoldUpAHandover(t *testing.T) {
	told(t, nil, func(d *deployment) {
		d.inject(lab.Fault{Kind: lab.Kill, Region: "us"})
		d.in("eu")
		ended, failed := make(chan struct{}), make(chan error, 1)
		go func() {
			failed <- d.client.Watch(context.Background(), func(tx *redis.Tx) error {
				<-ended
				return tx.Get(context.Background(), app+"key").Err()
			}, app+"key")
		}()
		d.inject(lab.Fault{Kind: lab.Begin, Region: "us"})
		d.in("us")
		close(ended)
		if err := <-failed; !errors.Is(err, client.ErrLeft) {
			d.t.Errorf("the transaction: %v", err)
		}
		d.moved("fail over us-eu", "fail back eu-us")
	})
}
