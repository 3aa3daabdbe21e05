package redistest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/slots"
)

// Cluster is [Nodes] for who needs no more than the addresses.
func Cluster(t testing.TB, n int, args ...string) []string {
	t.Helper()
	var addresses []string
	for _, s := range Nodes(t, n, args...) {
		addresses = append(addresses, s.Addr)
	}
	return addresses
}

// Nodes starts a Redis Cluster of n masters without replicas, the slots split
// evenly, and returns once every node knows all others and says that the cluster
// is up. args are more options for each redis-server.
func Nodes(t testing.TB, n int, args ...string) []*Server {
	t.Helper()
	args = append([]string{"--cluster-enabled", "yes", "--cluster-node-timeout", "3000"}, args...)
	nodes := make([]*Server, n)
	for i := range nodes {
		nodes[i] = Start(t, args...)
	}
	for i, ranges := range slots.Even(n) {
		// Epochs that differ from the start: nodes that meet with equal ones spend seconds to sort that out.
		nodes[i].must(t, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		for _, r := range ranges {
			nodes[i].must(t, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(r.First), strconv.Itoa(r.Last))
		}
		if i > 0 {
			nodes[i].must(t, "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(nodes[0].Port), strconv.Itoa(nodes[0].bus))
		}
	}
	for _, node := range nodes {
		Await(t, "cluster up at "+node.Addr, func() bool {
			info := node.Do(t, "CLUSTER", "INFO").Str
			return strings.Contains(info, "cluster_state:ok") &&
				strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r", n)) &&
				strings.Contains(info, fmt.Sprintf("cluster_size:%d\r", n))
		})
	}
	return nodes
}

// Replica starts a server that replicates from primary and returns once the
// link is up by the word of both: the primary takes the first copy for under way until
// the replica has acknowledged it.
func Replica(t testing.TB, primary *Server, args ...string) *Server {
	t.Helper()
	s := Start(t, append([]string{"--replicaof", fmt.Sprintf("127.0.0.1 %d", primary.Port)}, args...)...)
	Await(t, "replica up at "+s.Addr, func() bool {
		return strings.Contains(s.Do(t, "INFO", "replication").Str, "master_link_status:up") &&
			strings.Contains(primary.Do(t, "INFO", "replication").Str, fmt.Sprintf("port=%d,state=online", s.Port))
	})
	return s
}

// must sends a command that has to be answered with OK.
func (s *Server) must(t testing.TB, args ...string) {
	t.Helper()
	if v := s.Do(t, args...); v.Str != "OK" {
		t.Fatalf("redis-server %s: %q: %v", s.Addr, args, v)
	}
}
