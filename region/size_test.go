package region

import (
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// tally is a probe.Sink that only counts.
type tally struct {
	mu      sync.Mutex
	changed *sync.Cond
	opened  int
	got     int
}

func newTally() *tally {
	c := &tally{}
	c.changed = sync.NewCond(&c.mu)
	return c
}

func (c *tally) add(n *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
	c.changed.Broadcast()
}

func (c *tally) await(n *int, want int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for *n < want {
		c.changed.Wait()
	}
}

func (c *tally) Opened(int, probe.Role, time.Time)                              { c.add(&c.opened) }
func (c *tally) Closed(int, probe.Role, probe.Cause, error, time.Time)          {}
func (c *tally) Accepted(int, uint64, int, time.Time)                           { c.add(&c.got) }
func (c *tally) Refused(_ int, _ uint64, _ probe.Cause, err error, _ time.Time) { panic(err) }
func (c *tally) Message(int, []byte, []byte, time.Time)                         { c.add(&c.got) }

// parrot answers the commands of a probe with as little memory as possible, and
// delivers each message to the one connection that subscribed last.
func parrot(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	subscribers := make(map[string]net.Conn)
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				r := resp.NewReaderLimits(c, resp.Limits{Buffer: 512})
				for {
					args, err := r.ReadCommand()
					if err != nil {
						return
					}
					reply := []byte("+PONG\r\n")
					switch string(args[0]) {
					case "SUBSCRIBE":
						mu.Lock()
						subscribers[string(args[1])] = c
						mu.Unlock()
						reply = resp.AppendArrayLen(nil, 3)
						reply = resp.AppendBulk(reply, "subscribe")
						reply = resp.AppendBulk(reply, args[1])
						reply = resp.AppendInt(reply, 1)
					case "PUBLISH":
						mu.Lock()
						_, _ = subscribers[string(args[1])].Write(resp.AppendCommand(nil, []byte("message"), args[1], args[2]))
						mu.Unlock()
						reply = []byte(":1\r\n")
					}
					if _, err := c.Write(reply); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return l.Addr().String()
}

func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// What a region takes decides how many shards one observer can watch: 5 regions
// of 256 shards are to fit into 60 MB.
func TestMemoryOfARegionOf256Shards(t *testing.T) {
	const shards = 256
	address := parrot(t)
	m := slots.Map{Region: "us", Source: slots.Static}
	var channels [][]string
	for i, ranges := range slots.Even(shards) {
		m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(i), Address: address, Slots: ranges})
		channels = append(channels, []string{slots.Channel("aafailover", ranges[0].First, "us")})
	}
	before := memory()
	sink := newTally()
	e := NewEndpoint(at2("us", address), m, Options{Timeout: 20 * time.Second})
	stop := running(t, e, channels, sink)
	sink.await(&sink.opened, 2*shards)
	payload := make([]byte, 64)
	for round := range uint64(5) {
		for i := range shards {
			e.Publish(i, round*shards+uint64(i), channels[i][0], payload)
		}
		sink.await(&sink.got, 2*shards*int(round+1))
	}
	took := memory() - before
	stop()
	// The servers' side of the connections is part of it: a reader of 0.5 kB and a
	// goroutine each. 12 MB is a fifth of 60.
	t.Logf("%d kB for %d shards, the servers' side included", took>>10, shards)
	if took > 12<<20 {
		t.Errorf("%d MB for %d shards", took>>20, shards)
	}
}
