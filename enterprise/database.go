package enterprise

import (
	"context"
	"net"
	"net/url"
	"strconv"

	"github.com/aafailover/aafailover/vitals"
)

// Database is one database of a cluster, as its cluster manager describes it. Of a database from Databases only
// UID, Name and Endpoints are known.
// https://redis.io/docs/latest/operate/rs/references/rest-api/objects/bdb
type Database struct {
	UID    string
	Name   vitals.Field[string]
	Status vitals.Field[string] // "active", "recovery", …
	// Version is that of compatibility, RedisVersion that of the processes.
	Version, RedisVersion vitals.Field[string]
	// Memory is its limit in bytes, of primaries and replicas together; 0: none.
	Memory vitals.Field[int64]

	// Shards is the number of its primaries. Sharding says that it may have several; Replication, that each has a
	// replica.
	Shards                vitals.Field[int64]
	Sharding, Replication vitals.Field[bool]
	// KeyRules are the regular expressions by which keys are hashed, tried in this order. Hashing is "16k" for the
	// slots of Redis Cluster, "legacy" for 1-4096.
	KeyRules vitals.Field[[]string]
	Hashing  vitals.Field[string]

	Endpoints []Endpoint
	// ClusterAPI says that endpoints answer CLUSTER SLOTS and the like.
	ClusterAPI  vitals.Field[bool]
	ProxyPolicy vitals.Field[string]
	// TLS is "enabled", "disabled" or "replica_ssl", of which the last is for replication only.
	TLS vitals.Field[string]

	// Persistence is "disabled", "snapshot" or "aof"; AOFPolicy is how often that is synced.
	Persistence, AOFPolicy vitals.Field[string]
	Modules                vitals.Field[[]Module]
	// ReplicaOf is whether it follows another database: "enabled", "disabled", "paused" or "stopped".
	ReplicaOf vitals.Field[string]

	// ActiveActive says that it is one region of an Active-Active database; GUID is the same in all of them, and
	// ReplicaID tells them apart.
	ActiveActive vitals.Field[bool]
	GUID         vitals.Field[string]
	ReplicaID    vitals.Field[string]
	// Sync is whether it takes in what its sources write: "enabled", "disabled", "paused" or "stopped".
	Sync    vitals.Field[string]
	Sources vitals.Field[[]Source]
	// Backlog is what each shard keeps for the other regions, in bytes; BacklogAuto says that its size is left to the
	// cluster, and that Backlog is not told.
	Backlog     vitals.Field[int64]
	BacklogAuto bool
}

// Module is a module of a database.
type Module struct{ Name, Version string }

// Endpoint is where a database can be connected to.
type Endpoint struct {
	UID       string
	Name      string   // host name
	Addresses []string // IP addresses of the proxies behind it
	Port      int
	// Reach is "internal" or "external", as of what the addresses are; PreferredIP which ones the Cluster API announces.
	Reach, PreferredIP vitals.Field[string]
	ProxyPolicy        vitals.Field[string]
}

// Address is host:port of the endpoint.
func (e Endpoint) Address() string { return net.JoinHostPort(e.Name, strconv.Itoa(e.Port)) }

const (
	askingDatabases = "ask for its databases"
	askingDatabase  = "ask for the database"
)

// listed are the fields by which a database is found among the others.
const listed = "uid,name,endpoints"

// described are the fields of the one that was found. Without them, a reply has the passwords of the database in it.
const described = listed + ",status,version,redis_version,memory_size,shards_count,sharding,replication,shard_key_regex,hash_slots_policy," +
	"oss_cluster,proxy_policy,tls_mode,data_persistence,aof_policy,module_list,replica_sync," +
	"crdt,crdt_guid,crdt_replica_id,crdt_sources,crdt_sync,crdt_repl_backlog_size"

// Databases lists the databases of the cluster, with their endpoints. Errors: *Error.
func (c *Client) Databases(ctx context.Context) ([]Database, error) {
	var list []bdb
	hidden, err := c.get(ctx, askingDatabases, "/v1/bdbs", url.Values{"fields": {listed}}, &list)
	if err != nil {
		return nil, err
	}
	var databases []Database
	for _, one := range list {
		if d := one.database(hidden); d.UID != "" {
			databases = append(databases, d)
		}
	}
	return databases, nil
}

// Database describes the database with a UID. Errors: *Error.
func (c *Client) Database(ctx context.Context, uid string) (Database, error) {
	var one bdb
	hidden, err := c.get(ctx, askingDatabase, "/v1/bdbs/"+uid, url.Values{"fields": {described}}, &one)
	if err != nil {
		return Database{}, err
	}
	return one.database(hidden), nil
}

