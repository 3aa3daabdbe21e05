package topology_test

import (
	"testing"

	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/slots"
)

// shard is two nodes of a cluster that have the same slots, the primary first.
type shard struct {
	index         int
	primary, heir string
}

// shard looks who has the slots of a shard now.
func (w *world) shard(index int) shard {
	w.Helper()
	m, err := w.SlotMap(w.Context())
	w.must(err)
	w.must(m.Check())
	first := slots.Even(len(m.Shards))[index][0].First
	i, ok := m.ShardOf(first)
	if !ok {
		w.Fatalf("nobody owns slot %d: %v", first, m)
	}
	s := shard{index, m.Shards[i].ID, ""}
	for _, h := range w.Hosts() {
		if h.Runs == topology.RunsServer && h.Shard == index && h.Name != s.primary {
			s.heir = h.Name
		}
	}
	return s
}

// The replica of a node that is gone takes its slots over, and the node comes back as a replica; so does one that hung, and one that
// was cut off and has gone on as primary of nobody.
func TestCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t, topology.Cluster, topology.Options{NodeTimeout: unhurried})

	killed := w.shard(0)
	w.must(w.Kill(killed.primary))
	w.inOrder(w.kind(topology.EventSuspected, killed.primary), w.kind(topology.EventFailed, killed.primary),
		w.kind(topology.EventPromoted, killed.heir))
	w.kind(topology.EventOwns, killed.heir)
	w.must(w.StartAgain(t.Context(), killed.primary))
	w.resync(killed.primary, killed.heir)

	w.settles()
	hung, apart := w.shard(1), w.shard(2)
	w.mark()
	w.must(w.Hang(hung.primary))
	w.kind(topology.EventPromoted, hung.heir)
	w.must(w.GoOn(hung.primary))
	w.kind(topology.EventDemoted, hung.primary)

	w.settles()
	w.must(w.Partition([]string{apart.primary, "client-2"}))
	w.kind(topology.EventPromoted, apart.heir)
	if now := w.shard(2); now.primary != apart.heir {
		t.Errorf("of two owners %s counts, not %s with the greater epoch", now.primary, apart.heir)
	}
	w.must(w.Heal())
	w.kind(topology.EventDemoted, apart.primary)
	w.settles()
}
