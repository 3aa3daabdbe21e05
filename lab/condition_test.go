package lab_test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab"
)

// realConditions bring a real redis-server into each condition.
var realConditions = map[lab.Condition]func(t *testing.T) *redistest.Server{
	lab.Loading: func(t *testing.T) *redistest.Server {
		dir := t.TempDir()
		writer := redistest.Start(t, "--dir", dir, "--enable-debug-command", "yes", "--rdbcompression", "no")
		writer.Do(t, "DEBUG", "POPULATE", "6000", "key", "2048")
		writer.Do(t, "SAVE")
		writer.Kill()
		// 10 ms a key: a minute, and clients are served after each.
		return redistest.Start(t, "--dir", dir, "--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024")
	},
	lab.ClusterDown: func(t *testing.T) *redistest.Server {
		s := redistest.Start(t, "--cluster-enabled", "yes")
		s.Do(t, "CLUSTER", "ADDSLOTSRANGE", "0", "16382")
		redistest.Await(t, "a cluster that is down", func() bool {
			return s.Do(t, "GET", "k").Str == "CLUSTERDOWN The cluster is down"
		})
		return s
	},
	lab.ReadOnly: func(t *testing.T) *redistest.Server { return redistest.Replica(t, redistest.Start(t)) },
	lab.MasterDown: func(t *testing.T) *redistest.Server {
		primary := redistest.Start(t)
		replica := redistest.Replica(t, primary, "--replica-serve-stale-data", "no")
		primary.Kill()
		redistest.Await(t, "a replica without its primary", func() bool {
			return strings.Contains(replica.Do(t, "INFO", "replication").Str, "master_link_status:down")
		})
		return replica
	},
	lab.OutOfMemory: func(t *testing.T) *redistest.Server {
		s := redistest.Start(t, "--maxmemory", "1mb", "--maxmemory-policy", "noeviction")
		for key := byte('a'); !strings.HasPrefix(s.Do(t, "SET", "fill"+string(key), strings.Repeat("x", 1<<18)).Str, "OOM "); key++ {
			if key == 'z' {
				t.Fatal("the server takes whatever there is")
			}
		}
		return s
	},
	lab.NoReplicas: func(t *testing.T) *redistest.Server { return redistest.Start(t, "--min-replicas-to-write", "1") },
	lab.DiskError: func(t *testing.T) *redistest.Server {
		s := redistest.Start(t, "--save", "3600 1", "--enable-protected-configs", "yes")
		dir := s.Do(t, "CONFIG", "GET", "dir").Elems[1].Str
		if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
			t.Fatal(err)
		}
		s.Do(t, "CONFIG", "SET", "dbfilename", "folder") // which a file cannot replace
		s.Do(t, "BGSAVE")
		redistest.Await(t, "a save that failed", func() bool { return strings.HasPrefix(s.Do(t, "PING").Str, "MISCONF ") })
		return s
	},
	lab.Busy: func(t *testing.T) *redistest.Server {
		s := redistest.Start(t, "--busy-reply-threshold", "10")
		dialTCP(t, s.Addr).send("EVAL", "while true do end", "0")
		redistest.Await(t, "a server that is busy", func() bool { return strings.HasPrefix(s.Do(t, "GET", "k").Str, "BUSY ") })
		return s
	},
	lab.MaxClients: func(t *testing.T) *redistest.Server {
		s := redistest.Start(t, "--maxclients", "1")
		redistest.Await(t, "the only place", func() bool { return dialTCP(t, s.Addr).do("PING").Str == "PONG" })
		return s
	},
	lab.NoAuth:          func(t *testing.T) *redistest.Server { return redistest.Start(t, "--requirepass", "secret") },
	lab.WrongPass:       func(t *testing.T) *redistest.Server { return redistest.Start(t, "--requirepass", "secret") },
	lab.NoPerm:          realUser("resetchannels"),
	lab.NoPermKey:       realUser("resetkeys"),
	lab.NoPermPublish:   realUser("-publish", "-spublish"),
	lab.NoPermSubscribe: realUser("-subscribe", "-psubscribe", "-ssubscribe"),
	lab.NoPermWrite:     realUser("-@write"),
	lab.NoPermCluster:   realUser("-cluster"),
}

