package region

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

const at = "us.example:6379"

var us = config.Region{Name: "us", Address: at}

// one is the map of a region of one shard.
func one(address string) slots.Map {
	return slots.Map{Region: "us", Source: slots.Single, Shards: []slots.Shard{{ID: "1", Address: address, Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}
}

func TestEndpointPublishesAndReceives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		inMemory(t, &n, at)
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
		stop := running(t, e, [][]string{{k}}, sink)
		sink.await(t, "0 publish opened", "0 subscribe opened")
		e.Publish(0, 1, k, []byte("hello"))
		e.Ping(0, 2)
		e.Publish(0, 3, "aafailover:{nobody}:us", nil)
		sink.await(t, "0 #1 accepted 1", "0 "+k+": hello", "0 #2 accepted -1", "0 #3 accepted 0")
		// An hour of silence: the connections stay as they are.
		time.Sleep(time.Hour)
		stop()
		sink.mu.Lock()
		defer sink.mu.Unlock()
		if got := len(sink.lines); got != 6 {
			t.Errorf("told %d things, want 6: %q", got, sink.lines)
		}
	})
}

func TestManyChannelsAreAllConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		inMemory(t, &n, at)
		var channels []string
		for i := range 3*channelsAtOnce + 1 {
			channels = append(channels, slots.Channel("aafailover", i, "us"))
		}
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
		running(t, e, [][]string{channels}, sink)
		sink.await(t, "0 subscribe opened", "0 publish opened")
		for i, channel := range channels {
			e.Publish(0, uint64(i), channel, []byte("x"))
			sink.await(t, "0 "+channel+": x")
		}
	})
}

// Every row is a server that does not do its part; it says what is told of it.
func TestWhatIsToldOfAServerThat(t *testing.T) {
	for _, test := range []struct {
		name   string
		server func(f *fake)
		told   []string
		within time.Duration // of simulated time, from the start
		text   string
	}{
		{"accepts and says nothing", func(f *fake) { f.instead(func([]string) (string, bool) { return "", true }) },
			[]string{"0 publish closed timeout", "0 subscribe closed timeout"}, DefaultTimeout, "us (us.example:6379): ping: no answer in time"},
		{"closes what it accepts", func(f *fake) { f.instead(func([]string) (string, bool) { go f.resetAll(); return "", true }) },
			[]string{"0 publish closed reset", "0 subscribe closed reset"}, 0, "us (us.example:6379): ping: connection reset by peer"},
		{"is not Redis", func(f *fake) { f.says("PING", "HTTP/1.1 400 Bad Request\r\n\r\n") },
			[]string{"0 publish closed protocol", "0 subscribe closed protocol"}, 0, "this looks like HTTP"},
		{"is not there", func(f *fake) { f.stop() },
			[]string{"0 publish closed refused", "0 subscribe closed refused"}, 0, "us (us.example:6379): connect: connection refused"},
		{"has no connection left", func(f *fake) { f.says("PING", "-ERR max number of clients reached\r\n") },
			[]string{"0 publish closed max_clients"}, 0, "us (us.example:6379): ping: ERR max number of clients reached"},
		{"wants a password", func(f *fake) { f.says("PING", "-NOAUTH Authentication required.\r\n") },
			[]string{"0 publish closed authentication"}, 0, "us (us.example:6379): ping: NOAUTH"},
		{"lets nobody subscribe", func(f *fake) {
			f.says("SUBSCRIBE", "-NOPERM this user has no permissions to access one of the channels used as arguments\r\n")
		}, []string{"0 publish opened", "0 subscribe closed permission"}, 0, "us (us.example:6379): subscribe: NOPERM"},
		{"does not confirm a subscription", func(f *fake) { f.says("SUBSCRIBE", "") },
			[]string{"0 publish opened", "0 subscribe closed timeout"}, DefaultTimeout, "us (us.example:6379): subscribe: no answer in time"},
		{"ends a subscription", func(f *fake) { f.says("SUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$1\r\nx\r\n:0\r\n") },
			[]string{"0 publish opened", "0 subscribe closed reset"}, 0, "us (us.example:6379): subscribe: the server ended the subscription"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				test.server(f)
				e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
				began := time.Now()
				running(t, e, [][]string{{k}}, sink)
				sink.await(t, test.told...)
				if took := time.Since(began); took != test.within {
					t.Errorf("told after %v, want %v", took, test.within)
				}
				if err := sink.firstError(t); !strings.Contains(err.Error(), test.text) {
					t.Errorf("error %q, want %q", err, test.text)
				}
			})
		})
	}
}

