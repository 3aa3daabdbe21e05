package region

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// ClusterView is what a node of a cluster says of it.
type ClusterView struct {
	State    string // "ok", "fail"
	Assigned int    // slots that somebody owns
	Nodes    []ClusterNode
}

// ClusterNode is a node as another one sees it.
type ClusterNode struct {
	ID      string
	Address string // host:port that the nodes call it by, to be replaced by the rules of Options.Addresses
	Primary string // the ID of its primary, of a replica; "" of a primary
	Slots   int    // that it owns
	Down    bool   // the nodes agree that it is
}

// Cluster asks how the node sees the cluster. What is no cluster does not tell.
func (x *Examination) Cluster(ctx context.Context) (vitals.Field[ClusterView], error) {
	info, err := x.say(ctx, mostOfAnAnswer, "CLUSTER", "INFO")
	if err != nil || info.Err() != nil {
		return untold[ClusterView](info.Err()), err
	}
	nodes, err := x.say(ctx, mostOfAnAnswer, "CLUSTER", "NODES")
	if err != nil || nodes.Err() != nil {
		return untold[ClusterView](nodes.Err()), err
	}
	view, ok := clusterOf(info.Str, nodes.Str, hostOf(x.address))
	if !ok {
		return vitals.Field[ClusterView]{}, nil
	}
	return vitals.FieldOf(view), nil
}

// clusterOf takes the answers to CLUSTER INFO and CLUSTER NODES of a node at a host.
func clusterOf(info, nodes, asked string) (ClusterView, bool) {
	var v ClusterView
	told := false
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		switch name {
		case "cluster_state":
			v.State = presentable(value)
		case "cluster_slots_assigned":
			n, err := strconv.Atoi(value)
			v.Assigned, told = n, err == nil && n >= 0 && n <= slots.Count
		}
	}
	v.Nodes = clusterNodes(nodes, asked)
	return v, told && v.State != "" && len(v.Nodes) > 0
}

// mostNodes bounds the nodes of a cluster that are looked at; Redis advises against more
// than 1,000.
const mostNodes = 4000

// clusterNodes takes the lines of CLUSTER NODES. What is no such line is left out, and so
// are nodes that have no address or are just being met.
//
//	ID HOST:PORT@BUS[,NAME] FLAGS PRIMARY PING PONG EPOCH LINK [SLOT | FIRST-LAST | [MIGRATION]]…
func clusterNodes(text, asked string) []ClusterNode {
	const fixed = 8 // fields before the slots
	var nodes []ClusterNode
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < fixed || len(nodes) == mostNodes {
			continue
		}
		flags := strings.Split(fields[2], ",")
		address, ok := nodeAddress(fields[1], asked)
		if !ok || slices.Contains(flags, "noaddr") || slices.Contains(flags, "handshake") {
			continue
		}
		n := ClusterNode{ID: fields[0], Address: address, Down: slices.Contains(flags, "fail")}
		if fields[3] != "-" {
			n.Primary = fields[3]
		}
		for _, field := range fields[fixed:] {
			n.Slots += slotsIn(field)
		}
		n.Slots = min(n.Slots, slots.Count)
		nodes = append(nodes, n)
	}
	return nodes
}

// nodeAddress is host:port of HOST:PORT@BUS; one that does not know its host is at the one
// that was asked. IPv6 addresses stand there without brackets.
func nodeAddress(text, asked string) (string, bool) {
	text, _, _ = strings.Cut(text, "@")
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return "", false
	}
	host, port := text[:i], text[i+1:]
	n, err := strconv.ParseInt(port, 10, 32)
	if err != nil || !isPort(n) || presentable(host) != host {
		return "", false
	}
	if host == "" {
		host = asked
	}
	return net.JoinHostPort(host, port), true
}

// slotsIn is how many slots "7" or "0-5460" are; those that migrate stand in brackets, and
// are none.
func slotsIn(field string) int {
	first, last, several := strings.Cut(field, "-")
	a, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	b := a
	if several {
		if b, err = strconv.Atoi(last); err != nil {
			return 0
		}
	}
	if a < 0 || b < a || b >= slots.Count {
		return 0
	}
	return b - a + 1
}
