package enterprise_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/resttest"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

func TestADatabaseIsFoundByItsEndpoint(t *testing.T) {
	databases := []enterprise.Database{
		{UID: "1", Name: told("a"), Endpoints: []enterprise.Endpoint{{Name: "redis-12000.us.example", Port: 12000, Addresses: []string{"10.0.0.1", "10.0.0.2"}}}},
		{UID: "2", Name: told("b"), Endpoints: []enterprise.Endpoint{{Name: "redis-12001.us.example", Port: 12001, Addresses: []string{"10.0.0.1"}},
			{Name: "redis-12001.internal.us.example", Port: 12001, Addresses: []string{"2001:db8::1"}}}},
		{UID: "3", Endpoints: []enterprise.Endpoint{{Port: 12002}}},
	}
	for _, row := range []struct {
		name  string
		hosts []string
		port  int
		want  string // UID; "" for none
	}{
		{"by name and port", []string{"redis-12000.us.example"}, 12000, "1"},
		{"by name in capitals, with the dot at its end", []string{"Redis-12000.US.example."}, 12000, "1"},
		{"by one of its addresses", []string{"10.0.0.2"}, 12000, "1"},
		{"by the address that a name of the user's own leads to", []string{"cache.example", "10.0.0.1"}, 12001, "2"},
		{"by an address of a second endpoint, written otherwise", []string{"2001:DB8:0::1"}, 12001, "2"},
		{"not by the name with another port", []string{"redis-12000.us.example"}, 12001, ""},
		{"not by the port alone", []string{"redis-12000.eu.example", "10.0.0.9"}, 12000, ""},
		{"not by a name that is empty", []string{""}, 12002, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			found, ok := enterprise.At(databases, row.hosts, row.port)
			if found.UID != row.want || ok != (row.want != "") {
				t.Errorf("found %q, %v", found.UID, ok)
			}
		})
	}
	for service, want := range map[string]string{"b": "2", "b@internal": "2", "c": ""} {
		found, err := enterprise.DatabaseOf(config.Region{Service: service}, databases, nil)
		if found.UID != want || errors.Is(err, enterprise.ErrNoDatabase) != (want == "") {
			t.Errorf("by the name %s: %q, %v", service, found.UID, err)
		}
	}
}

