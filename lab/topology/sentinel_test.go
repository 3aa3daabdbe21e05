package topology_test

import (
	"testing"

	"github.com/aafailover/aafailover/lab/topology"
)

func TestSentinel(t *testing.T) {
	w := newWorld(t, topology.Sentinel, topology.Options{})
	w.must(w.Kill("node-1"))
	w.kind("+odown", "node-1")
	w.settles()
	w.must(w.StartAgain(t.Context(), "node-1"))
	w.settles()
	for _, r := range w.Resyncs() {
		t.Log(r)
	}
}

func TestCluster(t *testing.T) {
	w := newWorld(t, topology.Cluster, topology.Options{})
	w.must(w.Kill("node-1"))
	w.kind(topology.EventPromoted, "node-4")
	w.settles()
	w.must(w.StartAgain(t.Context(), "node-1"))
	w.settles()
	for _, r := range w.Resyncs() {
		t.Log(r)
	}
}

func TestReplica(t *testing.T) {
	w := newWorld(t, topology.Replica, topology.Options{})
	w.must(w.Kill("us"))
	w.must(w.Promote(t.Context(), "eu"))
	w.settles()
	w.must(w.StartAgain(t.Context(), "us"))
	w.must(w.Follow(t.Context(), "us", "eu"))
	w.settles()
	for _, r := range w.Resyncs() {
		t.Log(r)
	}
}
