package promotion

import (
	"fmt"
	"slices"
)

// Topology is how a deployment replicates, and who promotes a replica in it. Its
// texts are part of the JSON contract.
type Topology string

// The topologies.
const (
	Sentinel Topology = "sentinel" // a primary, its replicas, and sentinels that promote one of them
	Cluster  Topology = "cluster"  // several primaries, each with replicas, which the primaries promote by vote
	Replica  Topology = "replica"  // a primary and a replica elsewhere, which the drill promotes: nobody else does
)

// Topologies are all of them, in the order in which they are told.
func Topologies() []Topology { return []Topology{Sentinel, Cluster, Replica} }

// ParseTopology returns the topology of a word.
func ParseTopology(word string) (Topology, error) {
	if t := Topology(word); slices.Contains(Topologies(), t) {
		return t, nil
	}
	return "", fmt.Errorf("there is no topology %q: it is %s, %s or %s", word, Sentinel, Cluster, Replica)
}

// Role is what a host is when the drill begins.
type Role uint8

// The roles.
const (
	Primary  Role = iota
	Follower      // a replica
	Guard         // a sentinel
)

// Host is one server of a deployment, on a host of its own.
type Host struct {
	Name string
	Role Role
	// Shard is the index of the shard that the server belongs to; 0 where there is one, and for a sentinel.
	Shard int
	// Address is host:port at which clients find it.
	Address string
}

// String is the role as it is told.
func (r Role) String() string { return [...]string{"primary", "replica", "sentinel"}[r] }
