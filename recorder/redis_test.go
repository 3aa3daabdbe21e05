package recorder_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

// patience is how long anything may take on a busy machine.
const patience = time.Minute

// recorded is a proxy with a Recorder, and what was entered of each connection through it.
type recorded struct {
	t     testing.TB
	proxy *proxy.Proxy
	rec   *recorder.Recorder

	mu   sync.Mutex
	conn []*entries
}

func newRecorded(t testing.TB) *recorded {
	t.Helper()
	r := &recorded{t: t}
	r.proxy = proxy.New(proxy.Options{Tap: r.tap})
	r.rec, _ = newRecorder(t, recorder.Region{Address: r.proxy.Addr})
	t.Cleanup(func() { _ = r.proxy.Close() })
	return r
}

func (r *recorded) tap(c proxy.Connection) proxy.Tap {
	e := &entries{t: r.t}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn = append(r.conn, e)
	return r.rec.Conn(0, c.Address, e)
}

// front is where the proxy listens for an address.
func (r *recorded) front(address string) string {
	r.t.Helper()
	at, err := r.proxy.Addr(address)
	if err != nil {
		r.t.Fatal(err)
	}
	return at
}

// end closes the proxy, and returns what was entered of each connection.
func (r *recorded) end() []*entries {
	r.t.Helper()
	if err := r.proxy.Close(); err != nil {
		r.t.Fatal(err)
	}
	for _, e := range r.conn {
		if left := e.unfinished(); e.lost || !e.ended || len(left) > 0 {
			r.t.Errorf("a connection was not understood %v, ended %v, unfinished %q", e.lost, e.ended, left)
		}
	}
	return r.conn
}

// client is a client with the defaults of its library but for what is sent unasked.
func client(t testing.TB, address string, protocol int) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: address, Protocol: protocol, ReadTimeout: patience, PoolTimeout: patience,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// What is entered of a service is what the server has counted: each command once, and answered.
func TestARealServerCountsTheSame(t *testing.T) {
	server := redistest.Start(t)
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprintf("RESP%d", protocol), func(t *testing.T) {
			server.Do(t, "FLUSHALL")
			server.Do(t, "CONFIG", "RESETSTAT")
			r := newRecorded(t)
			c := client(t, r.front(server.Addr), protocol)
			serve(t, c)
			_ = c.Close()
			got := make(map[string]int)
			for _, e := range r.end() {
				for _, op := range e.operations {
					name, _, _ := strings.Cut(strings.ToLower(op.words), " ")
					if op.reply != "refused" && !strings.HasPrefix(op.reply, "-ERR unknown subcommand") { // nor does the server count these
						got[name]++
					}
					if op.over != "delivered" {
						t.Errorf("%s = %s: %s", op.words, op.reply, op.over)
					}
				}
			}
			want := served(t, server)
			delete(want, "rpush") // called by a script
			for _, name := range []string{"info", "config"} {
				delete(want, name) // by this test
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// serve does what services do.
func serve(t *testing.T, c *redis.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	do := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for i := range 50 {
		do("set", c.Set(ctx, "k"+strconv.Itoa(i), strings.Repeat("x", i*i*10), 0).Err())
		do("get", c.Get(ctx, "k"+strconv.Itoa(i)).Err())
	}
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range 100 {
			p.Incr(ctx, "n")
			p.HSet(ctx, "h", i, "v")
		}
		p.HGetAll(ctx, "h")
		return nil
	})
	do("pipeline", err)
	_, err = c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, "tx", "1", 0)
		p.SAdd(ctx, "s", "a", "b")
		p.SMembers(ctx, "s")
		p.XAdd(ctx, &redis.XAddArgs{Stream: "x", Values: []string{"f", "v"}})
		return nil
	})
	do("transaction", err)
	err = c.Watch(ctx, func(tx *redis.Tx) error {
		do("set", c.Set(ctx, "tx", "2", 0).Err())
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "tx", "3", 0).Err() })
		return err
	}, "tx")
	if !errors.Is(err, redis.TxFailedErr) {
		t.Errorf("a transaction on a key that had changed: %v", err)
	}
	do("script", redis.NewScript("redis.call('rpush', KEYS[1], 'x') return {1, {2, 3}, 'four'}").Run(ctx, c, []string{"l"}).Err())
	do("blpop", c.BLPop(ctx, patience, "l").Err())
	if err := c.LPush(ctx, "tx", "x").Err(); err == nil || !strings.HasPrefix(err.Error(), "WRONGTYPE") {
		t.Errorf("lpush to a string: %v", err)
	}
	sub := c.Subscribe(ctx, "c1", "c2")
	defer sub.Close()
	for range 2 {
		_, err := sub.Receive(ctx)
		do("subscribe", err)
	}
	do("psubscribe", sub.PSubscribe(ctx, "p*"))
	_, err = sub.Receive(ctx)
	do("psubscribe", err)
	for _, channel := range []string{"c1", "c2", "p1"} {
		do("publish", c.Publish(ctx, channel, "hello").Err())
		_, err := sub.ReceiveMessage(ctx)
		do("message", err)
	}
	do("unsubscribe", sub.Unsubscribe(ctx))
	for range 2 {
		_, err := sub.Receive(ctx)
		do("unsubscribe", err)
	}
}

