package vitals

import (
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// lines are those of INFO: NAME:VALUE.
type lines struct {
	values  map[string]string
	modules Field[[]Module] // of which each line has the same name
	missing Standing        // of what is not among them
}

// mostModules bounds the modules that are looked at.
const mostModules = 200

func linesOf(info string) lines {
	l := lines{values: make(map[string]string)}
	for line := range strings.Lines(info) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		switch {
		case name == "# Modules" && !l.modules.Known():
			l.modules = FieldOf([]Module{})
		case !ok || strings.HasPrefix(name, "#"):
		case name == "module":
			l.modules = FieldOf(append(l.modules.Value, moduleOf(value)))
			l.modules.Value = l.modules.Value[:min(len(l.modules.Value), mostModules)]
		default:
			l.values[name] = value
		}
	}
	slices.SortStableFunc(l.modules.Value, func(a, b Module) int { return strings.Compare(a.Name, b.Name) })
	return l
}

// moduleOf takes name=ReJSON,ver=20407,api=1,filters=0,usedby=[],…
func moduleOf(text string) Module {
	parts := partsOf(text)
	return Module{Name: parts.values["name"], Version: parts.values["ver"]}
}

// partsOf takes NAME=VALUE,NAME=VALUE…
func partsOf(text string) lines {
	parts := lines{values: make(map[string]string)}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		parts.values[name] = value
	}
	return parts
}

// longest bounds a time in seconds, so that it is one for package time: some 136 years.
const longest = math.MaxUint32

func soundSeconds(n int64) bool { return n >= 0 && n <= longest }

// field takes a line of which parse makes a value, or says that it is none.
func field[T any](l lines, name string, parse func(string) (T, bool)) Field[T] {
	if text, ok := l.values[name]; ok {
		if value, ok := parse(text); ok {
			return FieldOf(value)
		}
		return Field[T]{}
	}
	return Field[T]{Standing: l.missing}
}

func (l lines) text(name string) Field[string] {
	return field(l, name, func(text string) (string, bool) { return text, text != "" })
}

// number takes what is counted, and so never negative: a server says -1 of what it does
// not know.
func (l lines) number(name string) Field[int64] {
	return field(l, name, func(text string) (int64, bool) {
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil && n >= 0
	})
}

func (l lines) ratio(name string) Field[float64] {
	return field(l, name, func(text string) (float64, bool) {
		x, err := strconv.ParseFloat(text, 64)
		return x, err == nil && x >= 0 && !math.IsInf(x, 0)
	})
}

// times takes a number of units, each of which is at most a second.
func (l lines) times(name string, unit time.Duration) Field[time.Duration] {
	return field(l, name, func(text string) (time.Duration, bool) {
		n, err := strconv.ParseInt(text, 10, 64)
		return time.Duration(n) * unit, err == nil && soundSeconds(n)
	})
}

func (l lines) seconds(name string) Field[time.Duration] { return l.times(name, time.Second) }

// moment takes seconds since 1970.
func (l lines) moment(name string) Field[time.Time] {
	return field(l, name, func(text string) (time.Time, bool) {
		n, err := strconv.ParseInt(text, 10, 64)
		return time.Unix(n, 0).UTC(), err == nil && n > 0 && soundSeconds(n)
	})
}

// word takes one of two words.
func (l lines) word(name, yes, no string) Field[bool] {
	return field(l, name, func(text string) (bool, bool) { return text == yes, text == yes || text == no })
}

func (l lines) flag(name string) Field[bool] { return l.word(name, "1", "0") }
func (l lines) ok(name string) Field[bool]   { return l.word(name, "ok", "err") }

