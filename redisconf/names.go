package redisconf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/internal/words"
)

// misnamed are names that guides and other programs use for directives, with those that a server knows.
func misnamed() map[string]string {
	return map[string]string{
		"replication-backlog-size":  "repl-backlog-size",
		"replication-backlog-ttl":   "repl-backlog-ttl",
		"replication-backlog":       "repl-backlog-size",
		"replication-timeout":       "repl-timeout",
		"replica-timeout":           "repl-timeout",
		"replication-diskless-sync": "repl-diskless-sync",
		"repl-diskless":             "repl-diskless-sync",
		"maxmemory-eviction-policy": "maxmemory-policy",
		"eviction-policy":           "maxmemory-policy",
		"memory-limit":              "maxmemory",
		"aof-enabled":               "appendonly",
		"aof":                       "appendonly",
		"aof-fsync":                 "appendfsync",
		"fsync":                     "appendfsync",
		"appendfsync-on-rewrite":    "no-appendfsync-on-rewrite",
		"aof-rewrite-percentage":    "auto-aof-rewrite-percentage",
		"aof-rewrite-min-size":      "auto-aof-rewrite-min-size",
		"rdb-save":                  "save",
		"snapshot":                  "save",
		"password":                  "requirepass",
		"auth":                      "requirepass",
		"master-password":           "masterauth",
		"primaryauth":               "masterauth",
		"primaryuser":               "masteruser",
		"primaryof":                 "replicaof",
		"bind-address":              "bind",
		"max-connections":           "maxclients",
		"min-replicas":              "min-replicas-to-write",
		"min-replicas-lag":          "min-replicas-max-lag",
		"output-buffer-limit":       "client-output-buffer-limit",
		"cluster-mode":              "cluster-enabled",
		"cluster":                   "cluster-enabled",
		"keyspace-events":           "notify-keyspace-events",
		"slowlog-threshold":         "slowlog-log-slower-than",
		"hash-max-zipmap-entries":   "hash-max-listpack-entries",
		"hash-max-zipmap-value":     "hash-max-listpack-value",
		"tls-enabled":               "tls-port",
		"lua-timeout":               "busy-reply-threshold",
		"script-timeout":            "busy-reply-threshold",
		"stop-writes-on-save-error": "stop-writes-on-bgsave-error",
	}
}

// gone are directives that earlier versions took.
func gone() map[string]string {
	return map[string]string{
		"vm-enabled": "2.6", "vm-swap-file": "2.6", "vm-max-memory": "2.6", "vm-page-size": "2.6", "vm-pages": "2.6", "vm-max-threads": "2.6",
		"glueoutputbuf": "2.2",
	}
}

// later are the directives that came after 7.0, with the version that brought them: the redis.conf of each. Of Valkey are those
// that Redis does not have.
func later() map[string]string {
	return map[string]string{
		"locale-collate": "7.2", "set-max-listpack-entries": "7.2", "set-max-listpack-value": "7.2", "cluster-announce-human-nodename": "7.2",
		"hide-user-data-from-log": "7.4", "max-new-connections-per-cycle": "7.4", "max-new-tls-connections-per-cycle": "7.4",
		"server-cpulist": "7.4", "bio-cpulist": "7.4", "aof-rewrite-cpulist": "7.4", "bgsave-cpulist": "7.4",
		"replica-full-sync-buffer-limit": "8.0", "cluster-compatibility-sample-ratio": "8.0",

		"dual-channel-replication-enabled": valkey, "availability-zone": valkey, "extended-redis-compatibility": valkey,
		"events-per-io-thread": valkey, "prefetch-batch-max-size": valkey, "cluster-slot-stats-enabled": valkey,
		"cluster-blacklist-ttl": valkey, "log-format": valkey, "log-timestamp-format": valkey,
	}
}

const valkey = "Valkey"

// takesLater tells whether a directive came after 7.0 and with the version that the server has, or before.
func (r Reading) takesLater(name string) bool {
	since, ok := later()[name]
	return ok && since != valkey && !olderThan(r.Version, since)
}

// olderThan compares the first two numbers of versions. What is no version is old.
func olderThan(version, than string) bool {
	parts := func(v string) (numbers [2]int) {
		for i, part := range strings.SplitN(v, ".", 3) {
			if i < len(numbers) {
				numbers[i], _ = strconv.Atoi(part)
			}
		}
		return numbers
	}
	a, b := parts(version), parts(than)
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) < 0
}

// withoutEffect tells whether a server takes a directive of earlier versions and does nothing about it.
func withoutEffect(name string) bool {
	return slices.Contains([]string{"list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"}, name)
}

// beside are directives that are not in the table, since they set nothing by themselves.
var beside = []string{"include", "loadmodule", "rename-command", "user", "sentinel"}

// nearest returns the directive that a name was probably meant to be.
func nearest(name string) (string, bool) {
	if right, ok := misnamed()[plainName(name)]; ok {
		return right, true
	}
	near, ok := words.Nearest(name, nameable.Get())
	return Modern(near), ok
}

// nameable are what a name can be meant to be, sorted: of several that are as near the first counts.
var nameable = lazy.Value[[]string]{Make: func() []string { return slices.Sorted(slices.Values(slices.Concat(beside, Names()))) }}

// plainName is a name in the spelling of directives.
func plainName(name string) string { return strings.ReplaceAll(name, "_", "-") }
