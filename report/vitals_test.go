package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/vitals"
	"github.com/aafailover/aafailover/vitals/host"
)

// server is what the server of a shard said, as a few lines of INFO with blanks between.
func server(region string, index int, info string, refused ...vitals.Command) vitals.Shard {
	maps := threeByThree()
	for _, m := range maps {
		if m.Region != region {
			continue
		}
		replies := []vitals.Reply{{Command: vitals.Info, Value: resp.Value{Kind: resp.Bulk, Str: strings.ReplaceAll(info, " ", "\r\n")}}}
		for _, c := range refused {
			replies = append(replies, vitals.Reply{Command: c, Outcome: vitals.Denied})
		}
		var t vitals.Track
		last := vitals.Parse(after(20*time.Second), replies)
		t.Take(last)
		return vitals.Shard{Region: region, Index: index, ID: m.Shards[index].ID, Address: m.Shards[index].Address, Last: &last, Remarks: t.Remarks(), Copies: t.Copies()}
	}
	panic("no region " + region)
}

// said is what the servers say beside cutShard: the replication of shard 2 is stalled, shard 3 of eu hangs, and one
// server was never read.
func said() *report.Vitals {
	primary := func(index int, more string) vitals.Shard {
		return server("us", index, fmt.Sprintf("redis_version:7.0.15 role:master master_replid:r%d master_repl_offset:5000 used_memory:1200000000 maxmemory:2000000000 "+
			"maxmemory_policy:volatile-lru aof_enabled:1 aof_last_write_status:ok rdb_last_bgsave_status:ok connected_slaves:1 slave0:ip=10.1.1.%d,port=6379,state=online,%s", index, 11+index, more),
			vitals.LatencyLatest)
	}
	replica := func(index int, more string) vitals.Shard {
		return server("eu", index, fmt.Sprintf("redis_version:7.2.4 server_name:valkey valkey_version:8.1.0 role:slave master_host:10.0.1.%d master_port:6379 master_replid:r%d used_memory:1200000000 %s", 11+index, index, more))
	}
	hangs := replica(2, "master_link_status:up master_last_io_seconds_ago:1")
	hangs.Failed, hangs.FailedAt = "eu (10.1.1.13:6379): read its vitals: no answer in time", after(12*time.Second)
	never := vitals.Shard{Region: "ap", Address: "10.2.1.11:6379", Failed: "ap (10.2.1.11:6379): connect: connection refused", FailedAt: after(2 * time.Second)}
	steal := host.CPU{Busy: 0.5, Steal: 0.12}
	return &report.Vitals{
		Shards: []vitals.Shard{primary(0, "offset=5000,lag=0"), primary(1, "offset=3000,lag=12 sync_full:3 sync_partial_ok:12"), primary(2, "offset=4000,lag=1"),
			replica(0, "master_link_status:up master_last_io_seconds_ago:1 rdb_last_bgsave_status:err"), replica(1, "master_link_status:up master_last_io_seconds_ago:17"), hangs, never},
		Machine: host.Load{For: 24 * time.Second, CPU: &steal, Interfaces: []host.Interface{{Name: "eth0", Received: 5, Dropped: 3}}, Unknown: []string{"pressure"}},
	}
}

func TestProbeTextWithWhatTheServersSay(t *testing.T) {
	for _, columns := range []int{0, 80} {
		style := report.Style{Zone: start.Location(), Width: columns}
		var got bytes.Buffer
		if err := report.ProbeText(&got, style, report.ProbeResult{Deployment: report.Given, Snapshot: cutShard(), Vitals: said()}); err != nil {
			t.Fatal(err)
		}
		golden(t, map[int]string{0: "probe-vitals", 80: "probe-vitals-80"}[columns], got.String())
	}
}

// What was not told is null, and what was is there.
func TestVitalsInJSON(t *testing.T) {
	var out bytes.Buffer
	if err := report.WriteJSON(&out, report.NewProbeDocument(report.ProbeResult{Deployment: report.Given, Snapshot: cutShard(), Vitals: said()})); err != nil {
		t.Fatal(err)
	}
	var found struct {
		Vitals struct {
			Servers []map[string]any
			Links   []map[string]any
			Machine map[string]any
		}
	}
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	v := found.Vitals
	if len(v.Servers) != 7 || len(v.Links) != 2 || v.Machine["cpu_steal"] != 0.12 || v.Machine["disk_pressure"] != nil {
		t.Fatalf("%+v", v)
	}
	if l := v.Links[0]; l["kind"] != "link_stalled" || l["from"] != "us" || l["from_shard"] != fmt.Sprintf("us-%040d", 1) || l["to_shard"] != fmt.Sprintf("eu-%040d", 1) {
		t.Errorf("%+v", l)
	}
	us := v.Servers[1]
	replication := us["replication"].(map[string]any)
	follower := replication["replicas"].([]any)[0].(map[string]any)
	if follower["behind_bytes"] != 2000.0 || follower["last_acknowledged_ms"] != 12000.0 || follower["behind_ms"] != nil || replication["link_up"] != nil || us["latency"] != nil {
		t.Errorf("%+v", us)
	}
	if denied := us["not_allowed"].([]any); len(denied) != 1 || denied[0] != "LATENCY LATEST" {
		t.Errorf("not allowed are %v", denied)
	}
	never := v.Servers[6]
	if never["at"] != nil || never["failed"] != "ap (10.2.1.11:6379): connect: connection refused" || never["memory"].(map[string]any)["used_bytes"] != nil {
		t.Errorf("%+v", never)
	}
}

// An event of a server names its shard, in words and by its id.
func TestEventsOfServers(t *testing.T) {
	e := vitals.Change{At: after(time.Second), Now: "save_failed", Text: "its last snapshot could not be saved"}.Event("eu", 2)
	var text, lines bytes.Buffer
	for _, w := range []*report.EventWriter{report.NewEventText(&text, plain, threeByThree()), report.NewEventNDJSON(&lines, threeByThree())} {
		w.Write(e)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if want := "15:02:11.000  server    eu shard 3 (10.1.1.13:6379)  save failed  its last snapshot could not be saved\n"; text.String() != want {
		t.Errorf("%q", text.String())
	}
	if want := fmt.Sprintf(`"shard":"eu-%040d"`, 2); !strings.Contains(lines.String(), want) {
		t.Errorf("no %s in %s", want, lines.String())
	}
}

func TestWhatIsNotAnswered(t *testing.T) {
	var shards []vitals.Shard
	for _, region := range []string{"us", "us", "eu"} {
		s := vitals.Parse(start, []vitals.Reply{{Command: vitals.AskRole, Outcome: vitals.Denied}, {Command: vitals.LatencyLatest, Outcome: vitals.Unserved}})
		shards = append(shards, vitals.Shard{Region: region, Last: &s})
	}
	want := "Not answered: ROLE in us and eu (its user may not send it), LATENCY LATEST in us and eu (there is no such command)."
	if got := report.NotToldText(shards); got != want {
		t.Errorf("%s", got)
	}
	if got := report.NotToldText(nil); got != "" {
		t.Errorf("of no server: %s", got)
	}
}

func TestVitalsCostText(t *testing.T) {
	want := "--vitals asks each server how it is: 9 more connections, 0.9 readings/s of 15 commands that only read"
	if got := report.VitalsCostText(vitals.Cost{Connections: 9, ReadingsPerSecond: 0.9, CommandsPerReading: 15}); got != want {
		t.Errorf("%s", got)
	}
}
