//go:build unix

package ask_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/ask"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/resttest"
	"github.com/aafailover/aafailover/region"
)

// managed is the region of a cluster manager, whose database nobody reaches.
func managed(name string, c *resttest.Cluster) config.Region {
	return config.Region{Name: name, Address: "redis-12000." + name + ".example:12000", API: c.API()}
}

// asManagers is how to ask regions of which only the REST API answers.
func asManagers(regions ...config.Region) ask.Config {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if !strings.HasPrefix(address, "127.0.0.1:") {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	lookUp := func(_ context.Context, name string) ([]string, error) {
		if name == "cache.us.example" {
			return []string{"192.0.2.10"}, nil
		}
		return []string{"192.0.2.99"}, nil
	}
	return ask.Config{Regions: regions, Options: region.Options{Timeout: 30 * time.Second, Dial: dial}, Measure: short, LookUp: lookUp}
}

func factsOfManagers(t *testing.T, regions ...config.Region) *check.Facts {
	t.Helper()
	f, err := ask.Facts(t.Context(), asManagers(regions...))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each rule of the REST API, by what two clusters say.
func TestRulesOfTheRESTAPI(t *testing.T) {
	type clusters = func(us, eu *resttest.Cluster)
	set := func(field string, value any) clusters {
		return func(us, _ *resttest.Cluster) { us.Set(field, value) }
	}
	both := func(field string, value any) clusters {
		return func(us, eu *resttest.Cluster) { us.Set(field, value); eu.Set(field, value) }
	}
	source := func(fieldsAndValues ...any) clusters {
		return func(us, _ *resttest.Cluster) {
			for i := 0; i < len(fieldsAndValues); i += 2 {
				us.SetSource(fieldsAndValues[i].(string), fieldsAndValues[i+1])
			}
		}
	}
	refuse := func(path string, status int) clusters {
		return func(us, _ *resttest.Cluster) { us.Instead(path, resttest.Refusal(status, "", "")) }
	}
	silent := func(us, _ *resttest.Cluster) {
		us.Instead("", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	}
	zero := time.Duration(0)
	tests := []struct {
		name   string
		rule   string
		change clusters
		target check.Target
		want   check.Outcome
		text   string // is a part of the worst finding, or of what to do about it
	}{
		{"two that answer", "api-answers", nil, check.Target{}, check.Passed, "it answers"},
		{"one that refuses the password", "api-answers", refuse("", 401), check.Target{}, check.Untold, "401 Unauthorized; that says nothing of the database; check the user and the password of the REST API of region us"},
		{"one that hangs up", "api-answers", silent, check.Target{}, check.Untold, "closed by the other side; that says nothing of the database"},
		{"one whose answer makes no sense", "api-answers", func(us, _ *resttest.Cluster) {
			us.Instead("", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>") })
		}, check.Target{}, check.Untold, "it is a page for people"},

		{"a database that is active", "api-database", nil, check.Target{}, check.Passed, "it is database 1 (sessions), which is active"},
		{"one in recovery", "api-database", set("status", "recovery"), check.Target{}, check.Broken, "which is recovery"},
		{"one that is changed", "api-database", set("status", "active-change-pending"), check.Target{}, check.Warned, "which serves, and is active-change-pending"},
		{"an endpoint that the cluster does not know", "api-database", func(us, _ *resttest.Cluster) { us.SetEndpoint("port", 12345) }, check.Target{}, check.Untold,
			"none of its databases has an endpoint at redis-12000.us.example:12000: it has redis-12000.us.example:12345, redis-12001.us.example:12001"},
		{"a database that may not be described", "api-database", refuse("/v1/bdbs/1", 403), check.Target{}, check.Untold, "403 Forbidden"},
		{"a cluster that says nothing", "api-database", silent, check.Target{}, check.Untold, "see api-answers"},

		{"regions of one database", "api-same-database", nil, check.Target{}, check.Passed, resttest.GUID + ": us and eu"},
		{"of two", "api-same-database", set("crdt_guid", "other"), check.Target{}, check.Broken, "they are of different Active-Active databases: " + resttest.GUID + ": eu; other: us"},
		{"of none", "api-same-database", set("crdt", false), check.Target{}, check.Broken, "us: its database is not Active-Active"},
		{"a GUID that is not told", "api-same-database", set("crdt_guid", nil), check.Target{}, check.Untold, "does not tell which"},

		{"no Replica Of", "api-not-replica-of", nil, check.Target{}, check.Passed, "it follows no other database"},
		{"a Replica Of", "api-not-replica-of", set("replica_sync", "enabled"), check.Target{}, check.Broken, "us: it is the target of a Replica Of, which is enabled"},
		{"nothing of a Replica Of", "api-not-replica-of", set("replica_sync", nil), check.Target{}, check.Untold, "does not tell"},

		{"regions that follow each other", "api-peers", nil, check.Target{}, check.Passed, "it takes in the writes of"},
		{"one that follows nobody", "api-peers", set("crdt_sources", []any{}), check.Target{}, check.Broken, "us: it does not take in the writes of eu, only those of nothing"},
		{"one that follows by another address, known by its replica", "api-peers", source("uri", "redis://x:y@10.0.0.7:12000"), check.Target{}, check.Passed, ""},
		{"one that follows by another id, known by its address", "api-peers", source("uid", 9), check.Target{}, check.Passed, ""},
		{"one that follows somebody else, who may be the other", "api-peers", source("uid", 9, "uri", "redis://x:y@10.0.0.7:12000"), check.Target{}, check.Untold,
			"it takes in the writes of nothing; besides from 10.0.0.7:12000"},
		{"sources that are not told", "api-peers", set("crdt_sources", nil), check.Target{}, check.Untold, "does not tell whose"},

		{"links in sync", "api-sync", nil, check.Target{}, check.Passed, "it takes in what the others write"},
		{"a synchronisation that was paused", "api-sync", set("crdt_sync", "paused"), check.Target{}, check.Broken, "the synchronisation is paused"},
		{"one that stopped", "api-sync", set("crdt_sync", "stopped"), check.Target{}, check.Broken, "the synchronisation is stopped"},
		{"a link that is not in sync", "api-sync", source("status", "out-of-sync", "last_error", "cannot connect to redis://admin:"+resttest.SourcePassword+"@h:1"), check.Target{}, check.Broken,
			"eu->us: out-of-sync; the last error was: cannot connect to redis://h:1"},
		{"a link that copies everything", "api-sync", source("status", "syncing", "rdb_size", 2e6, "rdb_transferred", 5e5), check.Target{}, check.Warned, "eu->us: syncing: 500 kB of 2 MB are copied"},
		{"an error that is over", "api-sync", source("last_error", "was lost"), check.Target{}, check.Passed, ""},
		{"a status that is not told", "api-sync", source("status", ""), check.Target{}, check.Untold, "eu->us: its status is not told"},

		{"little lag", "api-lag", nil, check.Target{}, check.Passed, "it is 40 ms behind"},
		{"a large one, by the source", "api-lag", source("lag", 2500), check.Target{}, check.Warned, "eu->us: it is 2.50 s behind, more than 500 ms"},
		{"a large one, by the statistics", "api-lag", func(us, _ *resttest.Cluster) { us.SetPeers("local_ingress_lag_time", 900.5) }, check.Target{}, check.Warned, "eu->us: it is 901 ms behind"},
		{"a link that is not in sync has none", "api-lag", source("status", "out-of-sync", "lag", 0), check.Target{}, check.Untold, "it is not in sync"},
		{"one that is told by the source alone", "api-lag", refuse("/v1/bdbs/1/peer_stats", 406), check.Target{}, check.Passed, "it is 40 ms behind"},

		{"available databases", "api-available", nil, check.Target{}, check.Passed, "its cluster calls it available"},
		{"one without a quorum", "api-available", func(us, _ *resttest.Cluster) { us.Unavailable("no_quorum", "no quorum") }, check.Target{}, check.Broken,
			"us: its cluster does not call it available: no_quorum (no quorum)"},
		{"a node that is not of its cluster", "api-available", refuse("/v1/bdbs/1/availability", 503), check.Target{}, check.Untold, "503 Service Unavailable"},
		{"a database that is gone meanwhile", "api-available", func(us, _ *resttest.Cluster) { us.Unavailable("db_not_found", "gone") }, check.Target{}, check.Untold, "db_not_found"},
		{"one that may not be asked", "api-available", refuse("/v1/bdbs/1/availability", 403), check.Target{}, check.Untold, "403 Forbidden"},

		{"databases that have caught up", "api-caught-up", nil, check.Target{}, check.Passed, "within its own tolerance (100 ms unless it was changed)"},
		{"one that is a little behind", "api-caught-up", func(us, _ *resttest.Cluster) { us.Behind(300) }, check.Target{}, check.Warned, "us: its cluster says that it is behind the others by more than its own tolerance (100 ms unless it was changed), and by less than 5.00 s"},
		{"one that is far behind", "api-caught-up", func(us, _ *resttest.Cluster) { us.Behind(9000) }, check.Target{}, check.Warned, "by more than 5.00 s: bdb_unavailable (BDB 1 is not available)"},
		{"one that is not Active-Active is never said to", "api-caught-up", both("crdt", false), check.Target{}, check.NotApplicable, "is never said to have caught up"},
		{"one that is not available at all", "api-caught-up", func(us, eu *resttest.Cluster) { us.Unavailable("no_quorum", ""); eu.Unavailable("no_quorum", "") }, check.Target{}, check.NotApplicable, "whatever its lag"},

		{"append-only files", "api-persistence", nil, check.Target{}, check.Passed, "it keeps an append-only file (appendfsync-every-sec)"},
		{"nothing on disk", "api-persistence", set("data_persistence", "disabled"), check.Target{}, check.Broken, "us: it keeps nothing on disk; crdb-cli"},
		{"snapshots", "api-persistence", set("data_persistence", "snapshot"), check.Target{}, check.Broken, "which Active-Active databases do not support"},
		{"files that are synced too seldom for a target", "api-persistence", nil, check.Target{RPO: &zero}, check.Warned, "loses up to a second"},
		{"files that are synced always", "api-persistence", both("aof_policy", "appendfsync-always"), check.Target{RPO: &zero}, check.Passed, ""},

		{"shards with replicas", "api-replication", nil, check.Target{}, check.Passed, "3 shards, each with a replica, all of them up"},
		{"no replicas", "api-replication", set("replication", false), check.Target{}, check.Broken, "its shards have no replicas"},
		{"a shard that lacks its replica", "api-replication", func(us, _ *resttest.Cluster) {
			us.SetShards(resttest.Shard(1, "master", "0-8191"), resttest.Shard("2", "slave", "0-8191"), resttest.Shard("3", "master", "8192-16383"))
		}, check.Target{}, check.Broken, "us: of 2 shards only 1 have a replica"},
		{"a shard that is down", "api-replication", func(us, _ *resttest.Cluster) {
			down := resttest.Shard(2, "slave", "0-16383")
			down["detailed_status"] = "down"
			us.SetShards(resttest.Shard(1, "master", "0-16383"), down)
		}, check.Target{}, check.Broken, "us shard 2: a replica, which is down"},
		{"shards that are not told", "api-replication", refuse("/v1/bdbs/1/shards", 500), check.Target{}, check.Untold, "its shards are not told"},

		{"a backlog that is left to the cluster", "api-backlog", nil, check.Target{Outage: time.Minute}, check.Passed,
			"1 kB/s sent to another region in the last second by 3 shards, alike = 333 bytes/s a shard x 1m of outage = 20 kB, and the backlog of a shard holds 10 MB (auto: 1% of 3,000 MB by 3 shards, within 1 and 250 MB)"},
		{"one that is too small", "api-backlog", func(us, _ *resttest.Cluster) { us.SetPeers("egress_bytes_decompressed", 3e6) }, check.Target{Outage: 10 * time.Minute}, check.Broken,
			"= 600 MB, and the backlog of a shard holds 10 MB (auto: 1% of 3,000 MB by 3 shards, within 1 and 250 MB): full after 10.00 s; crdb-cli crdb update --crdb-guid " + resttest.GUID},
		{"one of a given size", "api-backlog", both("crdt_repl_backlog_size", "1000"), check.Target{Outage: 10 * time.Minute}, check.Broken, "holds 1 kB: full after 3.00 s"},
		{"nothing of the rate", "api-backlog", refuse("/v1/bdbs/1/peer_stats", 406), check.Target{Outage: time.Minute}, check.Untold, "how much is written was not told; its backlog of 10 MB a shard"},
		{"nothing of the size", "api-backlog", set("memory_size", 0), check.Target{Outage: time.Minute}, check.Untold, "does not tell the size of its backlog"},

		{"standard hashing", "api-hashing", nil, check.Target{}, check.Passed, "hash_slots_policy 16k"},
		{"legacy slots", "api-hashing", set("hash_slots_policy", "legacy"), check.Target{}, check.Broken, "hash_slots_policy legacy"},
		{"rules of its own", "api-hashing", set("shard_key_regex", []any{map[string]any{"regex": `(?<tag>.*)_.*`}}), check.Target{}, check.Broken, "keys are hashed by rules of its own: (?<tag>.*)_.*"},
		{"nothing about slots", "api-hashing", set("hash_slots_policy", nil), check.Target{}, check.Untold, "does not tell how it counts slots"},

		{"the Cluster API, with external addresses", "api-cluster-api", nil, check.Target{}, check.Passed, "the Cluster API is on"},
		{"without it", "api-cluster-api", set("oss_cluster", false), check.Target{}, check.Warned, "the Cluster API is off"},
		{"with internal addresses", "api-cluster-api", func(us, _ *resttest.Cluster) { us.SetEndpoint("oss_cluster_api_preferred_ip_type", "internal") }, check.Target{}, check.Warned,
			"announces internal addresses for its external endpoint redis-12000.us.example:12000; rladmin tune db db:1 oss_cluster_api_preferred_ip_type external"},

		{"shards with the same slots", "api-shards", nil, check.Target{}, check.Passed, "3 shards: us and eu, with the same slots"},
		{"more shards in one", "api-shards", set("shards_count", 6), check.Target{}, check.Warned, "3 shards: eu; 6 shards: us"},
		{"as many, with other slots", "api-shards", func(us, _ *resttest.Cluster) {
			us.SetShards(resttest.Shard(1, "master", "0-1"), resttest.Shard(2, "master", "2-3"), resttest.Shard(3, "master", "4-16383"))
		}, check.Target{}, check.Warned, "3 shards: us and eu, with different slots"},
		{"a number that one does not tell", "api-shards", set("shards_count", nil), check.Target{}, check.Untold, ""},

		{"one version", "api-version", nil, check.Target{}, check.Passed, "7.4.0: us and eu"},
		{"two versions", "api-version", set("version", "7.2.4"), check.Target{}, check.Broken, "they differ: 7.2.4: us; 7.4.0: eu"},
		{"no version", "api-version", func(us, _ *resttest.Cluster) { us.Set("version", nil); us.Set("redis_version", nil) }, check.Target{}, check.Untold, "us: its REST API does not tell the version"},
		{"two sets of features", "api-version", func(us, _ *resttest.Cluster) {
			us.Instead("/v1/crdbs", func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode([]any{map[string]any{"guid": resttest.GUID, "featureset_version": 4}})
			})
		}, check.Target{}, check.Broken, "they differ: featureset 4: us; featureset 5: eu"},

		{"the same modules", "api-modules", nil, check.Target{}, check.Passed, "ReJSON is the same everywhere"},
		{"a module that one lacks", "api-modules", set("module_list", []any{}), check.Target{}, check.Broken, "ReJSON is not in us"},
		{"an older module", "api-modules", set("module_list", []any{map[string]any{"module_name": "ReJSON", "semantic_version": "2.0.0"}}), check.Target{}, check.Warned, "ReJSON differs: 2.0.0 in us; 2.8.4 in eu"},
		{"no modules anywhere", "api-modules", both("module_list", []any{}), check.Target{}, check.Passed, "no region has modules"},
		{"modules that are not told", "api-modules", set("module_list", nil), check.Target{}, check.Untold, "us: "},

		{"TLS", "api-tls", nil, check.Target{}, check.Passed, "its database takes TLS only"},
		{"TLS between regions", "api-tls", set("tls_mode", "replica_ssl"), check.Target{}, check.Warned, "clients speak to it in plain text"},
		{"no TLS", "api-tls", set("tls_mode", "disabled"), check.Target{}, check.Warned, "TLS is disabled"},
		{"TLS that is not told", "api-tls", set("tls_mode", nil), check.Target{}, check.Untold, ""},
	}
	tried := map[string]map[check.Outcome]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			us, eu := resttest.Pair(t)
			if tt.change != nil {
				tt.change(us, eu)
			}
			j := judge(t, tt.rule, factsOfManagers(t, managed("us", us), managed("eu", eu)), tt.target)
			found(t, j, tt.want, tt.text)
			for _, f := range j.Findings {
				if text := fmt.Sprint(f); strings.Contains(text, resttest.SourcePassword) || strings.Contains(text, resttest.Password) {
					t.Errorf("a password shows: %s", text)
				}
			}
			if tried[tt.rule] == nil {
				tried[tt.rule] = map[check.Outcome]bool{}
			}
			tried[tt.rule][tt.want] = true
		})
	}
	for _, r := range check.Rules() {
		if r.Group == check.Management && (!tried[r.ID][check.Passed] || !tried[r.ID][check.Untold] && !tried[r.ID][check.Warned] && !tried[r.ID][check.Broken]) {
			t.Errorf("%s was tried with %v only", r.ID, tried[r.ID])
		}
	}
}

