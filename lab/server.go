package lab

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
)

func tellTime(s *session, _ [][]byte) {
	now := time.Now()
	s.reply = resp.AppendArrayLen(s.reply, 2)
	s.pair(strconv.FormatInt(now.Unix(), 10), strconv.Itoa(now.Nanosecond()/1000))
}

const errWaitReplica = "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica " +
	"is configured to be writable (which is not the default) writes to replicas are just local and are not propagated."

// wait answers as a primary without replicas: other regions are none, and WAIT does not reach them.
func wait(s *session, args [][]byte) {
	if s.shard.answers().replica {
		s.fail(errWaitReplica)
		return
	}
	for _, a := range args[1:] {
		if n, err := strconv.Atoi(string(a)); err != nil || n < 0 {
			s.fail("ERR value is not an integer or out of range")
			return
		}
	}
	s.reply = resp.AppendInt(s.reply, 0)
}

func role(s *session, _ [][]byte) {
	if s.shard.enter(s.done) != nil {
		s.ending = true
		return
	}
	offset := s.shard.log.next
	s.shard.mu.Unlock()
	s.reply = resp.AppendArrayLen(s.reply, 3)
	s.reply = resp.AppendBulk(s.reply, "master")
	s.reply = resp.AppendInt(s.reply, offset)
	s.reply = resp.AppendArrayLen(s.reply, 0)
}

// infoSections are the sections of INFO in their order.
var infoSections = []string{"server", "clients", "memory", "persistence", "replication", "modules", "cluster", "keyspace"}

func info(s *session, args [][]byte) {
	wanted := make(map[string]bool)
	for _, a := range args[1:] {
		switch section := strings.ToLower(string(a)); section {
		case "all", "default", "everything":
			clear(wanted)
		default:
			wanted[section] = true
		}
	}
	if s.shard.enter(s.done) != nil {
		s.ending = true
		return
	}
	keys, offset, incarnation, stale := s.shard.engine.Len(), s.shard.log.next, s.shard.history.incarnation, s.shard.stale
	s.shard.mu.Unlock()
	at, answers := s.shard.site(), s.shard.answers()

	var b strings.Builder
	for _, section := range infoSections {
		if len(wanted) > 0 && !wanted[section] {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString("# " + strings.ToUpper(section[:1]) + section[1:] + "\r\n")
		line := func(key string, value any) { fmt.Fprintf(&b, "%s:%v\r\n", key, value) }
		switch section {
		case "server":
			line("redis_version", redisVersion)
			line("redis_mode", "cluster")
			line("run_id", at.id)
			line("tcp_port", at.port)
			line("uptime_in_seconds", int(s.region.lab.now().Seconds()))
			line("aafailover_lab", 1)
			line("aafailover_region", s.region.name)
		case "clients":
			line("connected_clients", s.front.count())
			line("maxclients", maxClients)
		case "memory": // of which nobody keeps an account here
			line("maxmemory", 0)
			line("maxmemory_policy", "noeviction")
			line("number_of_cached_scripts", 0)
			line("number_of_functions", 0)
		case "persistence":
			line("loading", answers.loads())
			line("aof_enabled", aofEnabled(s.region.persistence))
		case "replication":
			line("role", answers.role("slave"))
			line("connected_slaves", 0)
			line("master_replid", incarnation)
			line("master_repl_offset", offset)
			line("repl_backlog_size", s.region.lab.config.Backlog)
			line("aafailover_stale", stale)
		case "cluster":
			line("cluster_enabled", 1)
		case "keyspace":
			if keys > 0 {
				line("db0", fmt.Sprintf("keys=%d,expires=0,avg_ttl=0", keys))
			}
		}
	}
	s.reply = resp.AppendBulk(s.reply, b.String())
}

func aofEnabled(p Persistence) int {
	if p == KeepNothing {
		return 0
	}
	return 1
}

// configure answers CONFIG GET for what clients are known to ask. Nothing can be set: faults are injected in other ways.
func configure(s *session, args [][]byte) {
	switch sub := strings.ToLower(string(args[1])); {
	case sub == "resetstat" && len(args) == 2:
		s.ok()
	case sub == "get" && len(args) > 2:
		s.reply = s.appendConfig(s.reply, args[2:])
	case sub == "get":
		s.fail(wrongNumber("config|get"))
	case sub == "set":
		s.fail("ERR CONFIG SET is not one of the lab's own engine; it is behind --engine redis-server")
	default:
		s.fail(unknownSubcommand("config", args[1]))
	}
}

func (s *session) appendConfig(dst []byte, patterns [][]byte) []byte {
	at := s.shard.site()
	settings := map[string]string{
		"appendfsync":                "everysec",
		"appendonly":                 "yes",
		"bind":                       at.host,
		"client-output-buffer-limit": fmt.Sprintf("normal 0 0 0 slave %d 0 0 pubsub %d 0 0", flightLimit, outputLimit),
		"cluster-enabled":            "yes",
		"databases":                  "1",
		"latency-monitor-threshold":  "0",
		"maxclients":                 strconv.Itoa(maxClients),
		"maxmemory":                  "0",
		"maxmemory-policy":           "noeviction",
		"min-replicas-max-lag":       "10",
		"min-replicas-to-write":      "0",
		"no-appendfsync-on-rewrite":  "no",
		"notify-keyspace-events":     "",
		"port":                       strconv.FormatInt(at.port, 10),
		"proto-max-bulk-len":         "536870912",
		"repl-backlog-size":          strconv.Itoa(s.region.lab.config.Backlog),
		"save":                       "",
		"timeout":                    "0",
	}
	switch s.region.persistence {
	case KeepAll:
		settings["appendfsync"] = "always"
	case KeepNothing:
		settings["appendonly"] = "no"
	}
	found := make(map[string]string)
	for name, value := range settings {
		for _, pattern := range patterns {
			if engine.Match(strings.ToLower(string(pattern)), name) {
				found[name] = value
			}
		}
	}
	dst = resp.AppendMapLen(dst, len(found), s.resp3)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		dst = resp.AppendBulk(dst, name)
		dst = resp.AppendBulk(dst, found[name])
	}
	return dst
}