// bdb is a database as the API writes it.
type bdb struct {
	UID          loose `json:"uid"`
	Name         loose `json:"name"`
	Status       loose `json:"status"`
	Version      loose `json:"version"`
	RedisVersion loose `json:"redis_version"`
	Memory       loose `json:"memory_size"`
	Shards       loose `json:"shards_count"`
	Sharding     loose `json:"sharding"`
	Replication  loose `json:"replication"`
	KeyRules     several[struct {
		Regex loose `json:"regex"`
	}] `json:"shard_key_regex"`
	Hashing     loose             `json:"hash_slots_policy"`
	Endpoints   several[endpoint] `json:"endpoints"`
	ClusterAPI  loose             `json:"oss_cluster"`
	ProxyPolicy loose             `json:"proxy_policy"`
	TLS         loose             `json:"tls_mode"`
	Persistence loose             `json:"data_persistence"`
	AOFPolicy   loose             `json:"aof_policy"`
	Modules     several[struct {
		Name    loose `json:"module_name"`
		Version loose `json:"semantic_version"`
	}] `json:"module_list"`
	ReplicaOf    loose           `json:"replica_sync"`
	ActiveActive loose           `json:"crdt"`
	GUID         loose           `json:"crdt_guid"`
	ReplicaID    loose           `json:"crdt_replica_id"`
	Sources      several[source] `json:"crdt_sources"`
	Sync         loose           `json:"crdt_sync"`
	Backlog      loose           `json:"crdt_repl_backlog_size"`
}

func (b bdb) database(hidden discretion) Database {
	d := Database{
		UID: uidOf(b.UID), Name: hidden.field(b.Name), Status: hidden.field(b.Status), Version: hidden.field(b.Version), RedisVersion: hidden.field(b.RedisVersion),
		Memory: b.Memory.number(), Shards: b.Shards.number(), Sharding: b.Sharding.flag(), Replication: b.Replication.flag(), Hashing: hidden.field(b.Hashing),
		ClusterAPI: b.ClusterAPI.flag(), ProxyPolicy: hidden.field(b.ProxyPolicy), TLS: hidden.field(b.TLS),
		Persistence: hidden.field(b.Persistence), AOFPolicy: hidden.field(b.AOFPolicy), ReplicaOf: hidden.field(b.ReplicaOf),
		ActiveActive: b.ActiveActive.flag(), GUID: hidden.field(b.GUID), ReplicaID: hidden.field(b.ReplicaID), Sync: hidden.field(b.Sync),
		Backlog: b.Backlog.number(), BacklogAuto: b.Backlog.text == "auto",
	}
	for _, e := range b.Endpoints.list {
		d.Endpoints = append(d.Endpoints, e.endpoint(hidden))
	}
	for i := range b.KeyRules.list {
		d.KeyRules = vitals.FieldOf(append(d.KeyRules.Value, hidden.text(b.KeyRules.list[i].Regex.text)))
	}
	if b.Modules.told {
		d.Modules = vitals.FieldOf([]Module{})
	}
	for _, m := range b.Modules.list {
		d.Modules.Value = append(d.Modules.Value, Module{hidden.text(m.Name.text), hidden.text(m.Version.text)})
	}
	if len(b.Sources.list) > mostRegions {
		b.Sources = several[source]{}
	}
	d.Sources = fieldOf(b.Sources, func(s source) Source { return s.source(hidden) })
	return d
}

// uidOf is a UID that can stand in a path; "" for anything else.
func uidOf(l loose) string {
	if !isWord(l.text) {
		return ""
	}
	return l.text
}

// endpoint is one as the API writes it.
type endpoint struct {
	UID         loose          `json:"uid"`
	Name        loose          `json:"dns_name"`
	Addresses   several[loose] `json:"addr"`
	Port        loose          `json:"port"`
	Reach       loose          `json:"addr_type"`
	PreferredIP loose          `json:"oss_cluster_api_preferred_ip_type"`
	ProxyPolicy loose          `json:"proxy_policy"`
}

func (e endpoint) endpoint(hidden discretion) Endpoint {
	one := Endpoint{
		UID: hidden.text(e.UID.text), Name: hidden.text(e.Name.text), Port: int(min(e.Port.number().Value, 1<<16)),
		Reach: hidden.field(e.Reach), PreferredIP: hidden.field(e.PreferredIP), ProxyPolicy: hidden.field(e.ProxyPolicy),
	}
	for _, address := range e.Addresses.list {
		one.Addresses = append(one.Addresses, hidden.text(address.text))
	}
	return one
}
