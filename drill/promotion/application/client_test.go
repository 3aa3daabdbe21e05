package application_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/drill/promotion/application"
	"github.com/aafailover/aafailover/internal/resp"
)

// server answers each SET as it is told, and the other commands of a client's handshake as an old server does.
type server struct {
	address string

	mu      sync.Mutex
	answers []string // to the SETs that come, in turn, the last one for all further; "": it never answers, "close": it closes
}

func serve(t *testing.T, answers ...string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: l.Addr().String(), answers: answers}
	var conns []net.Conn
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns = append(conns, c)
			serving.Go(func() { s.talk(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		for _, c := range conns {
			_ = c.Close()
		}
		serving.Wait()
	})
	return s
}

func (s *server) talk(c net.Conn) {
	in := resp.NewReader(c)
	for {
		args, err := in.ReadCommand()
		if err != nil {
			return
		}
		answer := "+OK\r\n"
		switch strings.ToLower(string(args[0])) {
		case "set":
			answer = s.next()
		case "cluster": // it owns all slots
			host, port, _ := net.SplitHostPort(s.address)
			answer = fmt.Sprintf("*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$%d\r\n%s\r\n:%s\r\n$2\r\nid\r\n", len(host), host, port)
		case "hello", "command":
			answer = "-ERR unknown command\r\n"
		}
		if answer == "close" {
			_ = c.Close()
			return
		}
		if _, err := c.Write([]byte(answer)); err != nil {
			return
		}
	}
}

func (s *server) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	return answer
}

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

func plain(t *testing.T, address string) *application.Client {
	t.Helper()
	c := application.NewPlain(address, application.Options{Run: "run", Connections: 2, Dial: dial})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestWhatAnAnswerProvesOfAWrite(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		want         drill.Outcome
	}{
		{"OK acknowledges", "+OK\r\n", drill.Acknowledged},
		{"a replica refuses", "-READONLY You can't write against a read only replica.\r\n", drill.Rejected},
		{"a primary without enough replicas refuses", "-NOREPLICAS Not enough good replicas to write.\r\n", drill.Rejected},
		{"a full disk refuses", "-MISCONF Errors writing to the AOF file: No space left on device\r\n", drill.Rejected},
		{"another slot's owner is no proof that nothing was written before, but this one wrote nothing", "-MOVED 0 127.0.0.1:1\r\n", drill.Rejected},
		{"an error that nobody knows leaves it open", "-ERR something went wrong\r\n", drill.Indeterminate},
		{"a reply that is cut off leaves it open", "-READO", drill.Indeterminate},
		{"no reply leaves it open", "", drill.Indeterminate},
		{"a connection that ends leaves it open", "close", drill.Indeterminate},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.answer)
			limit := time.Minute
			if c.want == drill.Indeterminate {
				limit = 300 * time.Millisecond // nothing else ends the wait for a reply that does not come
			}
			l := drill.NewLedger("aafailover", "run", []int{0})
			client := plain(t, s.address)
			var a promotion.Answer
			for ; a.Outcome == drill.Inflight || a.Outcome == drill.Unsent; limit *= 2 { // a slow machine may not have sent it by then
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				a = client.Write(ctx, l.Key(l.Begin(0, 0)), []byte("value"), time.Minute)
				cancel()
			}
			if a.Outcome != c.want || a.By != s.address || (a.Err == nil) != (c.want == drill.Acknowledged) {
				t.Errorf("%v by %q (%v), want %v by %s", a.Outcome, a.By, a.Err, c.want, s.address)
			}
		})
	}
}

func TestAWriteThatFindsNobodyIsNotSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	if a := plain(t, closed).Write(t.Context(), "aafailover:{3560}:run:0", nil, time.Minute); a.Outcome != drill.Unsent || a.By != "" {
		t.Errorf("%v by %q", a.Outcome, a.By)
	}
}

// A cluster's client follows a redirection by itself: the write is acknowledged, and by whom is known.
func TestWhoAcknowledgedARedirectedWrite(t *testing.T) {
	to := serve(t, "+OK\r\n")
	from := serve(t, fmt.Sprintf("-MOVED 0 %s\r\n", to.address))
	c := application.NewCluster([]string{from.address}, application.Options{Run: "run", Connections: 2, Dial: dial})
	t.Cleanup(func() { _ = c.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if a := c.Write(ctx, "aafailover:{3560}:run:0", nil, time.Minute); a.Outcome != drill.Acknowledged || a.By != to.address {
		t.Errorf("%v by %q (%v), want acknowledged by %s", a.Outcome, a.By, a.Err, to.address)
	}
}

// What a client sends twice is open when the first attempt was not answered, although the second was refused.
func TestAnAttemptThatWasLeftOpenLeavesTheWriteOpen(t *testing.T) {
	s := serve(t, "close", "-CLUSTERDOWN The cluster is down\r\n")
	c := application.NewCluster([]string{s.address}, application.Options{Run: "run", Connections: 2, Dial: dial})
	t.Cleanup(func() { _ = c.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if a := c.Write(ctx, "aafailover:{3560}:run:0", nil, time.Minute); a.Outcome != drill.Indeterminate || a.Err == nil {
		t.Errorf("%v by %q (%v)", a.Outcome, a.By, a.Err)
	}
}

func TestARepointedClientWritesToTheOther(t *testing.T) {
	one, other := serve(t, "+OK\r\n"), serve(t, "+OK\r\n")
	c := plain(t, one.address)
	for i, want := range []*server{one, other} {
		if a := c.Write(t.Context(), fmt.Sprintf("aafailover:{3560}:run:%d", i), nil, time.Minute); a.By != want.address {
			t.Errorf("write %d was acknowledged by %q (%v), want %s", i, a.By, a.Err, want.address)
		}
		c.Repoint(other.address)
	}
}
