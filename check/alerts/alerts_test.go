package alerts_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/alerts"
	"github.com/aafailover/aafailover/internal/hint"
)

func TestEveryAlertSaysWhatItIs(t *testing.T) {
	name := regexp.MustCompile(`^([A-Z][A-Za-z]*[a-z])+$`)
	seen := map[string]bool{}
	of := map[alerts.Exporter]int{}
	for _, a := range alerts.All() {
		switch {
		case !name.MatchString(a.Name) || seen[a.Name]:
			t.Errorf("%q is no name, or not the only one", a.Name)
		case !slices.Contains(alerts.Exporters(), a.Exporter) || a.Severity != alerts.Critical && a.Severity != alerts.Warning:
			t.Errorf("%s is of %q and %q", a.Name, a.Exporter, a.Severity)
		case a.Expr == "" || !strings.Contains(a.Summary, "{{ $") || !strings.HasSuffix(a.Description, "."):
			t.Errorf("%s lacks something", a.Name)
		case a.For < 0 || a.For%1e9 != 0:
			t.Errorf("%s is for %v", a.Name, a.For)
		}
		if a.Rule != "" {
			if _, err := check.Find(a.Rule); err != nil {
				t.Errorf("%s: %v", a.Name, err)
			}
		}
		seen[a.Name] = true
		of[a.Exporter]++
	}
	for _, e := range alerts.Exporters() {
		if of[e] < 5 {
			t.Errorf("%s has %d alerts", e, of[e])
		}
	}
}

// What the guide to failover asks to be watched is watched.
func TestTheSignalsThatAreWorthAnAlertHaveOne(t *testing.T) {
	var exprs strings.Builder
	for _, a := range alerts.All() {
		exprs.WriteString(a.Expr + "\n")
	}
	for signal, metric := range map[string]string{
		"master_link_status": "redis_master_link_up", "master_repl_offset": "redis_master_repl_offset", "offsets of replicas": "redis_connected_slave_offset_bytes",
		"partial resyncs": "redis_replica_partial_resync_denied", "lag": "redis_connected_slave_lag_seconds", "backlog": "redis_replication_backlog_bytes",
		"aof_current_size": "redis_aof_current_size_bytes", "aof_last_write_status": "redis_aof_last_write_status",
		"rdb_last_save_time": "redis_rdb_last_save_timestamp_seconds", "rdb_last_bgsave_status": "redis_rdb_last_bgsave_status",
		"sentinels": "redis_sentinel_master_ok_sentinels", "flapping": "count_over_time(redis_sentinel_master_status", "cluster": "redis_cluster_state",
		"failovers": `redis_instance_info{role="master"} and`, "CPU steal": `mode="steal"`, "disk latency": "node_disk_write_time_seconds_total",
		"network drops": "node_network_receive_drop_total", "fragmentation": "redis_mem_fragmentation_ratio", "memory": "redis_memory_used_bytes",
		"eviction": "redis_evicted_keys_total", "links of Redis Enterprise": "database_syncer_current_status",
	} {
		if !strings.Contains(exprs.String(), metric) {
			t.Errorf("%s: no alert is about %s", signal, metric)
		}
	}
}

func TestWrite(t *testing.T) {
	var out bytes.Buffer
	if err := alerts.Write(&out, []alerts.Exporter{alerts.Redis, alerts.Enterprise}); err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(out.Bytes(), &file, yaml.Strict()); err != nil {
		t.Fatalf("%v in\n%s", err, &out)
	}
	if len(file.Groups) != 2 || file.Groups[0].Name != "aafailover redis_exporter" {
		t.Fatalf("%+v", file.Groups)
	}
	// What is read is what was written: no quotes and no line were lost on the way.
	for g, e := range []alerts.Exporter{alerts.Redis, alerts.Enterprise} {
		for i, a := range alerts.Of([]alerts.Exporter{e}) {
			got := file.Groups[g].Rules[i]
			if got.Alert != a.Name || got.Expr != a.Expr || got.Labels["severity"] != string(a.Severity) ||
				got.Annotations["summary"] != a.Summary || got.Annotations["description"] != a.Description {
				t.Errorf("%s became %+v", a.Name, got)
			}
			if got.For != map[string]string{"0s": "", "30s": "30s", "1m0s": "1m", "2m0s": "2m", "5m0s": "5m", "10m0s": "10m", "30m0s": "30m", "1h0m0s": "1h"}[a.For.String()] {
				t.Errorf("%s is for %v, and %q was written", a.Name, a.For, got.For)
			}
			if book := got.Annotations["runbook_url"]; book != "" && book != alerts.Runbook+"#"+a.Rule || (book == "") != (a.Rule == "") {
				t.Errorf("%s: the runbook is %q", a.Name, book)
			}
		}
	}
}

func TestParseExporters(t *testing.T) {
	got, err := alerts.ParseExporters([]string{"redis-enterprise", "redis_exporter", "redis-enterprise"})
	if err != nil || !slices.Equal(got, []alerts.Exporter{alerts.Redis, alerts.Enterprise}) {
		t.Errorf("%v, %v", got, err)
	}
	for name, advice := range map[string]string{"redis-exporter": "did you mean redis_exporter?", "x": "the exporters are redis_exporter, node_exporter, redis-enterprise, probe"} {
		_, err := alerts.ParseExporters([]string{name})
		if hints := hint.Of(err); !slices.Equal(hints, []string{advice}) {
			t.Errorf("%s: %q of %v", name, hints, err)
		}
	}
	if _, err := alerts.ParseExporters(nil); err == nil {
		t.Error("no exporter at all is taken")
	}
}
