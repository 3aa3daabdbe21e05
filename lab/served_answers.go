package lab

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
)

// servedCommands are those that the front answers for a server in its own way: with the server's help, or by a refusal.
var servedCommands = lazy.Value[map[string]*command]{Make: makeServedCommands}

func makeServedCommands() map[string]*command {
	all := make(map[string]*command)
	for _, c := range []command{
		{name: "ping", arity: -1, run: pingServer, transactional: true, subscribed: true},
		{name: "info", arity: -1, run: infoOfServer},
		{name: "config", arity: -2, run: configureServer},
		{name: "script", arity: -2, run: script},
	} {
		all[c.name] = &c
	}
	for names, why := range map[string]string{
		"move swapdb":        "is not allowed in cluster mode",
		"shutdown debug":     "is not possible in the lab: aafailover lab kill and hang do such things",
		"replicaof slaveof":  "is not possible in the lab: what a shard replicates is its streams",
		"failover":           "is not possible in the lab: aafailover lab promote does that",
		"sync psync":         "is not possible in the lab: the data of a shard is for its streams",
		"replconf monitor":   "is not possible in the lab",
		"acl module migrate": "is not possible in the lab",
		"restore-asking":     "is not possible in the lab",
	} {
		for _, name := range strings.Fields(names) {
			all[name] = &command{name: name, arity: -1, run: func(s *session, _ [][]byte) {
				s.fail("ERR " + strings.ToUpper(name) + " " + why)
			}}
		}
	}
	return all
}

// withServer does something with the server of the session's shard, under the shard's lock. It returns false when the server is
// gone.
func (s *session) withServer(do func(k *served) error) bool {
	if !s.inExec {
		if s.shard.enter(s.done) != nil {
			s.ending = true
			return false
		}
		defer s.shard.mu.Unlock()
	}
	k, ok := s.shard.keys.(*served)
	if !ok || k.try(do) != nil {
		s.giveUp()
		return false
	}
	return true
}

// pingServer answers what the server does not refuse, and nothing where it says nothing.
func pingServer(s *session, args [][]byte) {
	var refusal resp.Value
	if !s.withServer(func(k *served) error {
		if err := k.link().two.send(resp.AppendCommand(nil, "PING")); err != nil {
			return err
		}
		var err error
		refusal, err = k.link().two.reply()
		return err
	}) {
		return
	}
	if refusal.Err() != nil {
		s.fail(refusal.Str)
		return
	}
	ping(s, args)
}

// infoOfServer answers INFO as the server does, but for what is the front's: where it is and who its clients are.
func infoOfServer(s *session, args [][]byte) {
	var text string
	if !s.withServer(func(k *served) error {
		words := append([][]byte{[]byte("INFO")}, args[1:]...)
		if err := k.link().own.send(resp.AppendCommand(nil, words...)); err != nil {
			return err
		}
		v, err := k.link().own.reply()
		text = s.frontInfo(v.Str)
		return err
	}) {
		return
	}
	s.reply = resp.AppendBulk(s.reply, text)
}

// frontInfo puts into the text of INFO what is the front's. The caller holds the shard's lock.
func (s *session) frontInfo(text string) string {
	at, answers := s.shard.site(), s.shard.answers()
	instead := map[string]string{
		"redis_mode": "cluster", "server_mode": "cluster", "cluster_enabled": "1", "tcp_port": strconv.FormatInt(at.port, 10),
		"connected_clients": strconv.Itoa(s.front.count()), "maxclients": strconv.Itoa(maxClients),
	}
	if answers.replica {
		instead["role"] = answers.role("slave")
	}
	if answers.loads() > 0 {
		instead["loading"] = "1"
	}
	added := map[string]string{
		"# Server":      fmt.Sprintf("aafailover_lab:1\r\naafailover_region:%s\r\n", s.region.name),
		"# Replication": fmt.Sprintf("aafailover_stale:%t\r\n", s.shard.stale),
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		name, _, isField := strings.Cut(line, ":")
		value, ours := instead[name]
		switch {
		case isField && ours:
			fmt.Fprintf(&b, "%s:%s\r\n", name, value)
		case strings.HasPrefix(line, "db") && !strings.HasPrefix(line, "db0:"): // the lab's own
		default:
			b.WriteString(line)
			b.WriteString(added[strings.TrimSpace(line)])
		}
	}
	return b.String()
}