func TestADatabaseIsFoundInItsCluster(t *testing.T) {
	us, eu := resttest.Pair(t)
	alias := managed("us", us)
	alias.Address = "cache.us.example:12000" // which leads to the address of the endpoint
	service := managed("us", us)
	service.Service, service.Discovery, service.Address = "sessions@internal", []string{"node1.us.example:8001"}, "sessions@internal@node1.us.example:8001"
	stranger := service
	stranger.Service = "carts"
	for _, row := range []struct {
		name string
		r    config.Region
		want string // Missing; "" where it is found
	}{
		{"by the name of its endpoint", managed("us", us), ""},
		{"by the address that another name leads to", alias, ""},
		{"by its own name, where a discovery service tells the endpoint", service, ""},
		{"not by a name that nobody has", stranger, "none of its databases is called carts"},
		{"not in another cluster", managed("us", eu), "none of its databases has an endpoint at redis-12000.us.example:12000: it has redis-12000.eu.example:12000, redis-12001.eu.example:12001"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := factsOfManagers(t, row.r).Regions[0].Management
			if m.Missing != row.want || m.Database.Known() != (row.want == "") {
				t.Errorf("%q, %v", m.Missing, m.Database)
			}
		})
	}
}

// An API that falls silent is not asked anything more; what it said before stays known.
func TestAnAPIThatFallsSilent(t *testing.T) {
	us, _ := resttest.Pair(t)
	us.Instead("/v1/bdbs/1/shards", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	m := factsOfManagers(t, managed("us", us)).Regions[0].Management
	const why = "ask for the shards of the database: closed by the other side"
	if !m.Database.Known() || m.Shards.Failed != why || m.Peers.Failed != why || m.Available.Failed != why {
		t.Errorf("%+v", m)
	}
	if last := us.Asked()[len(us.Asked())-1]; last != "/v1/bdbs/1/shards" {
		t.Errorf("asked %q", us.Asked())
	}
}

// The port of an API is one that is needed besides, and one that is closed is no failure of the API.
func TestThePortOfAnAPI(t *testing.T) {
	us, eu := resttest.Pair(t)
	gone := managed("eu", eu)
	gone.API.Address = "127.0.0.1:1"
	f := factsOfManagers(t, managed("us", us), gone)
	found(t, judge(t, "ports-open", f, check.Target{}), check.Warned, "eu (127.0.0.1:1): REST API: not open from here: connection refused")
	found(t, judge(t, "api-answers", f, check.Target{}), check.Untold, "connection refused")
	if ports := f.Regions[0].Ports; !slices.Equal(ports, []check.Port{{Address: us.API().Address, Use: check.UseREST}}) {
		t.Errorf("ports %v", ports)
	}
}

func TestNoAPIIsConfigured(t *testing.T) {
	us, _ := resttest.Pair(t)
	none := config.Region{Name: "eu", Address: "redis-12000.eu.example:12000"}
	for _, r := range check.Rules() {
		if r.Group == check.Management {
			found(t, judge(t, r.ID, factsOfManagers(t, none, config.Region{Name: "ap", Address: "ap.example:1"}), check.Target{}), check.NotApplicable, "--api NAME=https://USER@HOST:9443")
		}
	}
	j := judge(t, "api-tls", factsOfManagers(t, managed("us", us), none), check.Target{})
	if j.Outcome != check.Passed || j.Findings[1].Outcome != check.NotApplicable || j.Findings[1].Subject != "eu" {
		t.Errorf("%+v", j)
	}
}

// Whatever a cluster says, with all its fields and passwords in each reply: none of it is in the facts or in a finding.
func TestNoPasswordIsInFactsOrFindings(t *testing.T) {
	us, eu := resttest.Pair(t)
	us.Unfiltered()
	us.SetSource("last_error", "no "+resttest.SourcePassword)
	us.Unavailable("bdb_unavailable", "r3dis-pa55")
	f := factsOfManagers(t, managed("us", us), managed("eu", eu))
	result := check.Run(check.Rules(), f, check.Target{Outage: time.Minute}, true)
	var shown strings.Builder
	for _, j := range result.Rules {
		fmt.Fprintf(&shown, "%+v", j.Findings)
	}
	text, err := json.Marshal(f.Regions[0].Management)
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(text)
	for _, secret := range []string{resttest.Password, resttest.SourcePassword, "r3dis-pa55", "4dmin-pa55", "sa51-pa55", "c1uster-pa55", "PRIVATE KEY"} {
		if strings.Contains(shown.String(), secret) {
			t.Errorf("%s shows", secret)
		}
	}
}

// What ends the gathering ends the questions, too.
func TestAManagementPlaneThatHangs(t *testing.T) {
	us, _ := resttest.Pair(t)
	asked, hang := make(chan struct{}, 10), make(chan struct{})
	us.Instead("", func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-hang
	})
	t.Cleanup(func() { close(hang) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, err := ask.Facts(ctx, asManagers(managed("us", us)))
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
