package topology

import (
	"context"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/lab/hosts"
)

// replicaShape is a primary in a region, and a replica of it in another.
type replicaShape struct{}

func (replicaShape) lay() []Host {
	return []Host{{Name: "us", Runs: RunsServer, Primary: true}, {Name: "eu", Runs: RunsServer}}
}

func (replicaShape) serve(d *Deployment, m *member) error {
	c := d.serverSettings(m)
	if !m.Primary {
		c = c.With("replicaof", wordsOf(d.firstPrimary().Addr)...)
	}
	return d.add(m, c)
}

func (replicaShape) form(ctx context.Context, d *Deployment) error {
	if d.options.Delay > 0 && d.network.Apart() {
		if err := d.separate(d.network, d.options.Delay); err != nil {
			return err
		}
	}
	return d.startInOrder(ctx)
}

// separate puts a delay between the hosts of the two regions.
func (d *Deployment) separate(n *hosts.Network, delay time.Duration) error {
	here, there := []string{d.members[0].Name}, []string{d.members[1].Name}
	for i, c := range d.clients {
		if i == 0 {
			here = append(here, c.Name)
		} else {
			there = append(there, c.Name)
		}
	}
	for _, a := range here {
		for _, b := range there {
			if err := n.Delay(a, b, delay); err != nil {
				return err
			}
		}
	}
	return nil
}

func (replicaShape) unsettled(d *Deployment, views []View) []string {
	_, lacking := d.replicating(views)
	return lacking
}

// wordsOf are an address as directives take it: host and port.
func wordsOf(addr string) []string {
	host, port := split(addr)
	return []string{host, port}
}

// firstPrimary is the member that is primary at first, of which there is one where there are no shards.
func (d *Deployment) firstPrimary() *member { return d.members[0] }

// startInOrder starts the primary, and then the other servers: a replica that finds no primary tries again a second later.
func (d *Deployment) startInOrder(ctx context.Context) error {
	servers := d.running(RunsServer)
	d.progress(fmt.Sprintf("starting %d servers", len(servers)))
	if err := d.start(ctx, servers[0]); err != nil {
		return err
	}
	return d.start(ctx, servers[1:]...)
}

// replicating returns the one primary, and what is missing for every server that runs to be either that or a replica in sync with it.
func (d *Deployment) replicating(views []View) (primary string, lacking []string) {
	for _, v := range views {
		switch {
		case v.Role != RoleMaster:
		case primary == "":
			primary = v.Host
		default:
			lacking = append(lacking, fmt.Sprintf("%s and %s both are primary", primary, v.Host))
		}
	}
	if primary == "" {
		lacking = append(lacking, "no server is primary")
	}
	for _, v := range views {
		if v.Role == RoleReplica {
			lacking = append(lacking, v.lagging(primary)...)
		}
	}
	return primary, lacking
}

// lagging says what a replica lacks to be in sync with its primary.
func (v View) lagging(primary string) []string {
	switch {
	case v.Primary != primary:
		return []string{fmt.Sprintf("%s is a replica of %s, not of %s", v.Host, orNobody(v.Primary), orNobody(primary))}
	case v.Link != LinkUp:
		return []string{fmt.Sprintf("%s has no link to %s: %s", v.Host, primary, v.Link)}
	}
	return nil
}

func orNobody(host string) string {
	if host == "" {
		return "nobody here"
	}
	return host
}