// served are the commands that a server has counted, by name.
func served(t *testing.T, server *redistest.Server) map[string]int {
	t.Helper()
	calls := make(map[string]int)
	stat := regexp.MustCompile(`cmdstat_([a-z]+)(?:\|[a-z]+)?:calls=(\d+)`)
	for _, m := range stat.FindAllStringSubmatch(server.Do(t, "INFO", "commandstats").Str, -1) {
		n, _ := strconv.Atoi(m[2])
		calls[m[1]] += n
	}
	return calls
}

// Each ECHO is entered with its own reply, whatever goes on around it.
func TestPairingOfARealServersReplies(t *testing.T) {
	server := redistest.Start(t)
	const rounds = 200
	understood := 0
	for round := range rounds {
		random := rand.New(rand.NewPCG(uint64(round), 5)) //nolint:gosec // what is repeatable is not to be secret
		r := newRecorded(t)
		script := chatter(random, round%2 == 0)
		server.Do(t, "FLUSHALL")
		read := talkTo(t, r.front(server.Addr), script, random)
		server.Do(t, "FLUSHALL")
		direct := talkTo(t, server.Addr, script, random)
		if err := r.proxy.Close(); err != nil {
			t.Fatal(err)
		}
		if a, b := alike(read), alike(direct); a != b {
			t.Fatalf("round %d: through the proxy\n%s\ndirectly\n%s", round, a, b)
		}
		for _, op := range r.conn[0].operations {
			own, isEcho := strings.CutPrefix(op.words, "ECHO ")
			if !isEcho || op.over != "delivered" || op.reply == own || strings.HasPrefix(op.reply, "-") || op.reply == "refused" {
				continue
			}
			t.Fatalf("round %d: %s = %s\n%s\n%s", round, op.words, op.reply, strings.Join(script, "\n"), strings.Join(r.conn[0].lines(), "\n"))
		}
		switch e := r.conn[0]; {
		case !e.lost:
			understood++
		case round%2 == 0: // an error behind a wish for silence can be a refusal
			t.Fatalf("round %d: not understood:\n%s\n%s", round, strings.Join(script, "\n"), strings.Join(e.lines(), "\n"))
		}
	}
	if understood == rounds/2 {
		t.Error("no service that asked for silence was understood")
	}
}

// alike leaves out what differs from one connection to the next.
func alike(read string) string {
	return regexp.MustCompile(`(?s)\$2\r\nid\r\n:\d+`).ReplaceAllString(read, "id")
}

// chatter is what a service may send that likes to try everything, save, if it talks, silence.
func chatter(random *rand.Rand, talks bool) []string {
	common := []string{
		"SET k v", "GET k", "INCR n", "LRANGE l 0 -1", "GET", "NOSUCH a", "PING", "PING x", "LPUSH k x", "HGETALL h", "SMEMBERS s", "\"GET\" 'k'",
	}
	rare := []string{
		"MULTI", "EXEC", "DISCARD", "WATCH k", "SUBSCRIBE a b", "PSUBSCRIBE p*", "SSUBSCRIBE s", "UNSUBSCRIBE", "UNSUBSCRIBE a", "PUNSUBSCRIBE", "SUNSUBSCRIBE s",
		"PUBLISH a x", "SPUBLISH s x", "HELLO 2", "HELLO 3", "RESET", "CLIENT REPLY ON", "CLIENT REPLY OFF", "CLIENT REPLY SKIP", "CLIENT REPLY MAYBE",
	}
	var script []string
	open := false
	for i := range 60 {
		line := common[random.IntN(len(common))]
		if random.IntN(3) == 0 {
			line = rare[random.IntN(len(rare))]
		}
		switch word, _, _ := strings.Cut(line, " "); {
		case word == "MULTI":
			open = true
		case word == "EXEC", word == "DISCARD", word == "RESET":
			open = false
		case talks && (line == "CLIENT REPLY OFF" || line == "CLIENT REPLY SKIP"):
			continue
		case open && (word == "CLIENT" || strings.HasSuffix(word, "SUBSCRIBE") || word == "HELLO"):
			continue // no client can tell what is answered to these in a transaction
		}
		script = append(script, line, fmt.Sprintf("ECHO %d", i))
	}
	return append(script, "RESET", "QUIT") // one that asked for silence is not closed
}

