package topology

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// What a server says that it is, in the words of ROLE.
const (
	RoleMaster   = "master"
	RoleReplica  = "slave"
	RoleSentinel = "sentinel"
)

// LinkUp is the link of a replica that receives what its primary does. Others: connect, connecting, sync (the data is copied).
const LinkUp = "connected"

// What a node of a cluster holds of another.
const (
	PeerOK        = "ok"
	PeerSuspected = "pfail" // it does not answer this node
	PeerFailed    = "fail"  // a majority of the primaries says so
	PeerUnknown   = "handshake"
)

// StateOK is the state of a cluster in the view of a node that serves.
const StateOK = "ok"

// View is what one server holds for true.
type View struct {
	Host string
	// Err is why it did not answer; everything else is empty then.
	Err error
	// Role is what it says that it is: RoleMaster, RoleReplica, RoleSentinel.
	Role string
	// Primary is the host whose server it takes for the primary: itself, the one that it replicates, or the one that it would send clients
	// to; "" where that is none of the hosts.
	Primary string
	// Link is the state of a replica's link to its primary.
	Link string
	// Offset is how far it is in the stream of its history, in bytes.
	Offset int64
	// Received is what it has received of primaries since it was started, in bytes; -1 where it does not count that: before 7.0, and of
	// a sentinel.
	Received int64
	// Peers is what a sentinel or a node of a cluster holds of the other hosts: of a node, one of the Peer words; of a sentinel, the flags
	// with which it lists them.
	Peers map[string]string
	// Owners says by host which slots its server owns, for a node of a cluster.
	Owners map[string][]slots.Range
	// Claimed is the configuration epoch with which a node of a cluster claims its slots. The greater one wins.
	Claimed int64
	// Epoch is the cluster's epoch as the node knows it: each election takes a new one.
	Epoch int64
	// State is "ok" or "fail", for a node of a cluster.
	State string
}

// Roles asks every server that runs, all at once, what it holds for true, in the order of Hosts. One that does not answer within a
// second has an Err. Servers that are down are left out.
func (d *Deployment) Roles(ctx context.Context) []View {
	var up []*member
	for _, m := range d.members {
		if m.server.Running() {
			up = append(up, m)
		}
	}
	views := make([]View, len(up))
	var all sync.WaitGroup
	for i, m := range up {
		all.Go(func() {
			replies, err := d.once(ctx, m, answerPatience, d.questions(m)...)
			views[i] = d.read(m, replies, err)
		})
	}
	all.Wait()
	return views
}

// Primaries are the hosts whose servers say that they are primary: more than one where there are no shards is a split brain.
func Primaries(views []View) []string {
	var all []string
	for _, v := range views {
		if v.Role == RoleMaster {
			all = append(all, v.Host)
		}
	}
	return all
}