func TestAServerThatStopsAnsweringIsNoticedOnBothConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
		running(t, e, [][]string{{k}}, sink)
		sink.await(t, "0 publish opened", "0 subscribe opened")
		f.instead(func([]string) (string, bool) { return "", true }) // half-open: it takes everything and says nothing
		began := time.Now()
		e.Publish(0, 1, k, nil)
		e.Ping(0, 2)
		sink.await(t, "0 publish closed timeout", "0 #1 refused timeout", "0 #2 refused timeout")
		if took := time.Since(began); took != DefaultTimeout {
			t.Errorf("publishing noticed after %v, want %v", took, DefaultTimeout)
		}
		sink.await(t, "0 subscribe closed timeout")
		if took, most := time.Since(began), pingEvery+DefaultTimeout; took > most {
			t.Errorf("subscribing noticed after %v, want %v at the most", took, most)
		}
		f.instead(nil)
		began = time.Now()
		for sink.count("0 publish opened") < 2 || sink.count("0 subscribe opened") < 2 {
			time.Sleep(time.Millisecond)
		}
		if took, most := time.Since(began), DefaultTimeout+DefaultRedial; took > most {
			t.Errorf("back after %v, want %v at the most", took, most)
		}
	})
}

func TestRepliesThatRefuse(t *testing.T) {
	for _, test := range []struct{ name, command, reply, told string }{
		{"the slot has moved", "PUBLISH", "-MOVED 6237 10.0.0.9:6379\r\n", "0 #1 refused moved"},
		{"the cluster is down", "PUBLISH", "-CLUSTERDOWN The cluster is down\r\n", "0 #1 refused cluster_down"},
		{"no permission for the channel", "PUBLISH", "-NOPERM this user has no permissions\r\n", "0 #1 refused permission"},
		{"an error nobody knows", "PUBLISH", "-ERR strange\r\n", "0 #1 refused server_error"},
		{"the server loads its data", "PING", "-LOADING Redis is loading the dataset in memory\r\n", "0 #2 refused loading"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
				running(t, e, [][]string{{k}}, sink)
				sink.await(t, "0 publish opened")
				f.says(test.command, test.reply)
				e.Publish(0, 1, k, nil)
				e.Ping(0, 2)
				sink.await(t, test.told)
				sink.mu.Lock()
				defer sink.mu.Unlock()
				if slices.ContainsFunc(sink.lines, func(line string) bool { return strings.Contains(line, "closed") }) {
					t.Errorf("an error reply closed the connection: %q", sink.lines)
				}
			})
		})
	}
}

func TestWhatCannotBeSentIsRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
		e.Publish(0, 1, k, nil) // nobody to tell yet
		running(t, e, [][]string{{k}}, sink)
		sink.await(t, "0 publish closed refused")
		e.Publish(0, 2, k, nil)
		if sink.count("0 #2 refused refused") != 1 {
			t.Errorf("told %q", sink.lines)
		}
		sink.mu.Lock()
		defer sink.mu.Unlock()
		if sink.fates[1] != 0 {
			t.Error("told of what was published before Run")
		}
	})
}

func TestAPeerThatDoesNotReadFillsABoundedQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
		running(t, e, [][]string{{k}}, sink)
		sink.await(t, "0 publish opened")
		f.instead(func([]string) (string, bool) { return "", true })
		for i := range uint64(mostUnanswered + 10) {
			e.Ping(0, i)
		}
		sink.mu.Lock()
		if got := len(sink.errs); got != 10 {
			t.Errorf("%d were refused at once, want 10", got)
		}
		sink.mu.Unlock()
		time.Sleep(DefaultTimeout)
		synctest.Wait()
		sink.mu.Lock()
		defer sink.mu.Unlock()
		for i := range uint64(mostUnanswered + 10) {
			if sink.fates[i] != 1 {
				t.Fatalf("the fate of #%d was told %d times", i, sink.fates[i])
			}
		}
	})
}

