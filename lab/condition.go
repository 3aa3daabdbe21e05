package lab

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
)

// Condition is something that is wrong with a shard so that it answers some commands with an error: the Fault.Error of
// answer. Texts, and which commands get them, are those of redis-server 7.0.15 in the condition of that name.
type Condition string

// The conditions.
const (
	// Loading is a server that reads its data from disk.
	Loading Condition = "loading"
	// ClusterDown is a node of a cluster in which some slots are not served.
	ClusterDown Condition = "clusterdown"
	// ReadOnly is a replica.
	ReadOnly Condition = "readonly"
	// MasterDown is a replica without its primary, and with replica-serve-stale-data no.
	MasterDown Condition = "masterdown"
	// OutOfMemory is a server that is full and may not evict anything.
	OutOfMemory Condition = "oom"
	// NoReplicas is a primary with fewer replicas than min-replicas-to-write asks for.
	NoReplicas Condition = "noreplicas"
	// DiskError is a server that could not save its data (stop-writes-on-bgsave-error).
	DiskError Condition = "misconf"
	// Busy is a server that has been running a script for too long.
	Busy Condition = "busy"
	// MaxClients is a server that has as many connections as it may: those that it has go on.
	MaxClients Condition = "maxclients"
	// NoAuth is a server that was given another password: clients that have not been let in are not any more.
	NoAuth Condition = "noauth"
	// WrongPass is the same as NoAuth, by the name of what clients with a password see of it.
	WrongPass Condition = "wrongpass"
	// NoPerm is a user without permission for any channel.
	NoPerm Condition = "noperm"
	// NoPermKey is a user without permission for any key.
	NoPermKey Condition = "noperm-key"
	// NoPermPublish is a user who may not publish.
	NoPermPublish Condition = "noperm-publish"
	// NoPermSubscribe is a user who may not subscribe.
	NoPermSubscribe Condition = "noperm-subscribe"
	// NoPermWrite is a user who may not write.
	NoPermWrite Condition = "noperm-write"
	// NoPermCluster is a user who may not ask for the slot map.
	NoPermCluster Condition = "noperm-cluster"
)