// fill takes what INFO says.
func (s *Server) fill(l lines) {
	s.Name = l.text("server_name").or(serverName(l))
	s.Version = l.text("valkey_version").or(l.text("redis_version"))
	s.Mode = l.text("server_mode").or(l.text("redis_mode"))
	s.RunID = l.text("run_id")
	s.Enterprise = l.text("rlec_version")
	s.Uptime = l.seconds("uptime_in_seconds")
	s.Loading = l.flag("loading")
	s.Replication = l.replication()
	s.Persistence = Persistence{
		AOF: l.flag("aof_enabled"), AOFWriteOK: l.ok("aof_last_write_status"),
		AOFRewriteOK: l.ok("aof_last_bgrewrite_status"), AOFRewriting: l.flag("aof_rewrite_in_progress"),
		SaveOK: l.ok("rdb_last_bgsave_status"), Saving: l.flag("rdb_bgsave_in_progress"),
		LastSave: l.moment("rdb_last_save_time"), UnsavedWrites: l.number("rdb_changes_since_last_save"),
		LastSaveTook: l.seconds("rdb_last_bgsave_time_sec"),
	}
	s.Memory = Memory{
		Used: l.number("used_memory"), Uncounted: l.number("mem_not_counted_for_evict"), Limit: l.number("maxmemory"), Policy: l.text("maxmemory_policy"),
		Fragmentation: l.ratio("mem_fragmentation_ratio"), Wasted: l.number("mem_fragmentation_bytes"),
	}
	s.Stats = Stats{
		OpsPerSecond: l.number("instantaneous_ops_per_sec"), EvictedKeys: l.number("evicted_keys"),
		RejectedConnections: l.number("rejected_connections"),
		NetInput:            l.number("total_net_input_bytes"), NetOutput: l.number("total_net_output_bytes"),
		ReplicationInput: l.number("total_net_repl_input_bytes"), ReplicationOutput: l.number("total_net_repl_output_bytes"),
		LatestFork: l.times("latest_fork_usec", time.Microsecond),
	}
	s.Modules, s.Scripts = l.modules, l.number("number_of_cached_scripts")
	if !s.Modules.Known() {
		s.Modules.Standing = l.missing
	}
}

// serverName is that of a server that tells only its version.
func serverName(l lines) Field[string] {
	if l.text("redis_version").Known() {
		return FieldOf("redis")
	}
	return Field[string]{Standing: l.missing}
}

func (l lines) replication() Replication {
	r := Replication{
		Role: field(l, "role", roleOf), ID: l.text("master_replid"), Offset: l.number("master_repl_offset"),
		Replicas: l.followers(), PrimaryAddress: l.primaryAddress(),
		LinkUp: l.word("master_link_status", "up", "down"), LastIO: l.seconds("master_last_io_seconds_ago"),
		LinkDownFor: l.seconds("master_link_down_since_seconds"), Syncing: l.flag("master_sync_in_progress"),
		SyncTotal: l.number("master_sync_total_bytes"), SyncRead: l.number("master_sync_read_bytes"), SyncLeft: l.number("master_sync_left_bytes"),
		BacklogSize: l.number("repl_backlog_size"), BacklogUsed: l.number("repl_backlog_histlen"),
		FullSyncs: l.number("sync_full"), PartialSyncs: l.number("sync_partial_ok"), PartialFailures: l.number("sync_partial_err"),
	}
	if is(r.SyncTotal, 0) {
		// Without a file nobody knows beforehand how much there is, and 0 is what is said.
		r.SyncTotal, r.SyncLeft = Field[int64]{}, Field[int64]{}
	}
	if is(r.Role, Replica) {
		r.Offset = l.number("slave_repl_offset").or(r.Offset)
	}
	return r
}

func roleOf(text string) (Role, bool) {
	switch text {
	case "master", "primary":
		return Primary, true
	case "slave", "replica":
		return Replica, true
	}
	return "", false
}

func (l lines) primaryAddress() Field[string] {
	host, port := l.text("master_host"), l.text("master_port")
	if !host.Known() || !port.Known() {
		return host
	}
	return FieldOf(net.JoinHostPort(host.Value, port.Value))
}

// mostReplicas bounds the lines slave0, slave1 … that are looked for.
const mostReplicas = 1000

// followers takes slaveN:ip=…,port=…,state=online,offset=0,lag=0.
func (l lines) followers() Field[[]Follower] {
	count := l.number("connected_slaves")
	if !count.Known() {
		return Field[[]Follower]{Standing: count.Standing}
	}
	followers := []Follower{}
	for i := range min(count.Value, mostReplicas) {
		text, ok := l.values["slave"+strconv.FormatInt(i, 10)]
		if !ok {
			continue
		}
		followers = append(followers, followerOf(text))
	}
	slices.SortFunc(followers, func(a, b Follower) int { return strings.Compare(a.Address, b.Address) })
	return FieldOf(followers)
}

func followerOf(text string) Follower {
	parts := partsOf(text)
	return Follower{Address: net.JoinHostPort(parts.values["ip"], parts.values["port"]), State: parts.values["state"],
		Offset: parts.number("offset"), Lag: parts.seconds("lag")}
}

func join(host string, port resp.Value) string {
	return net.JoinHostPort(host, strconv.FormatInt(port.Int, 10))
}
