package topology_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/slots"
)

// What redis-server 7.0 said in the middle of a failover, with a migration added.
const nodesText = `3b1a 127.52.66.1:6379@16379 master,fail - 1795341711338 1795341709000 1 disconnected
84ff 127.52.66.4:6379@16379,named myself,master - 0 1795341713000 7 connected 0-5460 5999 [93-<-84ff] [94->-3b1a]
91c2 127.52.66.2:6379@16379 master - 0 1795341713845 2 connected 5461-5998 6000-10922
a001 127.52.66.5:6379@16379 slave,fail? 91c2 0 1795341713000 2 connected
b002 :0@0 slave,noaddr 91c2 0 1795341713000 2 disconnected
c003 127.52.66.6:6379@16379 handshake - 0 0 0 connected
`

func TestNodes(t *testing.T) {
	want := []topology.Node{
		{Addr: "127.52.66.1:6379", Opinion: topology.PeerFailed, Epoch: 1},
		{Addr: "127.52.66.4:6379", Myself: true, Opinion: topology.PeerOK, Epoch: 7, Slots: []slots.Range{{First: 0, Last: 5460}, {First: 5999, Last: 5999}}},
		{Addr: "127.52.66.2:6379", Opinion: topology.PeerOK, Epoch: 2, Slots: []slots.Range{{First: 5461, Last: 5998}, {First: 6000, Last: 10922}}},
		{Addr: "127.52.66.5:6379", Opinion: topology.PeerSuspected, Epoch: 2},
		{Addr: ":0", Opinion: topology.PeerUnknown, Epoch: 2},
		{Addr: "127.52.66.6:6379", Opinion: topology.PeerUnknown},
	}
	if diff := cmp.Diff(want, topology.ParseNodes(nodesText)); diff != "" {
		t.Error(diff)
	}
}

func FuzzNodes(f *testing.F) {
	f.Add(nodesText)
	f.Add("")
	f.Add("a b c d e f 1 h 16383 16384 -1 5-3 7-8-9")
	f.Fuzz(func(t *testing.T, text string) {
		for _, n := range topology.ParseNodes(text) {
			if err := (slots.Map{Shards: []slots.Shard{{Slots: n.Slots[:min(len(n.Slots), 1)]}}}).Check(); err != nil {
				t.Error(err)
			}
			switch n.Opinion {
			case topology.PeerOK, topology.PeerFailed, topology.PeerSuspected, topology.PeerUnknown:
			default:
				t.Errorf("opinion %q", n.Opinion)
			}
		}
	})
}