func TestTheShardingOfADatabase(t *testing.T) {
	primary := func(uid string, ranges ...slots.Range) enterprise.Shard {
		return enterprise.Shard{UID: uid, Primary: true, Slots: told(ranges)}
	}
	for _, row := range []struct {
		name   string
		d      enterprise.Database
		shards []enterprise.Shard
		want   []slots.Shard
		err    string
	}{
		{"primaries own the slots, replicas do not", enterprise.Database{Hashing: told("16k")},
			[]enterprise.Shard{primary("1", slots.Range{First: 0, Last: 8191}), {UID: "2", Slots: told([]slots.Range{{First: 0, Last: 8191}})}, primary("3", slots.Range{First: 8192, Last: 16383})},
			[]slots.Shard{{ID: "1", Address: "h:1", Slots: []slots.Range{{First: 0, Last: 8191}}}, {ID: "3", Address: "h:1", Slots: []slots.Range{{First: 8192, Last: 16383}}}}, ""},
		{"a database that does not say how it counts", enterprise.Database{}, []enterprise.Shard{primary("1", slots.Range{First: 0, Last: 16383})},
			[]slots.Shard{{ID: "1", Address: "h:1", Slots: []slots.Range{{First: 0, Last: 16383}}}}, ""},
		{"one that counts otherwise", enterprise.Database{Hashing: told("legacy")}, []enterprise.Shard{primary("1", slots.Range{First: 1, Last: 4096})}, nil,
			"us: keys are hashed by another policy than that of Redis Cluster: legacy"},
		{"a primary that says nothing of slots", enterprise.Database{}, []enterprise.Shard{{UID: "7", Primary: true}}, nil, "us: shard 7 does not say which slots it owns"},
		{"no shards", enterprise.Database{}, nil, nil, "us: the database has no primary shards"},
		{"two owners of a slot", enterprise.Database{}, []enterprise.Shard{primary("1", slots.Range{First: 0, Last: 5}), primary("2", slots.Range{First: 5, Last: 9})}, nil,
			"us: slot 5 is owned by both shard 1 (h:1) and shard 2 (h:1)"},
		{"slots that there are not", enterprise.Database{}, []enterprise.Shard{primary("1", slots.Range{First: 0, Last: 16384})}, nil, "us: shard 1 (h:1): slots 0-16384 are not within 0-16383"},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, err := enterprise.Map("us", "h:1", row.d, row.shards)
			if err != nil || row.err != "" {
				if err == nil || err.Error() != row.err {
					t.Errorf("%v, want %s", err, row.err)
				}
				return
			}
			if diff := cmp.Diff(row.want, m.Shards); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is absent, or written in another form than the documents have, is unknown, and keeps nobody from the rest.
func TestWhatIsOfAnotherFormIsUnknown(t *testing.T) {
	describe := func(set func(*resttest.Cluster)) enterprise.Database {
		t.Helper()
		us, _ := resttest.Pair(t)
		set(us)
		d, err := client(t, us.API(), enterprise.Options{}).Database(t.Context(), "1")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, row := range []struct {
		name, field string
		value       any
		get         func(enterprise.Database) any
		want        any
	}{
		{"a number that is a text", "shards_count", "12", func(d enterprise.Database) any { return d.Shards }, told[int64](12)},
		{"a uid that is a text", "crdt_replica_id", "7", func(d enterprise.Database) any { return d.ReplicaID }, told("7")},
		{"a number that is none", "shards_count", "many", func(d enterprise.Database) any { return d.Shards }, vitals.Field[int64]{}},
		{"a fraction of a shard", "shards_count", 1.5, func(d enterprise.Database) any { return d.Shards }, vitals.Field[int64]{}},
		{"fewer than no shards", "shards_count", -1, func(d enterprise.Database) any { return d.Shards }, vitals.Field[int64]{}},
		{"nothing", "shards_count", nil, func(d enterprise.Database) any { return d.Shards }, vitals.Field[int64]{}},
		{"a flag that is a text", "crdt", "true", func(d enterprise.Database) any { return d.ActiveActive }, told(true)},
		{"a flag that is a list", "crdt", []any{}, func(d enterprise.Database) any { return d.ActiveActive }, vitals.Field[bool]{}},
		{"a name that is an object", "name", map[string]any{"x": 1}, func(d enterprise.Database) any { return d.Name }, vitals.Field[string]{}},
		{"sources that are no list", "crdt_sources", "none", func(d enterprise.Database) any { return d.Sources }, vitals.Field[[]enterprise.Source]{}},
		{"no sources", "crdt_sources", []any{}, func(d enterprise.Database) any { return d.Sources }, told([]enterprise.Source{})},
		{"sources that are no objects", "crdt_sources", []any{"eu"}, func(d enterprise.Database) any { return d.Sources }, vitals.Field[[]enterprise.Source]{}},
		{"rules that are no list", "shard_key_regex", "x", func(d enterprise.Database) any { return d.KeyRules }, vitals.Field[[]string]{}},
		{"no modules", "module_list", []any{}, func(d enterprise.Database) any { return d.Modules }, told([]enterprise.Module{})},
		{"a backlog in bytes, as a text", "crdt_repl_backlog_size", "1073741824", func(d enterprise.Database) any { return d.Backlog }, told[int64](1 << 30)},
		{"a backlog in bytes", "crdt_repl_backlog_size", 1 << 30, func(d enterprise.Database) any { return d.Backlog }, told[int64](1 << 30)},
		{"endpoints that are no list", "endpoints", 3, func(d enterprise.Database) any { return len(d.Endpoints) }, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := describe(func(us *resttest.Cluster) { us.Set(row.field, row.value) })
			if diff := cmp.Diff(row.want, row.get(d)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	d := describe(func(us *resttest.Cluster) { us.SetSource("uri", "redis://admin:a/b@c@[::1]:12000/0?x=y") })
	if got := d.Sources.Value[0].Address; got != "[::1]:12000" {
		t.Errorf("the address in a URI: %q", got)
	}
}