// labSettings are the settings of a server that are the lab's: where it is, who may do what, and that it is alone.
var labSettings = []string{"port", "bind", "bind-source-addr", "tls-port", "tls-cluster", "tls-replication", "unixsocket", "unixsocketperm",
	"dir", "dbfilename", "logfile", "pidfile", "protected-mode", "requirepass", "aclfile", "databases", "cluster-enabled", "replicaof",
	"masterauth", "masteruser", "notify-keyspace-events", "maxclients", "maxmemory-clients", "client-output-buffer-limit", "timeout"}

// configureServer answers CONFIG as the server does. What is the lab's cannot be set, and what is the front's is told as such.
func configureServer(s *session, args [][]byte) {
	sub := strings.ToLower(string(args[1]))
	switch sub {
	case "set":
		for i := 2; i < len(args); i += 2 {
			if name := strings.ToLower(string(args[i])); slices.Contains(labSettings, name) {
				s.fail("ERR CONFIG SET failed (possibly related to argument '" + printable(args[i]) + "') - it is the lab's own")
				return
			}
		}
	case "rewrite":
		s.fail("ERR CONFIG REWRITE is not possible in the lab: the settings of a server are those that the lab was started with")
		return
	}
	var reply []byte
	if !s.withServer(func(k *served) (err error) {
		if err = k.link().own.send(resp.AppendCommand(nil, args...)); err != nil {
			return err
		}
		if sub != "get" {
			reply, err = k.link().own.raw(nil)
			return err
		}
		v, err := k.link().own.reply()
		if err == nil {
			reply = s.frontSettings(v, args[2:])
		}
		return err
	}) {
		return
	}
	s.reply = append(s.reply, reply...)
}

// frontSettings is the answer to CONFIG GET with what is the front's.
func (s *session) frontSettings(v resp.Value, patterns [][]byte) []byte {
	if v.Err() != nil {
		return resp.AppendError(nil, v.Str)
	}
	at := s.shard.site()
	settings := make(map[string]string)
	for i := 0; i+1 < len(v.Elems); i += 2 {
		settings[v.Elems[i].Str] = v.Elems[i+1].Str
	}
	for name, value := range map[string]string{
		"port": strconv.FormatInt(at.port, 10), "bind": at.host, "cluster-enabled": "yes", "databases": "1",
		"maxclients": strconv.Itoa(maxClients),
	} {
		if slices.ContainsFunc(patterns, func(p []byte) bool { return engine.Match(strings.ToLower(string(p)), name) }) {
			settings[name] = value
		}
	}
	dst := resp.AppendMapLen(nil, len(settings), s.resp3)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		dst = resp.AppendBulk(resp.AppendBulk(dst, name), settings[name])
	}
	return dst
}

// script answers SCRIPT as the server does. SCRIPT KILL comes at a time at which another session holds the shard with a script,
// so it takes no lock.
func script(s *session, args [][]byte) {
	k, ok := s.shard.keys.(*served)
	if !ok {
		return
	}
	var reply []byte
	ask := func(l *link) (err error) {
		l.asking.Lock()
		defer l.asking.Unlock()
		if err = l.asks.send(resp.AppendCommand(nil, args...)); err == nil {
			reply, err = l.asks.raw(nil)
		}
		return err
	}
	if l := k.link(); ask(l) != nil {
		s.giveUp()
		return
	}
	s.reply = append(s.reply, reply...)
}
