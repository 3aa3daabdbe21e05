package topology

import (
	"github.com/aafailover/aafailover/lab/hosts"
	"github.com/aafailover/aafailover/slots"
)

// Together are options for a machine that has no loopback address but 127.0.0.1.
func Together(o Options) Options {
	o.open = hosts.OpenTogether
	return o
}

// SeeStrangers has a deployment believe that its servers do not connect from the addresses of their hosts.
func (d *Deployment) SeeStrangers() { d.strangers = 1 }

// Node is a line of CLUSTER NODES, as it was read.
type Node struct {
	Addr    string
	Myself  bool
	Opinion string
	Epoch   int64
	Slots   []slots.Range
}

// ParseNodes reads CLUSTER NODES.
func ParseNodes(text string) []Node {
	var all []Node
	for _, n := range parseNodes(text) {
		all = append(all, Node{n.addr, n.myself, n.opinion, n.epoch, n.slots})
	}
	return all
}

// For the tests of what needs no server.
var (
	Changes    = changes
	AOFDamage  = aofDamage
	RDBDamage  = rdbDamage
	NewestAOF  = newestAOF
	LastSync   = lastSync
	ReceivedIn = receivedIn
)

// About is the host of an event of a sentinel, where these are the addresses of hosts.
func About(addresses map[string]string, kind string, words []string) string {
	d := new(Deployment)
	for addr, name := range addresses {
		d.members = append(d.members, &member{Host: Host{Name: name, Addr: addr}})
	}
	return d.about(kind, words)
}
