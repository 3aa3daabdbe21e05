package topology

import (
	"net"
	"strconv"
	"time"

	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

// ready are settings under those of the options. Servers wait 5 s before they send a first copy of the data, for more replicas to come;
// here all are there from the start.
func ready() redisconf.Config { return redisconf.Config{}.With("repl-diskless-sync-delay", "0") }

// notTaken are the directives that are the deployment's, besides those that are the group's of its servers: whom a server replicates, and
// as whom, where others are told to find it, whether it is a node, and that it can be asked what it believes. The settings of a server in
// production would have one here follow what that follows.
var notTaken = []string{"replicaof", "slaveof", "masteruser", "cluster-enabled", "rename-command", "tls-replication", "tls-cluster",
	"replica-announce-ip", "replica-announce-port", "slave-announce-ip", "slave-announce-port", "cluster-announce-ip", "cluster-announce-port",
	"cluster-announce-bus-port", "cluster-announce-tls-port", "cluster-announce-hostname", "cluster-preferred-endpoint-type"}

// NotTaken returns the names of the settings that the servers of a deployment do not get, in their order.
func NotTaken(settings redisconf.Config) (names []string) {
	for _, name := range notTaken {
		if len(settings.Lines(name)) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// serverSettings are those of a server that is no sentinel: the ones of the options, and where others find it.
func (d *Deployment) serverSettings(m *member) redisconf.Config {
	host, port := split(m.Addr)
	c := redisconf.Config{}.With("replica-announce-ip", host).With("replica-announce-port", port)
	if p := d.options.Password; p != "" {
		c = c.With("requirepass", p).With("masterauth", p)
	}
	return c.Over(d.options.Settings.Without(notTaken...)).Over(ready())
}

// add makes the server of a member.
func (d *Deployment) add(m *member, c redisconf.Config) error {
	s, err := d.group.Add(process.Config{
		Name: m.Name, Host: m.IP, Sentinel: m.Runs == RunsSentinel, Settings: c, Wrap: diskWrap,
		OnExit: func(why error) { d.exited(m, why) },
	})
	if err != nil {
		return err
	}
	m.server = s
	return nil
}

// split takes an address of ours apart.
func split(addr string) (host, port string) {
	host, port, _ = net.SplitHostPort(addr)
	return host, port
}

// milliseconds is a duration as servers are told of it.
func milliseconds(t time.Duration) string { return strconv.FormatInt(t.Milliseconds(), 10) }