// Conditions returns all conditions by name, ascending.
func Conditions() []Condition {
	var all []Condition
	for c := range conditions.Get() {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

// condition is what a Condition does.
type condition struct {
	name Condition
	// refuse returns the error that a request gets, or "".
	refuse func(r request) string
	// permission says that the refusal comes before the slot map is looked at, and that of clients who are not let in
	// before it.
	permission bool
	// secret says that no password is the right one for clients that come from now on.
	secret bool
	// full says that no client is accepted any more.
	full bool
	// replica says that the shard is one, in its own words.
	replica bool
	// drops, if not nil, tells which sessions end when the condition begins.
	drops func(*session) bool
}

// request is a command with its arguments. One of data and server is set: it is of the keyspace or of the front.
type request struct {
	data   *dataCommand
	server *command
	args   [][]byte
	keys   [][]byte // among them, of data
}

func (r request) name() string {
	if r.data != nil {
		return r.data.Name
	}
	return r.server.name
}

// fits says whether there are as many arguments as the command takes.
func (r request) fits() bool {
	if r.data != nil {
		return fits(r.data.Arity, len(r.args))
	}
	return fits(r.server.arity, len(r.args))
}

func (r request) is(names ...string) bool { return slices.Contains(names, r.name()) }

// full is the name as it stands in errors: with the subcommand, where the command is nothing without one.
func (r request) full() string {
	if r.is("client", "cluster", "config", "function", "pubsub") {
		return r.name() + "|" + strings.ToLower(printable(r.args[1]))
	}
	return r.name()
}

func (r request) writes() bool { return r.data != nil && r.data.Write }

// keyed says whether the request names keys.
func (r request) keyed() bool {
	return len(r.keys) > 0 || r.is("watch")
}

func (r request) publishes() bool { return r.is("publish", "spublish") }

func (r request) subscribes() bool { return r.is("subscribe", "psubscribe", "ssubscribe") }

// grows says whether Redis refuses the command when memory is full.
func (r request) grows() bool { return r.data != nil && r.data.grows }

// unready says whether Redis does not answer the command before it has valid data: what is not about data it does, PUBLISH
// and SUBSCRIBE included, but PING and FUNCTION it does not.
func (r request) unready() bool { return r.data != nil || r.is("ping", "wait", "asking", "function") }

// when returns a text for the requests that a condition is about.
func when(about func(request) bool, text string) func(request) string {
	return func(r request) string {
		if about(r) {
			return text
		}
		return ""
	}
}

// unlet is the refusal of whoever may not run the command.
func unlet(about func(request) bool) func(request) string {
	return func(r request) string {
		if about(r) {
			return "NOPERM this user has no permissions to run the '" + r.full() + "' command"
		}
		return ""
	}
}

const (
	errReadOnly   = "READONLY You can't write against a read only replica."
	errMasterDown = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
)

var conditions = lazy.Value[map[Condition]*condition]{Make: makeConditions}

func makeConditions() map[Condition]*condition {
	all := map[Condition]*condition{
		Loading: {refuse: when(func(r request) bool { return r.unready() || r.is("cluster") },
			"LOADING Redis is loading the dataset in memory")},
		ClusterDown: {refuse: when(request.keyed, "CLUSTERDOWN The cluster is down"), permission: true},
		ReadOnly:    {refuse: when(request.writes, errReadOnly), replica: true},
		MasterDown: {refuse: func(r request) string {
			return cmp.Or(when(request.writes, errReadOnly)(r), when(request.unready, errMasterDown)(r))
		}, replica: true},
		OutOfMemory: {refuse: when(request.grows, "OOM command not allowed when used memory > 'maxmemory'.")},
		NoReplicas:  {refuse: when(request.writes, "NOREPLICAS Not enough good replicas to write.")},
		DiskError: {refuse: when(func(r request) bool { return r.writes() || r.is("ping") },
			"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "+
				"Commands that may modify the data set are disabled, because this instance is configured to report errors "+
				"during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). "+
				"Please check the Redis logs for details about the RDB error.")},
		Busy: {refuse: when(func(r request) bool {
			return !r.is("hello", "auth", "quit", "reset", "multi", "discard", "watch", "unwatch")
		}, "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")},
		MaxClients: {full: true},
		NoAuth:     {secret: true},
		WrongPass:  {secret: true},
		NoPerm: {refuse: when(func(r request) bool { return r.publishes() || r.subscribes() },
			"NOPERM this user has no permissions to access one of the channels used as arguments"),
			permission: true, drops: (*session).subscribed},
		NoPermKey: {refuse: when(request.keyed,
			"NOPERM this user has no permissions to access one of the keys used as arguments"), permission: true},
		NoPermPublish:   {refuse: unlet(request.publishes), permission: true},
		NoPermSubscribe: {refuse: unlet(request.subscribes), permission: true},
		NoPermWrite:     {refuse: unlet(request.writes), permission: true},
		NoPermCluster:   {refuse: unlet(func(r request) bool { return r.is("cluster") }), permission: true},
	}
	for name, c := range all {
		c.name = name
	}
	return all
}

// healthy is the condition of a shard that no fault has brought into another.
var healthy = &condition{}

// loads is 1 while the shard reads its data from disk.
func (c *condition) loads() int {
	if c == conditions.Get()[Loading] {
		return 1
	}
	return 0
}

// role returns the word for a replica if the shard is one.
func (c *condition) role(replica string) string {
	if c.replica {
		return replica
	}
	return "master"
}

// answers returns the condition that the shard is in.
func (sh *shard) answers() *condition { return cmp.Or(sh.condition.Load(), healthy) }

// refusal returns the error that a request gets in the condition, at the time before or after permissions are looked at.
func (c *condition) refusal(r request, permission bool) string {
	if c.refuse == nil || c.permission != permission {
		return ""
	}
	return c.refuse(r)
}