// describeCommands answers COMMAND: what cluster clients read to find the keys in a request.
func describeCommands(s *session, args [][]byte) {
	if len(args) == 1 {
		s.reply = resp.AppendArrayLen(s.reply, commandCount())
		for c := range engine.Commands() {
			s.reply = appendDataCommand(s.reply, c)
		}
		for _, name := range slices.Sorted(maps.Keys(allCommands())) {
			s.reply = appendServerCommand(s.reply, allCommands()[name])
		}
		return
	}
	switch strings.ToLower(string(args[1])) {
	case "count":
		s.reply = resp.AppendInt(s.reply, int64(commandCount()))
	case "docs":
		s.reply = resp.AppendMapLen(s.reply, 0, s.resp3)
	case "info":
		s.reply = resp.AppendArrayLen(s.reply, len(args)-2)
		for _, name := range args[2:] {
			if c, ok := engine.Lookup(name); ok {
				s.reply = appendDataCommand(s.reply, c)
			} else if c := lookUp(name); c != nil {
				s.reply = appendServerCommand(s.reply, c)
			} else {
				s.reply = resp.AppendNullArray(s.reply, s.resp3)
			}
		}
	case "list":
		s.reply = resp.AppendArrayLen(s.reply, commandCount())
		for c := range engine.Commands() {
			s.reply = resp.AppendBulk(s.reply, c.Name)
		}
		for _, name := range slices.Sorted(maps.Keys(allCommands())) {
			s.reply = resp.AppendBulk(s.reply, name)
		}
	default:
		s.fail(unknownSubcommand("command", args[1]))
	}
}

func commandCount() int {
	n := len(allCommands())
	for range engine.Commands() {
		n++
	}
	return n
}

func appendDataCommand(dst []byte, c *engine.Command) []byte {
	flag := "readonly"
	if c.Write {
		flag = "write"
	}
	return appendCommand(dst, c.Name, c.Arity, flag, c.First, c.Last, c.Step)
}

func appendServerCommand(dst []byte, c *command) []byte {
	switch c.name {
	case "watch", "ssubscribe", "sunsubscribe":
		return appendCommand(dst, c.name, c.arity, "fast", 1, -1, 1)
	case "spublish":
		return appendCommand(dst, c.name, c.arity, "pubsub", 1, 1, 1)
	case "publish", "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "pubsub":
		return appendCommand(dst, c.name, c.arity, "pubsub", 0, 0, 0)
	}
	return appendCommand(dst, c.name, c.arity, "loading", 0, 0, 0)
}

// appendCommand adds one entry in the form of Redis 7, without categories, tips, key specifications and subcommands.
func appendCommand(dst []byte, name string, arity int, flag string, keys ...int) []byte {
	dst = resp.AppendArrayLen(dst, 10)
	dst = resp.AppendBulk(dst, name)
	dst = resp.AppendInt(dst, int64(arity))
	dst = resp.AppendArrayLen(dst, 1)
	dst = resp.AppendSimple(dst, flag)
	for _, k := range keys {
		dst = resp.AppendInt(dst, int64(k))
	}
	for range 4 {
		dst = resp.AppendArrayLen(dst, 0)
	}
	return dst
}
