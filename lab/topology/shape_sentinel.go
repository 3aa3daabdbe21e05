package topology

import (
	"context"
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/redisconf"
)

// sentinelShape is a primary with two replicas, and three sentinels, of which two decide.
type sentinelShape struct{}

// The parts of it.
const (
	sentinelServers = 3
	sentinels       = 3
	quorum          = 2
)

func (sentinelShape) lay() []Host {
	var all []Host
	for i := range sentinelServers {
		all = append(all, Host{Name: fmt.Sprintf("node-%d", i+1), Runs: RunsServer, Primary: i == 0})
	}
	for i := range sentinels {
		all = append(all, Host{Name: fmt.Sprintf("sentinel-%d", i+1), Runs: RunsSentinel})
	}
	return all
}

func (sentinelShape) serve(d *Deployment, m *member) error {
	if m.Runs == RunsSentinel {
		return d.add(m, d.sentinelSettings(m))
	}
	c := d.serverSettings(m)
	if !m.Primary {
		c = c.With("replicaof", wordsOf(d.firstPrimary().Addr)...)
	}
	return d.add(m, c)
}

func (d *Deployment) sentinelSettings(m *member) redisconf.Config {
	host, port := split(m.Addr)
	primaryHost, primaryPort := split(d.firstPrimary().Addr)
	c := redisconf.Config{}.
		Add("sentinel", "announce-ip", host).
		Add("sentinel", "announce-port", port).
		Add("sentinel", "monitor", Service, primaryHost, primaryPort, fmt.Sprint(quorum)).
		Add("sentinel", "down-after-milliseconds", Service, milliseconds(d.options.DownAfter)).
		Add("sentinel", "failover-timeout", Service, milliseconds(d.options.FailoverTimeout)).
		Add("sentinel", "parallel-syncs", Service, "1")
	if p := d.options.Password; p != "" {
		c = c.Add("sentinel", "auth-pass", Service, p)
	}
	return c
}

func (sentinelShape) form(ctx context.Context, d *Deployment) error {
	if err := d.startInOrder(ctx); err != nil {
		return err
	}
	// Sentinels learn of replicas from the primary, at once and then every 10 s: let it know them before they ask.
	err := d.await(ctx, func(views []View) []string {
		_, lacking := d.replicating(views)
		return lacking
	})
	if err != nil {
		return err
	}
	d.progress(fmt.Sprintf("starting %d sentinels", sentinels))
	return d.start(ctx, d.running(RunsSentinel)...)
}

func (sentinelShape) unsettled(d *Deployment, views []View) []string {
	primary, lacking := d.replicating(views)
	answering := make(map[string]bool)
	for _, v := range views {
		answering[v.Host] = true
	}
	for _, v := range views {
		if v.Role == RoleSentinel {
			lacking = append(lacking, v.disagreeing(d, primary, answering)...)
		}
	}
	return lacking
}

// disagreeing says what a sentinel does not know, or holds wrongly, of the servers and sentinels that answer.
func (v View) disagreeing(d *Deployment, primary string, answering map[string]bool) []string {
	var lacking []string
	say := func(format string, args ...any) {
		lacking = append(lacking, v.Host+" "+fmt.Sprintf(format, args...))
	}
	if v.Primary != primary {
		say("holds %s for the primary, not %s", orNobody(v.Primary), orNobody(primary))
		return lacking
	}
	for _, m := range d.members {
		flags, known := v.Peers[m.Name]
		switch {
		case m.Name == v.Host:
		case !known:
			say("does not know %s", m.Name)
		case answering[m.Name] && (strings.Contains(flags, "down") || strings.Contains(flags, "disconnected")):
			say("does not reach %s: %s", m.Name, flags)
		case m.Name == primary && flags != "master":
			say("is not done with %s: %s", m.Name, flags)
		}
	}
	return lacking
}
