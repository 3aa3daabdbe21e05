package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover/habit"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/region"
)

// The clients that can take the application of a drill from region to region.
const (
	clientPubSub  = "pubsub"  // the failover policy, on what the probe sees
	clientPing    = "ping"    // what client libraries do by default
	clientTimeout = "timeout" // what circuit breakers do
)

// clients are all of them, the policy first.
var clients = []string{clientPubSub, clientPing, clientTimeout}

// clientTimes are the times of other clients that can be shortened.
type clientTimes struct{ grace, back time.Duration }

func (t *clientTimes) add(flags *pflag.FlagSet) {
	usual := habit.Ping()
	flags.DurationVar(&t.grace, "client-grace", usual.Grace, "how long the clients ping and timeout do not use a region that has failed; the default is theirs")
	flags.DurationVar(&t.back, "client-return", usual.Return, "how often the clients ping and timeout look whether they can return; the default is theirs")
}

// shorten makes other times the default of a command's flags, and says so in its help.
func (t *clientTimes) shorten(flags *pflag.FlagSet, grace, back time.Duration) {
	usual := habit.Ping()
	for _, one := range []struct {
		name         string
		short, usual time.Duration
	}{{"client-grace", grace, usual.Grace}, {"client-return", back, usual.Return}} {
		f := flags.Lookup(one.name)
		f.Usage = strings.Replace(f.Usage, "the default is theirs", "theirs is "+words.Typed(one.usual), 1)
		f.DefValue = one.short.String()
		_ = f.Value.Set(f.DefValue) // it is a duration
	}
}

// settings are those of a client that is not the policy.
func (t *clientTimes) settings(client string) habit.Settings {
	s := habit.Ping()
	if client == clientTimeout {
		s = habit.Timeout()
	}
	s.Grace, s.Return = t.grace, t.back
	return s
}

// check says what of the times makes no sense.
func (t *clientTimes) check() error {
	if err := t.settings(clientPing).Check(); err != nil {
		return err
	}
	if longest := max(t.grace, t.back); longest > maxPhase {
		return fmt.Errorf("client-grace and client-return: %v is too long: at most %v", longest, maxPhase)
	}
	return nil
}

// wait gives a drill the time that a client takes to return, which is none of the region's doing.
func (t *clientTimes) wait(client string, c *drill.Config) {
	if client == clientPubSub {
		return
	}
	s := t.settings(client)
	round := s.Pause + s.Timeout + time.Duration(s.Probes)*s.Gap
	c.Limits.Resync = max(c.Limits.Resync, s.Grace+s.Return+2*round)
}

// checkClient says that there is no such client.
func checkClient(client string) error {
	if slices.Contains(clients, client) {
		return nil
	}
	return fmt.Errorf("client %q: must be %s or %s", client, strings.Join(clients[:len(clients)-1], ", "), clients[len(clients)-1])
}

// policyFlagsOf are the flags that say nothing to a client that is not the policy.
var policyFlagsOf = []string{"weight", "on-cause", "on-replication-failure", "min-stay", "flap-limit"}

// checkClientFlags says which flags of the policy are given beside a client that does not have one.
func checkClientFlags(flags *pflag.FlagSet, client string) error {
	if client == clientPubSub {
		return nil
	}
	for _, name := range policyFlagsOf {
		if flags.Changed(name) {
			return hint.Wrap(fmt.Errorf("--%s is of the failover policy, and the client %s has none", name, client), "leave it out, or give --client "+clientPubSub)
		}
	}
	return nil
}

// guide lets a client take a drill that is wired up from region to region, and returns what ends its PINGs.
func (t *clientTimes) guide(ctx context.Context, client string, d *deployment, c *drill.Config) (stop func(), err error) {
	if client == clientPubSub {
		return func() {}, nil
	}
	var names []string
	for _, m := range c.Maps {
		names = append(names, m.Region)
	}
	s := t.settings(client)
	h, err := habit.New(names, s, time.Now(), func(err error) bool { return !errors.Is(err, drill.ErrRejected) })
	if err != nil {
		return nil, err
	}
	c.Guide = h
	ctx, cancel := context.WithCancel(ctx)
	var pingers []habit.Pinger
	options := d.options
	options.Timeout = max(options.Timeout, s.Timeout) // it is the client that gives up
	for i, m := range c.Maps {
		pingers = append(pingers, pinged{region.NewClient(d.regions[i], m, options)})
	}
	var pinging sync.WaitGroup
	pinging.Go(func() { habit.Check(ctx, h, pingers) })
	return func() {
		cancel()
		pinging.Wait()
		for _, p := range pingers {
			_ = p.(pinged).Close() // nothing is in flight any more
		}
	}, nil
}

// pinged is a region that is asked whether all of its shards answer, over connections that nobody else uses.
type pinged struct{ *region.Client }

// Ping is the PING of every shard.
func (p pinged) Ping(ctx context.Context) error { return p.Connect(ctx) }