// talkTo sends lines in pieces of any size, and returns all that is answered.
func talkTo(t *testing.T, address string, script []string, random *rand.Rand) string {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(script, "\r\n") + "\r\n"
	for len(all) > 0 {
		n := 1 + random.IntN(len(all))
		if _, err := io.WriteString(c, all[:n]); err != nil {
			t.Fatal(err)
		}
		all = all[n:]
	}
	read, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(read)
}

// A cluster client is led from front to front, and never to a node.
func TestAClusterClientStaysInside(t *testing.T) {
	nodes := redistest.Cluster(t, 3)
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprintf("RESP%d", protocol), func(t *testing.T) {
			r := newRecorded(t)
			var mu sync.Mutex
			dialled := make(map[string]bool)
			c := redis.NewClusterClient(&redis.ClusterOptions{
				Addrs: []string{r.front(nodes[0])}, Protocol: protocol, ReadTimeout: patience,
				MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
				Dialer: func(ctx context.Context, network, address string) (net.Conn, error) {
					mu.Lock()
					dialled[address] = true
					mu.Unlock()
					return new(net.Dialer).DialContext(ctx, network, address)
				},
			})
			defer c.Close()
			for i := range 200 {
				if err := c.Set(t.Context(), fmt.Sprintf("%d:%d", protocol, i), i, 0).Err(); err != nil {
					t.Fatal(err)
				}
			}
			for _, say := range []func() (string, error){
				c.ClusterNodes(t.Context()).Result,
				func() (string, error) { return fmt.Sprint(c.ClusterShards(t.Context()).Val()), nil },
				func() (string, error) { return fmt.Sprint(c.Do(t.Context(), "CLUSTER", "SLOTS").Val()), nil },
			} {
				said, err := say()
				for _, node := range nodes {
					_, port, _ := net.SplitHostPort(node)
					if err != nil || strings.Contains(strings.ReplaceAll(said, "@"+port, ""), port) || len(said) < 100 {
						t.Errorf("of node %s: %v\n%s", node, err, said)
					}
				}
			}
			var fronts []string
			for _, node := range nodes {
				fronts = append(fronts, r.front(node))
			}
			slices.Sort(fronts)
			if diff := cmp.Diff(fronts, slices.Sorted(maps.Keys(dialled))); diff != "" {
				t.Errorf("dialled:\n%s", diff)
			}
			r.sameSlot(t, nodes)
			_ = c.Close()
			sets := 0
			for _, e := range r.end() {
				for _, line := range e.lines() {
					if strings.HasPrefix(line, "set ") && strings.HasSuffix(line, " = OK") {
						sets++
					}
				}
			}
			if got := r.rec.Rewriting(); sets != 200 || got.Rewritten < 6 || got.Unreadable+got.Unreachable > 0 {
				t.Errorf("%d sets, %+v", sets, got)
			}
		})
	}
}

// sameSlot asks all nodes for one key: all but one say that it has moved to the front of that one.
func (r *recorded) sameSlot(t *testing.T, nodes []string) {
	t.Helper()
	var owner string
	moved := make(map[string]int)
	for _, node := range nodes {
		c, err := net.DialTimeout("tcp", r.front(node), patience)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		if _, err := c.Write(resp.AppendCommand(nil, "GET", "k")); err != nil {
			t.Fatal(err)
		}
		v, err := resp.NewReader(c).ReadValue()
		_ = c.Close()
		switch {
		case err != nil:
			t.Fatal(err)
		case v.Err() == nil:
			owner = r.front(node)
		default:
			moved[v.Str]++
		}
	}
	if want := map[string]int{"MOVED 7629 " + owner: len(nodes) - 1}; !maps.Equal(want, moved) {
		t.Errorf("%v, want %v", moved, want)
	}
}