// realUser starts a server whose default user has some permissions less.
func realUser(rules ...string) func(t *testing.T) *redistest.Server {
	return func(t *testing.T) *redistest.Server {
		s := redistest.Start(t)
		if got := s.Do(t, append([]string{"ACL", "SETUSER", "default"}, rules...)...); got.Str != "OK" {
			t.Fatal(got)
		}
		return s
	}
}

// asked is what both are asked, each on a connection of its own.
var asked = []string{"PING", "PUBLISH c m", "SUBSCRIBE c", "SPUBLISH c m", "SSUBSCRIBE c", "SET k v", "GET k", "EXISTS k", "CLUSTER SLOTS",
	"CLUSTER SHARDS", "CLUSTER KEYSLOT k", "CLUSTER INFO", "PSUBSCRIBE c*", "UNSUBSCRIBE c", "SUNSUBSCRIBE c", "PUBSUB NUMSUB c", "SET k", "SET k v EX 10",
	"SETEX k 10 v", "SETNX k v", "GETSET k v", "APPEND k v", "INCR n", "DECRBY n 2", "MSET k v", "DEL k", "UNLINK k", "EXPIRE k 10", "PERSIST k",
	"GETDEL k", "MGET k", "STRLEN k", "TTL k", "TYPE k", "DBSIZE", "SCAN 0 COUNT 1000000", "TIME", "ECHO x", "HELLO", "HELLO 3", "HELLO 3 AUTH joe x",
	"AUTH joe x", "CLIENT ID", "CLIENT SETNAME x", "CLIENT LIST", "COMMAND COUNT", "CONFIG GET maxclients", "INFO", "ROLE", "WAIT 0 0",
	"MULTI", "WATCH k", "UNWATCH", "SELECT 0", "RESET", "QUIT"}

// varies are the requests whose answers are not the same anyway.
var varies = []string{"CLUSTER", "CLIENT", "COMMAND", "CONFIG", "HELLO", "INFO", "ROLE", "TIME", "DBSIZE", "SCAN"}

func TestAShardAnswersAsARealServerInTheSameCondition(t *testing.T) {
	for _, name := range lab.Conditions() {
		t.Run(string(name), func(t *testing.T) {
			bring := realConditions[name]
			if bring == nil {
				t.Fatal("no real server was ever seen in this condition")
			}
			t.Parallel()
			server := bring(t)
			l := startTCP(t, regions(1, "us"))
			address := addresses(t, l, "us")[0]
			if err := l.Inject(t.Context(), lab.Fault{Kind: lab.Answer, Region: "us", Error: name}); err != nil {
				t.Fatal(err)
			}
			refused := 0
			for _, request := range asked {
				args := strings.Fields(request)
				want, got := dialTCP(t, server.Addr).do(args...), dialTCP(t, address).do(args...)
				if want.Kind == resp.Error && strings.HasSuffix(want.Str, "cluster support disabled") {
					want = resp.Value{Kind: got.Kind} // that is another matter
				}
				if want.Kind == resp.Error {
					refused++
				}
				same := want.String() == got.String()
				if want.Kind != resp.Error && slices.Contains(varies, args[0]) {
					same = want.Kind == got.Kind
				}
				if !same {
					t.Errorf("%s: a real server answers %v, the lab %v", request, want, got)
				}
			}
			if refused == 1 { // SET without a value is wrong anywhere
				t.Error("nothing was refused")
			}
		})
	}
}