// However connections are lost and servers hang, the fate of every message is
// told exactly once, and messages that were accepted arrived.
func TestEveryFateIsToldOnce(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 1))
		var n memnet.Network
		f := inMemory(t, &n, at)
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
		running(t, e, [][]string{{k}}, sink)
		sink.await(t, "0 publish opened", "0 subscribe opened")
		const messages = 5000
		for id := range uint64(messages) {
			if random.IntN(3) == 0 {
				e.Ping(0, id)
			} else {
				e.Publish(0, id, k, fmt.Append(nil, id))
			}
			switch random.IntN(100) {
			case 0:
				f.resetAll()
			case 1:
				f.instead(func([]string) (string, bool) { return "", true })
			case 2:
				f.instead(nil)
			case 3:
				f.says("PUBLISH", "-ERR strange\r\n")
			}
			if random.IntN(4) == 0 {
				time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
			}
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		sink.mu.Lock()
		defer sink.mu.Unlock()
		accepted := 0
		for id := range uint64(messages) {
			if sink.fates[id] != 1 {
				t.Fatalf("the fate of #%d was told %d times", id, sink.fates[id])
			}
		}
		for _, line := range sink.lines {
			if strings.HasSuffix(line, " accepted 1") {
				accepted++
			}
		}
		if accepted < messages/20 {
			t.Errorf("only %d of %d messages were accepted: nothing was tested", accepted, messages)
		}
	})
}

func TestPasswordsRotate(t *testing.T) {
	for _, test := range []struct {
		name     string
		change   bool // of the password between the first and the second reading
		attempts int  // AUTH that the server sees in the first second
		told     string
	}{
		{"the new password is read and tried at once", true, 2, "0 publish opened"},
		{"the same password is not tried again at once", false, 1, "0 publish closed authentication"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("REGION_TEST_PASSWORD", "old")
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				f.instead(func(args []string) (string, bool) {
					if args[0] != "AUTH" {
						return "", false
					}
					if test.change {
						t.Setenv("REGION_TEST_PASSWORD", "new")
					}
					if args[len(args)-1] == "new" {
						return "+OK\r\n", true
					}
					return "-WRONGPASS invalid username-password pair or user is disabled.\r\n", true
				})
				r := us
				r.User, r.Password = "probe", config.SecretEnv("REGION_TEST_PASSWORD")
				sink := newRecorder()
				stop := running(t, NewEndpoint(r, one(at), Options{Dial: n.Dial}), [][]string{nil}, sink)
				sink.await(t, test.told)
				time.Sleep(time.Second)
				stop()
				if got := f.received("AUTH probe old"); got < 1 || got > 2 { // one for each role
					t.Errorf("%d attempts with the old password", got)
				}
				if test.change && f.received("AUTH probe new") == 0 {
					t.Error("the new password was not tried")
				}
			})
		})
	}
}

func TestAServerThatRepeatsThePasswordDoesNotGetItPrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		inMemory(t, &n, at) // it does not know AUTH, and repeats the arguments
		r := us
		r.Password = config.SecretOf("hunter2hunter2")
		sink := newRecorder()
		running(t, NewEndpoint(r, one(at), Options{Dial: n.Dial}), [][]string{{k}}, sink)
		sink.await(t, "0 publish closed server_error")
		err := sink.firstError(t)
		for ; err != nil; err = unwrap(err) {
			if text := fmt.Sprintf("%v %+v %q", err, err, hint.Of(err)); strings.Contains(text, "hunter2") {
				t.Errorf("the password is printed: %s", text)
			}
		}
	})
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}

func TestRunWantsChannelsForEveryShard(t *testing.T) {
	err := NewEndpoint(us, one(at), Options{}).Run(t.Context(), nil, newRecorder())
	if err == nil || err.Error() != "us (us.example:6379): channels for 0 shards, but there are 1" {
		t.Error(err)
	}
}

// nowhere is a probe.Sink for benchmarks.
type nowhere struct{ recorder }

func (*nowhere) Message(int, []byte, []byte, time.Time) {}

func BenchmarkReceive(b *testing.B) {
	wire := resp.AppendCommand(nil, "message", k, strings.Repeat("x", 64))
	s := &subscriber{line: &line{}, words: &classicWords, sink: &nowhere{}}
	c := &conn{replies: resp.NewReaderLimits(forever(wire), resp.Limits{Buffer: subscriberBuffer})}
	b.ReportAllocs()
	for b.Loop() {
		kind, parts, err := c.replies.ReadFlat()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.receive(kind, parts, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

// forever is a reader of the same bytes again and again.
func forever(b []byte) *endless { return &endless{b: b} }

type endless struct {
	b  []byte
	at int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.b[e.at:])
	e.at = (e.at + n) % len(e.b)
	return n, nil
}

var _ probe.Sink = (*nowhere)(nil)
