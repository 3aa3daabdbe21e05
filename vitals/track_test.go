package vitals_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/vitals"
)

// reading is what a server says so many seconds after noon.
type reading struct {
	after    int
	info     string            // NAME:VALUE, with blanks between
	settings map[string]string // by name
	spike    string            // an event that took 500 ms a second before
}

func (r reading) server() vitals.Server {
	at := noon.Add(time.Duration(r.after) * time.Second)
	replies := []vitals.Reply{lines(strings.Fields(r.info)...)}
	for name, value := range r.settings {
		replies = append(replies, vitals.Reply{Command: vitals.ConfigGet, Setting: name, Value: array(word(name), word(value))})
	}
	if r.spike != "" {
		replies = append(replies, vitals.Reply{Command: vitals.LatencyLatest,
			Value: array(array(word(r.spike), resp.Value{Kind: resp.Integer, Int: at.Unix() - 1}, number(500), number(500)))})
	}
	return vitals.Parse(at, replies)
}

// followed is what a track says of readings: what it remarks at the end, and what had
// changed by each but the first.
func followed(readings ...reading) (remarks, changes []string, t *vitals.Track) {
	t = new(vitals.Track)
	for i, r := range readings {
		for _, c := range t.Take(r.server()) {
			if i > 0 {
				changes = append(changes, strings.TrimSpace(c.Was+">"+c.Now+" "+c.Text))
			}
		}
	}
	for _, r := range t.Remarks() {
		remarks = append(remarks, string(r.Kind)+" "+r.Text)
	}
	return remarks, changes, t
}

