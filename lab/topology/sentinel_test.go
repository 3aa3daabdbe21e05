package topology_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab/topology"
)

// brevity is what a thing is given that must not happen.
const brevity = 300 * time.Millisecond

// unhurried is a patience of sentinels and nodes with each other that a busy machine does not exhaust.
const unhurried = 2 * time.Second

// A primary that is cut off with a client goes on as one, while the others fail over to another: a split brain. What the client wrote is
// thrown away when the network is whole again.
func TestSplitBrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, topology.Sentinel, topology.Options{Password: "a secret", DownAfter: unhurried})
	old := w.primaries()[0]
	w.sets("client-1", old, "before")
	for _, host := range []string{"node-1", "node-2", "node-3"} {
		w.await(host+" to have what was written before", func() bool { return w.has(host) == 1 })
	}

	w.mark()
	w.must(w.Partition([]string{old, "client-2"}))
	promoted := w.saw("a replica is promoted", func(e topology.Event) bool { return e.Kind == topology.EventPromoted })
	other := promoted.Host
	w.inOrder(w.kind("+odown", old), w.kind("+elected-leader", old), promoted, w.kind(topology.EventSwitch, other))
	w.arePrimary(old, other)

	w.sets("client-2", old, "lost")
	w.sets("client-1", other, "kept")
	for _, pair := range [][2]string{{"client-1", old}, {"client-2", other}} {
		if v, err := w.send(pair[0], pair[1], brevity, "PING"); err == nil {
			t.Errorf("%s is answered by %s across the partition: %v", pair[0], pair[1], v)
		}
	}

	w.must(w.Heal())
	w.kind(topology.EventDemoted, old)
	w.settles()
	w.arePrimary(other)
	for key, want := range map[string]int64{"before": 1, "lost": 0, "kept": 1} {
		for _, host := range []string{"node-1", "node-2", "node-3"} {
			if v, err := w.Ask(t.Context(), host, "EXISTS", key); err != nil || v.Int != want {
				t.Errorf("%q at %s: %v, %v", key, host, v, err)
			}
		}
	}
	if r := w.resync(old, other); !r.Full || r.Bytes <= 0 {
		t.Errorf("the history of %s had left that of %s, and yet: %v", old, other, r)
	}
}

// Without a majority of the sentinels nobody fails over; one that comes back makes a majority, and one that was cut off agrees later.
func TestSentinelsThatAreNoMajority(t *testing.T) {
	t.Parallel()
	w := newWorld(t, topology.Sentinel, topology.Options{DownAfter: unhurried})
	old := w.primaries()[0]
	w.must(w.Kill("sentinel-1"))
	w.must(w.Partition([]string{"sentinel-2"}))
	w.mark()
	w.must(w.Kill(old))
	w.saw("sentinel-3 holds the primary for down", func(e topology.Event) bool {
		return e.Host == "sentinel-3" && e.Kind == "+sdown" && e.About == old
	})
	w.arePrimary()
	w.must(w.StartAgain(t.Context(), "sentinel-1"))
	promoted := w.saw("a replica is promoted", func(e topology.Event) bool { return e.Kind == topology.EventPromoted })
	w.must(w.Heal())
	w.saw("sentinel-2 knows the new primary", func(e topology.Event) bool {
		return e.Host == "sentinel-2" && e.Kind == topology.EventSwitch && e.About == promoted.Host
	})
	w.settles()
}
