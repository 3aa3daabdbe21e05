package topology_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/slots"
)

func TestChanges(t *testing.T) {
	all := []slots.Range{{First: 0, Last: 16383}}
	for _, row := range []struct {
		name        string
		before, now topology.View
		want        []string
	}{
		{"nothing has happened",
			topology.View{Role: topology.RoleMaster, Primary: "node-1", Offset: 10},
			topology.View{Role: topology.RoleMaster, Primary: "node-1", Offset: 20}, nil},
		{"a replica is promoted",
			topology.View{Role: topology.RoleReplica, Primary: "node-2", Link: "connect"},
			topology.View{Role: topology.RoleMaster, Primary: "node-1"}, []string{"node-1 promoted"}},
		{"a primary becomes a replica whose data is copied",
			topology.View{Role: topology.RoleMaster, Primary: "node-1"},
			topology.View{Role: topology.RoleReplica, Primary: "node-2", Link: "sync"},
			[]string{"node-1 demoted", "node-1 follows node-2", "node-1 link node-2: sync"}},
		{"a replica gets another primary",
			topology.View{Role: topology.RoleReplica, Primary: "node-2", Link: "connected"},
			topology.View{Role: topology.RoleReplica, Primary: "node-3", Link: "connected"}, []string{"node-1 follows node-3"}},
		{"a node suspects another, holds one for down and sees one again",
			topology.View{Peers: map[string]string{"node-2": "ok", "node-3": "pfail", "node-4": "fail"}},
			topology.View{Peers: map[string]string{"node-2": "pfail", "node-3": "fail", "node-4": "ok"}},
			[]string{"node-1 pfail node-2: pfail", "node-1 fail node-3: fail", "node-1 cleared node-4: ok"}},
		{"an election moves all slots",
			topology.View{Epoch: 6, State: "fail", Owners: map[string][]slots.Range{"node-2": all}},
			topology.View{Epoch: 7, State: "ok", Owners: map[string][]slots.Range{"node-3": all}},
			[]string{"node-1 epoch: 7", "node-1 state: ok", "node-1 owns node-3: 0-16383"}},
	} {
		row.before.Host, row.now.Host = "node-1", "node-1"
		var got []string
		for _, e := range topology.Changes(row.before, row.now) {
			got = append(got, e.String())
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

func TestWhomASentinelSpeaksOf(t *testing.T) {
	addresses := map[string]string{"127.1.2.1:6379": "node-1", "127.1.2.2:6379": "node-2", "127.1.2.5:26379": "sentinel-2"}
	for _, row := range []struct{ kind, text, want string }{
		{"+odown", "master mymaster 127.1.2.1 6379 #quorum 2/2", "node-1"},
		{"+sdown", "slave 127.1.2.2:6379 127.1.2.2 6379 @ mymaster 127.1.2.1 6379", "node-2"},
		{"+sentinel", "sentinel 6fd304 127.1.2.5 26379 @ mymaster 127.1.2.1 6379", "sentinel-2"},
		{"+switch-master", "mymaster 127.1.2.1 6379 127.1.2.2 6379", "node-2"},
		{"+vote-for-leader", "6fd304ef6f2cfe8ff5a7478d204ac45f83b907f0 1", ""},
		{"+new-epoch", "1", ""},
		{"+sdown", "master mymaster 10.0.0.1 6379", ""},
		{"+tilt", "#tilt mode entered", ""},
	} {
		if got := topology.About(addresses, row.kind, strings.Fields(row.text)); got != row.want {
			t.Errorf("%s %s is about %q, not %q", row.kind, row.text, got, row.want)
		}
	}
}

func TestWhatALogSaysOfASynchronization(t *testing.T) {
	const log = `1:S 22 Nov 2026 09:46:18.678 * Full resync from master: 8de1:260
1:S 22 Nov 2026 09:46:18.700 * MASTER <-> REPLICA sync: Finished with success
1:S 22 Nov 2026 09:47:18.678 * Successful partial resynchronization with primary.
1:S 22 Nov 2026 09:47:19.678 * 1 changes in 3600 seconds. Saving...
`
	if got := topology.LastSync(log); !strings.Contains(got, "09:47:18.678") {
		t.Error(got)
	}
	if got := topology.LastSync(strings.SplitAfter(log, "\n")[0]); !strings.HasSuffix(got, "8de1:260") {
		t.Error(got)
	}
	if got := topology.LastSync("nothing"); got != "" {
		t.Error(got)
	}
}

func TestWhatInfoSaysWasReceived(t *testing.T) {
	for _, row := range []struct {
		name, info string
		want       int64
	}{
		{"since 7.0", "# Stats\r\ntotal_net_input_bytes:7\r\ntotal_net_repl_input_bytes:579\r\ntotal_net_repl_output_bytes:8\r\n", 579},
		{"before", "# Stats\r\ntotal_net_input_bytes:7\r\n", -1},
		{"nothing at all", "", -1},
	} {
		if got := topology.ReceivedIn(row.info); got != row.want {
			t.Errorf("%s: %d, not %d", row.name, got, row.want)
		}
	}
}
