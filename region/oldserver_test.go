package region

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/slots"
)

// Servers that are old, or proxies that know little, refuse commands that newer
// ones take. None of these may stop a probe or a drill.
func TestServersThatRefuse(t *testing.T) {
	unknown := func(command string) string { return "-ERR unknown command '" + command + "'\r\n" }
	for _, test := range []struct {
		name    string
		refuses map[string]string // by the beginning of a command
		later   bool              // only once the connections are made
	}{
		{"CLUSTER", map[string]string{"CLUSTER": unknown("cluster")}, false},
		{"CLUSTER, as a proxy does", map[string]string{"CLUSTER": "-ERR command is not allowed\r\n"}, false},
		{"CLUSTER, without saying why", map[string]string{"CLUSTER": "-ERR\r\n"}, false},
		{"HELLO", map[string]string{"HELLO": unknown("hello")}, false},
		{"HELLO, to this user", map[string]string{"HELLO": "-NOPERM this user has no permissions to run the 'hello' command\r\n"}, false},
		{"HELLO, as a syntax error", map[string]string{"HELLO": "-ERR syntax error\r\n"}, false},
		{"another protocol than its own", map[string]string{"HELLO": "-NOPROTO unsupported protocol version\r\n"}, false},
		{"CLIENT", map[string]string{"CLIENT": unknown("client")}, false},
		{"CLIENT SETINFO, as a syntax error", map[string]string{"CLIENT": "-ERR syntax error\r\n"}, false},
		{"all of them", map[string]string{"CLUSTER": unknown("cluster"), "HELLO": unknown("hello"), "CLIENT": unknown("client"), "COMMAND": unknown("command"), "INFO": unknown("info")}, false},
		{"PING within a subscription, as before Redis 3.0",
			map[string]string{"PING": "-ERR only (P)SUBSCRIBE / (P)UNSUBSCRIBE / QUIT allowed in this context\r\n"}, true},
		{"PING to this user", map[string]string{"PING": "-NOPERM this user has no permissions to run the 'ping' command\r\n"}, false},
		{"PING within a subscription, with the answer of a plain connection", map[string]string{"PING": "+PONG\r\n"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				refuse := func() {
					f.instead(func(args []string) (string, bool) {
						reply, refused := test.refuses[args[0]]
						return reply, refused
					})
				}
				if !test.later {
					refuse()
				}
				m, err := Discover(t.Context(), us, Options{Dial: n.Dial})
				if err != nil || m.Source != slots.Single {
					t.Fatalf("%+v, %v", m, err)
				}
				if err := VerifyHashing(t.Context(), us, []string{k}, Options{Dial: n.Dial}); err != nil {
					t.Error(err)
				}
				e, sink := NewEndpoint(us, m, Options{Dial: n.Dial}), newRecorder()
				stop := running(t, e, [][]string{{k}}, sink)
				sink.await(t, "0 publish opened", "0 subscribe opened")
				refuse()
				time.Sleep(time.Minute) // 30 PINGs within the subscription
				e.Publish(0, 1, k, []byte("m"))
				sink.await(t, "0 #1 accepted 1", "0 "+k+": m")
				stop()
				sink.mu.Lock()
				if slices.ContainsFunc(sink.lines, func(line string) bool { return strings.Contains(line, "closed") }) {
					t.Errorf("a connection was lost: %q, %v", sink.lines, sink.errs)
				}
				sink.mu.Unlock()
				if !test.later {
					c := newClient(t, &n, us)
					if err := c.Connect(t.Context()); err != nil {
						t.Error(err)
					}
					if err := c.Write(t.Context(), k, []byte("v"), time.Minute); err != nil {
						t.Error(err)
					}
					if found, err := c.Read(t.Context(), []string{k}); err != nil || !found[0] {
						t.Error(found, err)
					}
				}
			})
		})
	}
}

// An error that answers nothing is the server's last word, on a subscribing
// connection too.
func TestAnErrorThatAnswersNothingEndsASubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		sink := newRecorder()
		running(t, NewEndpoint(us, one(at), Options{Dial: n.Dial}), [][]string{{k}}, sink)
		sink.await(t, "0 publish opened", "0 subscribe opened")
		f.push(k, "-ERR max number of clients reached\r\n")
		sink.await(t, "0 subscribe closed max_clients")
	})
}
