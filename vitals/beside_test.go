package vitals_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/vitals"
)

// shardOf is a shard of which the last reading is this.
func shardOf(region, address, info string) vitals.Shard {
	s := reading{info: info}.server()
	return vitals.Shard{Region: region, ID: "1", Address: address, Last: &s}
}

// snapshotOf is one in which us->eu is in a state on two slots of the same shards, and
// all else is up.
func snapshotOf(state probe.LinkState) *probe.Snapshot {
	cells := []probe.Cell{{Slot: 1, State: state}, {Slot: 2, State: state}}
	up := []probe.Cell{{Slot: 1, State: probe.LinkUp}}
	return &probe.Snapshot{Links: []probe.Link{
		{From: "us", To: "us", State: probe.LinkDown, Cells: []probe.Cell{{State: probe.LinkDown}}},
		{From: "us", To: "eu", State: state, Cells: cells}, {From: "eu", To: "us", State: probe.LinkUp, Cells: up}}}
}

func TestWhatTheServersSayBesideTheProbe(t *testing.T) {
	const primary = "role:master master_replid:x master_repl_offset:5000 connected_slaves:1 slave0:ip=10.0.0.2,port=6379,state=online,offset=3000,lag=4"
	const up = "role:slave master_replid:x master_host:10.0.0.1 master_port:6379 master_link_status:up master_last_io_seconds_ago:3"
	dead := shardOf("eu", "10.0.0.2:6379", up)
	dead.Failed, dead.FailedAt = "no answer in time", noon
	us := shardOf("us", "10.0.0.1:6379", primary)
	for _, row := range []struct {
		name  string
		state probe.LinkState
		us    vitals.Shard
		eu    vitals.Shard
		want  []string
	}{
		{"nothing is to be explained of a link that is up", probe.LinkUp, us, shardOf("eu", "10.0.0.2:6379", up), nil},
		{"nothing arrives over a link that both say is up", probe.LinkDown, us, shardOf("eu", "10.0.0.2:6379", up), []string{
			"link_stalled eu says that its link to us is up (last io 3 s before it was asked); nothing arrives: it is stalled",
			"replica_stalled us says that its replica eu is online and acknowledged 4 s before it was asked, 2 kB behind; nothing arrives: it is stalled"}},
		{"messages come late", probe.LinkLate, us, shardOf("eu", "10.0.0.2:6379", up), []string{
			"link_stalled eu says that its link to us is up (last io 3 s before it was asked); messages arrive late: it is slow, or was stalled",
			"replica_stalled us says that its replica eu is online and acknowledged 4 s before it was asked, 2 kB behind; messages arrive late: it is slow, or was stalled"}},
		{"the replica hangs, so that only what it said before is known", probe.LinkDown, us, dead, []string{
			"link_stalled eu says that its link to us is up (last io 3 s before it was asked), but that was before it stopped answering; nothing arrives: it is stalled",
			"replica_stalled us says that its replica eu is online and acknowledged 4 s before it was asked, 2 kB behind; nothing arrives: it is stalled"}},
		{"the replica says that its link is down", probe.LinkDown, shardOf("us", "10.0.0.1:6379", "role:master master_replid:x"),
			shardOf("eu", "10.0.0.2:6379", "role:slave master_replid:x master_link_status:down master_link_down_since_seconds:9"), []string{"link_down eu says that its link to us is down for 9 s"}},
		{"the replica is known by the address of its primary alone", probe.LinkDown, shardOf("us", "10.0.0.1:6379", "role:master"),
			shardOf("eu", "10.0.0.2:6379", "role:slave master_host:10.0.0.1 master_port:6379 master_link_status:down"), []string{"link_down eu says that its link to us is down"}},
		{"all data is copied", probe.LinkNever, shardOf("us", "10.0.0.1:6379", "role:master master_replid:x connected_slaves:1 slave0:ip=1.2.3.4,port=6379,state=send_bulk"),
			shardOf("eu", "10.0.0.2:6379", "role:slave master_replid:x master_sync_in_progress:1 master_sync_total_bytes:2000 master_sync_left_bytes:1000"), []string{
				"full_resync eu says that all data of us is being copied to it (full resync): 1 kB of 2 kB are left",
				"full_resync us says that it copies all its data to eu (full resync)"}},
		{"the link leads from a replica to its primary", probe.LinkNever, shardOf("us", "10.0.0.2:6379", up), shardOf("eu", "10.0.0.1:6379", "role:master master_replid:x"), []string{
			"from_replica us is a replica of eu: nothing that is written or published in it goes there"}},
		{"a replica of somebody else explains nothing", probe.LinkDown, us, shardOf("eu", "10.0.0.9:6379", "role:slave master_replid:y master_host:h master_port:1 master_link_status:up"), nil},
		{"servers of an Active-Active database say nothing of its links", probe.LinkDown, shardOf("us", "a:1", "role:master master_replid:x"), shardOf("eu", "b:1", "role:master master_replid:y"), nil},
		{"servers that were never read explain nothing", probe.LinkDown, vitals.Shard{Region: "us"}, vitals.Shard{Region: "eu"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, e := range vitals.Beside(snapshotOf(row.state), []vitals.Shard{row.us, row.eu}) {
				if e.From != "us" || e.To != "eu" {
					t.Errorf("it is about %s->%s", e.From, e.To)
				}
				got = append(got, string(e.Kind)+" "+e.Text)
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
	if got := vitals.Beside(nil, nil); got != nil {
		t.Errorf("nothing was observed, and explained is %v", got)
	}
}