func TestRemarks(t *testing.T) {
	const healthy = "role:master connected_slaves:1 slave0:ip=10.0.0.2,port=6379,state=online,offset=900,lag=1 master_repl_offset:1000 master_replid:x " +
		"aof_enabled:1 aof_last_write_status:ok aof_last_bgrewrite_status:ok rdb_last_bgsave_status:ok used_memory:10 maxmemory:100 maxmemory_policy:noeviction evicted_keys:5 rejected_connections:3 loading:0"
	const replica = "role:slave master_host:10.0.0.1 master_port:6379 "
	for _, row := range []struct {
		name     string
		readings []reading
		want     []string
	}{
		{"a server that is well", []reading{{info: healthy}, {after: 10, info: healthy}}, nil},
		{"one that says nothing", []reading{{}}, nil},
		{"a replica whose link is up and quiet within the time of a ping", []reading{{info: replica + "master_link_status:up master_last_io_seconds_ago:12"}}, nil},
		{"a link that is up, by its word, and quiet for too long", []reading{{info: replica + "master_link_status:up master_last_io_seconds_ago:16"}},
			[]string{"link_stalled it says that its link to its primary 10.0.0.1:6379 is up, and that nothing has come over it for 16 s, though a ping should every 10 s: it is stalled"}},
		{"the same where pings are rare", []reading{{info: replica + "master_link_status:up master_last_io_seconds_ago:16", settings: map[string]string{"repl-ping-replica-period": "60"}}}, nil},
		{"a link that is down", []reading{{info: replica + "master_link_status:down master_link_down_since_seconds:7 master_last_io_seconds_ago:-1"}},
			[]string{"link_down it says that its link to its primary 10.0.0.1:6379 is down for 7 s"}},
		{"a replica to which all data is copied", []reading{{info: replica + "master_link_status:down master_sync_in_progress:1 master_sync_total_bytes:2000000 master_sync_read_bytes:500000 master_sync_left_bytes:1500000"}},
			[]string{"full_resync all data of its primary 10.0.0.1:6379 is being copied to it (full resync): 1.5 MB of 2 MB are left"}},
		{"the same without a file, so that nobody knows how much there is", []reading{{info: replica + "master_sync_in_progress:1 master_sync_total_bytes:0 master_sync_read_bytes:500000"}},
			[]string{"full_resync all data of its primary 10.0.0.1:6379 is being copied to it (full resync): 500 kB have come"}},
		{"a replica that acknowledges nothing", []reading{
			{info: "role:master connected_slaves:1 slave0:ip=10.0.0.2,port=6379,state=online,offset=900,lag=0 master_repl_offset:900 master_replid:x"},
			{after: 10, info: "role:master connected_slaves:1 slave0:ip=10.0.0.2,port=6379,state=online,offset=900,lag=10 master_repl_offset:10900 master_replid:x"}},
			[]string{"replica_stalled it says that its replica 10.0.0.2:6379 is online, which has acknowledged nothing for 10 s, 10 kB (about 10 s) behind: the link is stalled, or the replica hangs"}},
		{"a copy to a replica", []reading{{info: "role:master connected_slaves:1 slave0:ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0,lag=0"}},
			[]string{"full_resync it copies all its data to its replica 10.0.0.2:6379 (full resync)"}},
		{"too few replicas for writes", []reading{{info: "role:master connected_slaves:1 slave0:ip=10.0.0.2,port=6379,state=online,offset=0,lag=9",
			settings: map[string]string{"min-replicas-to-write": "1", "min-replicas-max-lag": "8"}}},
			[]string{"few_replicas it refuses writes: no replicas acknowledged lately, and min-replicas-to-write is 1"}},
		{"enough of them", []reading{{info: healthy, settings: map[string]string{"min-replicas-to-write": "1", "min-replicas-max-lag": "8"}}}, nil},
		{"an append-only file that cannot be written", []reading{{info: "aof_enabled:1 aof_last_write_status:err"}},
			[]string{"aof_failed it cannot write its append-only file, and refuses writes: see its disk"}},
		{"one that is not in use any more", []reading{{info: "aof_enabled:0 aof_last_write_status:err aof_last_bgrewrite_status:err"}}, nil},
		{"a rewrite that failed", []reading{{info: "aof_enabled:1 aof_last_bgrewrite_status:err"}},
			[]string{"rewrite_failed the last rewrite of its append-only file failed: see its disk and its memory"}},
		{"a snapshot that failed", []reading{{info: "rdb_last_bgsave_status:err"}},
			[]string{"save_failed its last snapshot could not be saved: see its disk and its memory; unless stop-writes-on-bgsave-error is no, it refuses writes"}},
		{"eviction", []reading{{info: "evicted_keys:5"}, {after: 10, info: "evicted_keys:1005"}},
			[]string{"evicting it evicts 100 keys/s for want of memory: such a key is not lost by replication"}},
		{"keys that were evicted long ago", []reading{{info: "evicted_keys:1005"}, {after: 10, info: "evicted_keys:1005"}}, nil},
		{"memory that is full", []reading{{info: "used_memory:96000000 maxmemory:100000000 maxmemory_policy:noeviction"}},
			[]string{"memory_full it uses 96 MB of 100 MB and may evict nothing: it refuses writes at the limit"}},
		{"memory that is full of what may be evicted", []reading{{info: "used_memory:96 maxmemory:100 maxmemory_policy:allkeys-lru"}}, nil},
		{"fragmentation of much", []reading{{info: "mem_fragmentation_ratio:1.80 mem_fragmentation_bytes:800000000"}},
			[]string{"fragmented its memory is fragmented: 800 MB more than it uses (ratio 1.8)"}},
		{"fragmentation of little", []reading{{info: "mem_fragmentation_ratio:7.80 mem_fragmentation_bytes:8000000"}}, nil},
		{"clients that are turned away", []reading{{info: "rejected_connections:0"}, {after: 10, info: "rejected_connections:20"}},
			[]string{"refuses_clients it rejects 2 connections/s for want of room: see maxclients"}},
		{"a server that loads", []reading{{info: "loading:1"}}, []string{"loading it reads its data from the disk"}},
		{"an fsync that took long", []reading{{spike: "aof-fsync-always"}}, []string{"slow aof-fsync-always took 500 ms (its latency monitor)"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, _, _ := followed(row.readings...)
			if strings.Join(got, "\n") != strings.Join(row.want, "\n") {
				t.Errorf("got  %q\nwant %q", got, row.want)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	const one = "run_id:a role:master connected_slaves:1 slave0:ip=10.0.0.2,port=6379,state="
	for _, row := range []struct {
		name     string
		readings []reading
		want     []string
	}{
		{"nothing happened", []reading{{info: one + "online,offset=1,lag=0"}, {after: 10, info: one + "online,offset=1,lag=1"}}, nil},
		{"a failure begins and ends", []reading{{info: "rdb_last_bgsave_status:ok"}, {after: 10, info: "rdb_last_bgsave_status:err"}, {after: 20, info: "rdb_last_bgsave_status:ok"}},
			[]string{">save_failed its last snapshot could not be saved: see its disk and its memory; unless stop-writes-on-bgsave-error is no, it refuses writes",
				"save_failed>over save failed is over"}},
		{"a primary becomes a replica", []reading{{info: "run_id:a role:master"}, {after: 10, info: "run_id:a role:slave master_host:10.0.0.9 master_port:6379"}},
			[]string{"primary>replica it is a replica of 10.0.0.9:6379 now, and was a primary before"}},
		{"a replica is promoted", []reading{{info: "run_id:a role:slave"}, {after: 10, info: "run_id:a role:master"}}, []string{"replica>primary it was a replica before"}},
		{"a server is started anew, and counts from 0", []reading{{info: "run_id:a evicted_keys:100"}, {after: 10, info: "run_id:b evicted_keys:500"}},
			[]string{">restarted it was started anew, or is another server now"}},
		{"a copy is watched from before its beginning to after its end", []reading{
			{info: one + "online,offset=1,lag=0 sync_full:1 total_net_repl_output_bytes:1000"},
			{after: 10, info: one + "wait_bgsave,offset=0,lag=0 sync_full:2 total_net_repl_output_bytes:1000"},
			{after: 11, info: one + "send_bulk,offset=0,lag=0 sync_full:2 total_net_repl_output_bytes:700000"},
			{after: 14, info: one + "online,offset=1,lag=0 sync_full:2 total_net_repl_output_bytes:2001000"}},
			[]string{">full_resync it copies all its data to its replica 10.0.0.2:6379 (full resync)",
				"full_resync>over it sent all its data to 10.0.0.2:6379 (full resync): at most 2 MB, 4.00 s to 14.00 s"}},
		{"a copy that is over before it is seen", []reading{
			{info: one + "online,offset=1,lag=0 sync_full:1 total_net_repl_output_bytes:1000"},
			{after: 10, info: one + "online,offset=1,lag=0 sync_full:2 total_net_repl_output_bytes:51000"}},
			[]string{"full_resync>over it sent all its data to a replica (full resync): at most 50 kB, at most 10.00 s"}},
		{"two copies at once, of a server that does not count their bytes", []reading{
			{info: one + "online,offset=1,lag=0 sync_full:1"}, {after: 10, info: one + "online,offset=1,lag=0 sync_full:3"}},
			[]string{"full_resync>over it sent all its data 2 times, to a replica (full resync): at most 10.00 s"}},
		{"a copy to a replica, by its own word", []reading{
			{info: "role:slave master_host:h master_port:1 master_link_status:up master_sync_in_progress:0"},
			{after: 10, info: "role:slave master_host:h master_port:1 master_link_status:down master_sync_in_progress:1 master_sync_total_bytes:3000000 master_sync_left_bytes:1000"},
			{after: 11, info: "role:slave master_host:h master_port:1 master_link_status:up master_sync_in_progress:0"}},
			[]string{">full_resync all data of its primary h:1 is being copied to it (full resync): 1 kB of 3 MB are left",
				"full_resync>over all data came to it from h:1 (full resync): 3 MB, 1.00 s to 11.00 s"}},
		{"a copy that breaks off", []reading{
			{info: "role:slave master_host:h master_port:1 master_link_status:down master_sync_in_progress:1"},
			{after: 3, info: "role:slave master_host:h master_port:1 master_link_status:down master_sync_in_progress:0"}},
			[]string{"full_resync>over a full resync from h:1 broke off: at least 3.00 s",
				">link_down it says that its link to its primary h:1 is down"}},
		{"a copy from a primary that does not say how much there is", []reading{
			{info: "run_id:a role:master total_net_repl_input_bytes:0"},
			{after: 10, info: "run_id:a role:slave master_host:h master_port:1 master_link_status:down master_sync_in_progress:1 master_sync_total_bytes:0 master_sync_read_bytes:70 total_net_repl_input_bytes:70"},
			{after: 11, info: "run_id:a role:slave master_host:h master_port:1 master_link_status:up master_sync_in_progress:0 total_net_repl_input_bytes:4000000"}},
			[]string{"primary>replica it is a replica of h:1 now, and was a primary before",
				">full_resync all data of its primary h:1 is being copied to it (full resync): 70 bytes have come",
				"full_resync>over all data came to it from h:1 (full resync): at most 4 MB, 1.00 s to 11.00 s"}},
		{"the same of a server that does not count what comes", []reading{
			{info: "role:slave master_host:h master_port:1 master_link_status:down master_sync_in_progress:1 master_sync_total_bytes:0 master_sync_read_bytes:0"},
			{after: 3, info: "role:slave master_host:h master_port:1 master_link_status:up master_sync_in_progress:0"}},
			[]string{"full_resync>over all data came to it from h:1 (full resync): at least 3.00 s"}},
		{"a copy to a replica that is gone before its end", []reading{
			{info: one + "send_bulk,offset=0,lag=0 sync_full:1"},
			{after: 3, info: "run_id:a role:master connected_slaves:0 sync_full:1"}},
			[]string{"full_resync>over a full resync to 10.0.0.2:6379 broke off: at least 3.00 s"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, got, _ := followed(row.readings...)
			if strings.Join(got, "\n") != strings.Join(row.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
}

// A restart in the middle of a copy ends it, and rates are never taken over one.
func TestARestartEndsWhatWasUnderWay(t *testing.T) {
	_, changes, track := followed(
		reading{info: "run_id:a role:master connected_slaves:1 slave0:ip=h,port=1,state=send_bulk sync_full:1 evicted_keys:9 master_repl_offset:5 master_replid:x"},
		reading{after: 10, info: "run_id:b role:master connected_slaves:0 sync_full:0 evicted_keys:0 master_repl_offset:50 master_replid:x"})
	copies := track.Copies()
	if len(copies) != 1 || !copies[0].Done || !copies[0].Failed || track.Copying() {
		t.Errorf("%+v", copies)
	}
	if text := strings.Join(changes, "; "); !strings.Contains(text, "full_resync>over a full resync to h:1 broke off") {
		t.Errorf("nothing is said of its end: %s", text)
	}
	if r := track.Rates(); r.Effects.Known() || r.Evicted.Known() {
		t.Errorf("rates over a restart: %+v", r)
	}
}

func TestRatesAndLag(t *testing.T) {
	_, _, track := followed(
		reading{info: "run_id:a role:master master_repl_offset:1000 master_replid:x"},
		reading{after: 10, info: "run_id:a role:master master_repl_offset:21000 master_replid:x"})
	rates := track.Rates()
	if rates.Effects != told(2000.0) {
		t.Errorf("%+v", rates)
	}
	if late := rates.Late(told(int64(5000))); late != told(2500*time.Millisecond) {
		t.Errorf("5,000 bytes at 2,000 a second are %+v", late)
	}
	if late := rates.Late(vitals.Field[int64]{}); late.Known() {
		t.Errorf("bytes that are not known are %+v", late)
	}
	if late := (vitals.Rates{}).Late(told(int64(5000))); late.Known() {
		t.Errorf("5,000 bytes at no rate are %+v", late)
	}
}

// No more copies are kept than can be shown.
func TestOnlyTheLastCopiesAreKept(t *testing.T) {
	var readings []reading
	for i := range 30 {
		readings = append(readings, reading{after: i, info: "run_id:a role:master sync_full:" + string(rune('0'+i/10)) + string(rune('0'+i%10))})
	}
	_, _, track := followed(readings...)
	if n := len(track.Copies()); n != 8 {
		t.Errorf("%d copies are kept", n)
	}
}