// questions are what a server is asked for its View.
func (d *Deployment) questions(m *member) [][]string {
	switch {
	case m.Runs == RunsSentinel:
		return [][]string{{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", Service},
			{"SENTINEL", "MASTERS"}, {"SENTINEL", "SLAVES", Service}, {"SENTINEL", "SENTINELS", Service}}
	case d.kind == Cluster:
		return [][]string{{"ROLE"}, {"INFO", "stats"}, {"CLUSTER", "NODES"}, {"CLUSTER", "INFO"}}
	}
	return [][]string{{"ROLE"}, {"INFO", "stats"}}
}

// read makes a View of the replies to questions.
func (d *Deployment) read(m *member, replies []resp.Value, err error) View {
	v := View{Host: m.Name, Received: -1}
	for _, r := range replies {
		if err == nil {
			err = r.Err()
		}
	}
	switch {
	case err != nil:
		v.Err = fmt.Errorf("%s (%s): %w", m.Name, m.server.Addr(), err)
	case m.Runs == RunsSentinel:
		d.readSentinel(&v, replies)
	default:
		d.readRole(&v, replies[0])
		v.Received = receivedIn(replies[1].Str)
		if d.kind == Cluster {
			d.readCluster(&v, replies[2].Str, replies[3].Str)
		}
	}
	return v
}

// readRole reads ROLE: "master", offset, replicas; or "slave", host, port and state of the link, offset.
func (d *Deployment) readRole(v *View, role resp.Value) {
	e := role.Elems
	switch {
	case len(e) >= 2 && e[0].Str == RoleMaster:
		v.Role, v.Primary, v.Offset = RoleMaster, v.Host, e[1].Int
	case len(e) >= 5 && e[0].Str == RoleReplica:
		v.Role, v.Primary, v.Link, v.Offset = RoleReplica, d.at(e[1].Str, strconv.FormatInt(e[2].Int, 10)), e[3].Str, e[4].Int
	default:
		v.Err = fmt.Errorf("%s: ROLE answers %s", v.Host, role)
	}
}

// at is the host whose server is found there.
func (d *Deployment) at(host, port string) string { return d.Name(host + ":" + port) }

// receivedIn reads what was received of primaries from the section stats of INFO.
func receivedIn(info string) int64 {
	_, rest, _ := strings.Cut(info, "\ntotal_net_repl_input_bytes:")
	text, _, _ := strings.Cut(rest, "\r")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// readSentinel reads where a sentinel sends clients, and what it lists of the primary that it watches, of its replicas and of other
// sentinels. In a failover the first two differ.
func (d *Deployment) readSentinel(v *View, replies []resp.Value) {
	v.Role, v.Peers = RoleSentinel, make(map[string]string)
	if at := replies[0].Elems; len(at) == 2 {
		v.Primary = d.at(at[0].Str, at[1].Str)
	}
	for _, list := range replies[1:] {
		for _, entry := range list.Elems {
			ip, _ := entry.Field("ip")
			port, _ := entry.Field("port")
			flags, _ := entry.Field("flags")
			if host := d.at(ip.Str, port.Str); host != "" {
				v.Peers[host] = flags.Str
			}
		}
	}
}

// readCluster reads CLUSTER NODES and CLUSTER INFO.
func (d *Deployment) readCluster(v *View, nodes, info string) {
	v.Peers, v.Owners = make(map[string]string), make(map[string][]slots.Range)
	for _, n := range parseNodes(nodes) {
		host := d.Name(n.addr)
		switch {
		case n.myself:
			host, v.Claimed = v.Host, n.epoch
		case host == "":
			continue // it has not told where it is
		default:
			v.Peers[host] = n.opinion
		}
		if len(n.slots) > 0 {
			v.Owners[host] = n.slots
		}
	}
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "cluster_state":
			v.State = value
		case "cluster_current_epoch":
			v.Epoch, _ = strconv.ParseInt(value, 10, 64)
		}
	}
}

// ownersDiffer says where nodes do not agree who owns which slots, or where nobody owns some.
func ownersDiffer(views []View) (string, bool) {
	for i, v := range views {
		owned := 0
		for _, ranges := range v.Owners {
			for _, r := range ranges {
				owned += r.Last - r.First + 1
			}
		}
		if owned != slots.Count {
			return fmt.Sprintf("%s knows owners of %d of %d slots", v.Host, owned, slots.Count), true
		}
		if i > 0 && !maps.EqualFunc(v.Owners, views[0].Owners, slices.Equal[[]slots.Range]) {
			return fmt.Sprintf("%s and %s do not agree who owns which slots", views[0].Host, v.Host), true
		}
	}
	return "", false
}

// SlotMap is who owns which slots of a cluster: of the servers that answer and claim them, the one with the greatest epoch. Its shards
// are named by their hosts. Errors: that the deployment is no cluster; that no node answers.
func (d *Deployment) SlotMap(ctx context.Context) (slots.Map, error) {
	if d.kind != Cluster {
		return slots.Map{}, fmt.Errorf("a %s deployment has no slots", d.kind)
	}
	views := slices.DeleteFunc(d.Roles(ctx), func(v View) bool { return v.Err != nil || v.Role != RoleMaster })
	if len(views) == 0 {
		return slots.Map{}, fmt.Errorf("ask who owns which slots: no node answers as a primary")
	}
	slices.SortStableFunc(views, func(a, b View) int { return int(b.Claimed - a.Claimed) })
	made := slots.Map{Region: string(Cluster), Source: slots.ClusterSlots}
	for _, v := range views {
		shard := slots.Shard{ID: v.Host, Address: d.addr(v.Host)}
		for _, r := range v.Owners[v.Host] {
			if _, taken := made.ShardOf(r.First); !taken { // shards fail over as a whole here: ranges are equal or apart
				shard.Slots = append(shard.Slots, r)
			}
		}
		if len(shard.Slots) > 0 {
			made.Shards = append(made.Shards, shard)
		}
	}
	return made, nil
}

func (d *Deployment) addr(host string) string {
	m, err := d.member(host)
	if err != nil {
		return ""
	}
	return m.Addr
}
