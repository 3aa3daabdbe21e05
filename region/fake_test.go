package region

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
)

func contextFor(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(context.Background())
}

// fake is a server of a few commands whose answers a test can replace. It
// listens in memory, or wherever its listener does.
type fake struct {
	listener net.Listener
	running  sync.WaitGroup

	mu       sync.Mutex
	answer   func(args []string) (reply string, ok bool) // what it says instead; "" with ok: nothing
	conns    map[net.Conn]bool
	channels map[string]map[net.Conn]bool // by "S" for SUBSCRIBE or "SS" for SSUBSCRIBE, and the name
	keys     map[string]string
	log      []string // commands received
	idle     map[net.Conn]*idleness
	accepted int
}

func serve(t *testing.T, l net.Listener) *fake {
	t.Helper()
	f := &fake{listener: l, conns: make(map[net.Conn]bool), channels: make(map[string]map[net.Conn]bool), keys: make(map[string]string)}
	f.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns[c] = true
			f.accepted++
			f.mu.Unlock()
			f.running.Go(func() { f.talk(c) })
		}
	})
	t.Cleanup(f.stop)
	return f
}

// inMemory serves on a network of memory.
func inMemory(t *testing.T, n *memnet.Network, address string) *fake {
	t.Helper()
	l, err := n.Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l)
}

func (f *fake) stop() {
	_ = f.listener.Close()
	f.resetAll()
	f.running.Wait()
}

// resetAll resets every connection.
func (f *fake) resetAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		memnet.Reset(c)
	}
}

// instead replaces answers from now on.
func (f *fake) instead(answer func(args []string) (string, bool)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// says replaces the answer to one command.
func (f *fake) says(command, reply string) {
	f.instead(func(args []string) (string, bool) { return reply, strings.EqualFold(args[0], command) })
}

func (f *fake) received(command string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, line := range f.log {
		if strings.HasPrefix(line, command) {
			n++
		}
	}
	return n
}

// push sends raw bytes to whoever subscribed to a channel.
func (f *fake) push(channel, raw string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range []string{"S" + channel, "SS" + channel} {
		for subscriber := range f.channels[name] {
			_, _ = subscriber.Write([]byte(raw))
		}
	}
}

func (f *fake) talk(c net.Conn) {
	defer func() {
		f.mu.Lock()
		delete(f.conns, c)
		for _, subscribers := range f.channels {
			delete(subscribers, c)
		}
		f.mu.Unlock()
		_ = c.Close()
	}()
	r := resp.NewReader(c)
	for {
		raw, err := r.ReadCommand()
		if err != nil {
			return
		}
		args := make([]string, len(raw))
		for i, a := range raw {
			args[i] = string(a)
		}
		args[0] = strings.ToUpper(args[0])
		if !f.execute(c, args) {
			return
		}
	}
}

func (f *fake) execute(c net.Conn, args []string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, strings.Join(args, " "))
	f.heard(c)
	if f.answer != nil {
		if reply, ok := f.answer(args); ok {
			_, err := c.Write([]byte(reply))
			return err == nil
		}
	}
	var out []byte
	switch args[0] {
	case "PING":
		if f.isSubscribed(c) {
			out = resp.AppendCommand(out, "pong", "")
		} else {
			out = resp.AppendSimple(out, "PONG")
		}
	case "SUBSCRIBE", "SSUBSCRIBE":
		for i, channel := range args[1:] {
			name := strings.TrimSuffix(args[0], "UBSCRIBE") + channel // "S" or "SS"
			if f.channels[name] == nil {
				f.channels[name] = make(map[net.Conn]bool)
			}
			f.channels[name][c] = true
			out = resp.AppendArrayLen(out, 3)
			out = resp.AppendBulk(out, strings.ToLower(args[0]))
			out = resp.AppendBulk(out, channel)
			out = resp.AppendInt(out, int64(i+1))
		}
	case "PUBLISH", "SPUBLISH":
		name, kind := "S"+args[1], "message"
		if args[0] == "SPUBLISH" {
			name, kind = "SS"+args[1], "smessage"
		}
		for subscriber := range f.channels[name] {
			_, _ = subscriber.Write(resp.AppendCommand(nil, kind, args[1], args[2]))
		}
		out = resp.AppendInt(out, int64(len(f.channels[name])))
	case "SET":
		f.keys[args[1]] = args[2]
		out = resp.AppendSimple(out, "OK")
	case "EXISTS", "DEL":
		n := 0
		for _, key := range args[1:] {
			if _, ok := f.keys[key]; ok {
				n++
			}
			if args[0] == "DEL" {
				delete(f.keys, key)
			}
		}
		out = resp.AppendInt(out, int64(n))
	default:
		out = resp.AppendError(out, "ERR unknown command '"+args[0]+"', with args beginning with: '"+strings.Join(args[1:], "' '")+"'")
	}
	_, err := c.Write(out)
	return err == nil
}

func (f *fake) isSubscribed(c net.Conn) bool {
	for _, subscribers := range f.channels {
		if subscribers[c] {
			return true
		}
	}
	return false
}

// idleness is for how long nothing came over a connection.
type idleness struct {
	last time.Time
	most time.Duration
}

// heard notes that something came. The caller holds mu.
func (f *fake) heard(c net.Conn) {
	if f.idle == nil {
		f.idle = make(map[net.Conn]*idleness)
	}
	now := time.Now()
	was := f.idle[c]
	if was == nil {
		was = &idleness{last: now}
		f.idle[c] = was
	}
	was.most, was.last = max(was.most, now.Sub(was.last)), now
}

// longestIdle returns for how long a connection was idle, over all of them and up
// to now.
func (f *fake) longestIdle() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	most := time.Duration(0)
	for _, one := range f.idle {
		most = max(most, one.most, time.Since(one.last))
	}
	return most
}