func TestFlagsOfCommandsAreThoseOfARealServer(t *testing.T) {
	server := redistest.Start(t)
	l := startTCP(t, regions(1, "us"))
	address := addresses(t, l, "us")[0]
	all := server.Do(t, "COMMAND").Elems
	for condition, flag := range map[lab.Condition]string{lab.OutOfMemory: "denyoom", lab.NoReplicas: "write", lab.Loading: "loading", lab.Busy: "allow_busy"} {
		if err := l.Inject(t.Context(), lab.Fault{Kind: lab.Answer, Region: "us", Error: condition}); err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			name, arity := c.Elems[0].Str, int(c.Elems[1].Int)
			if slices.Contains([]string{"client", "cluster", "config", "pubsub", "quit"}, name) {
				continue // their subcommands have flags of their own, and QUIT is always possible
			}
			args := []string{name}
			for range max(arity, -arity) - 1 {
				args = append(args, "1")
			}
			got := dialTCP(t, address).do(args...)
			if strings.HasPrefix(got.Str, "ERR unknown command") {
				continue
			}
			refused := slices.Contains([]string{"OOM", "NOREPLICAS", "LOADING", "BUSY"}, strings.Fields(got.Str + " -")[0])
			has := slices.ContainsFunc(c.Elems[2].Elems, func(v resp.Value) bool { return v.Str == flag })
			if permits := flag == "loading" || flag == "allow_busy"; refused != (has != permits) {
				t.Errorf("%s: %s has flag %s: %t, but refused: %t", condition, name, flag, has, refused)
			}
		}
	}
}

func TestWhoIsConnectedWhenAConditionBeginsIsTreatedAsByARealServer(t *testing.T) {
	for _, row := range []struct {
		why       string
		condition lab.Condition
		real      []string
	}{
		{"a new password is for those who come after it", lab.NoAuth, []string{"CONFIG", "SET", "requirepass", "secret"}},
		{"subscribers who lose the permission for their channel are disconnected", lab.NoPerm, []string{"ACL", "SETUSER", "default", "resetchannels"}},
		{"those who may not subscribe any more keep what they have", lab.NoPermSubscribe, []string{"ACL", "SETUSER", "default", "-subscribe"}},
	} {
		t.Run(row.why, func(t *testing.T) {
			server := redistest.Start(t)
			l := startTCP(t, regions(1, "us"))
			address := addresses(t, l, "us")[0]
			var seen [2]string
			for i, at := range []string{server.Addr, address} {
				subscriber, other := dialTCP(t, at), dialTCP(t, at)
				subscriber.do("SUBSCRIBE", "c")
				other.do("PING")
				if i == 0 {
					server.Do(t, row.real...)
				} else if err := l.Inject(t.Context(), lab.Fault{Kind: lab.Answer, Region: "us", Error: row.condition}); err != nil {
					t.Fatal(err)
				}
				seen[i] = subscriber.fate() + ", " + other.fate()
			}
			if seen[0] != seen[1] {
				t.Errorf("a subscriber and another on a real server: %s; in the lab: %s", seen[0], seen[1])
			}
		})
	}
}

// tcpClient is a connection over TCP.
type tcpClient struct {
	t      *testing.T
	conn   net.Conn
	reader *resp.Reader
}

func dialTCP(t *testing.T, address string) *tcpClient {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &tcpClient{t, conn, resp.NewReader(conn)}
}

func (c *tcpClient) send(args ...string) {
	c.t.Helper()
	if _, err := c.conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		c.t.Fatalf("%v: %v", args, err)
	}
}

// do sends a request and returns the first reply.
func (c *tcpClient) do(args ...string) resp.Value {
	c.t.Helper()
	c.send(args...)
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	v, err := c.reader.ReadValue()
	if err != nil {
		c.t.Fatalf("%v: %v", args, err)
	}
	return v
}

// fate tells what becomes of a PING.
func (c *tcpClient) fate() string {
	_, _ = c.conn.Write(resp.AppendCommand(nil, "PING"))
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	v, err := c.reader.ReadValue()
	if err != nil {
		return "disconnected"
	}
	return v.String()
}
