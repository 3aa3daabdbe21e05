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
var ready = redisconf.Config{}.With("repl-diskless-sync-delay", "0")

// serverSettings are those of a server that is no sentinel: the ones of the options, and where others find it.
func (d *Deployment) serverSettings(m *member) redisconf.Config {
	host, port := split(m.Addr)
	c := redisconf.Config{}.With("replica-announce-ip", host).With("replica-announce-port", port)
	if p := d.options.Password; p != "" {
		c = c.With("requirepass", p).With("masterauth", p)
	}
	return c.Over(d.options.Settings).Over(ready)
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
