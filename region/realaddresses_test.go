package region

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// A real cluster that announces names that mean nothing here: it is found, its
// shards are not reached and the hint says what to do, and either way to do it works.
func TestRealClusterThatAnnouncesNamesOfItsOwn(t *testing.T) {
	t.Parallel()
	nodes := redistest.Nodes(t, 2, "--cluster-announce-hostname", "node.internal", "--cluster-preferred-endpoint-type", "hostname")
	r := at2("us", nodes[0].Addr)
	// No name server is asked, which may be slow to say no.
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if hostOf(address) == "node.internal" {
			return nil, &net.DNSError{Name: "node.internal", IsNotFound: true}
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	for _, test := range []struct {
		name  string
		use   string
		rules []string
		host  string
	}{
		{"as announced", "announced", nil, "node.internal"},
		{"the host of the URL", "seed-host", nil, "127.0.0.1"},
		{"by a rule", "map", []string{"node.internal=localhost"}, "localhost"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := ParseAddresses(test.use, test.rules)
			if err != nil {
				t.Fatal(err)
			}
			o := Options{Dial: dial, Addresses: a}
			m, err := Discover(t.Context(), r, o)
			if err != nil || len(m.Shards) != 2 {
				t.Fatalf("%+v, %v", m, err)
			}
			e, sink := NewEndpoint(r, m, o), newRecorder()
			channels := channelPerShard(m)
			running(t, e, channels, sink)
			for i, s := range m.Shards {
				if want := fmt.Sprintf("%s:%d", test.host, nodes[i].Port); s.Address != want {
					t.Errorf("shard %d is at %s, want %s", i, s.Address, want)
				}
				if test.use == "announced" {
					sink.await(t, fmt.Sprintf("%d publish closed %v", i, probe.NameNotFound))
					continue
				}
				sink.await(t, fmt.Sprintf("%d publish opened", i), fmt.Sprintf("%d subscribe opened", i))
				e.Publish(i, uint64(i), channels[i][0], []byte("m"))
				sink.await(t, fmt.Sprintf("%d %s: m", i, channels[i][0]))
			}
			if test.use == "announced" {
				got := strings.Join(hint.Of(sink.firstError(t)), "")
				for _, want := range []string{"seed-host", "--address-map", "rladmin"} {
					if !strings.Contains(got, want) {
						t.Errorf("hint %q, want %q in it", got, want)
					}
				}
			}
		})
	}
}

// Sharded messages of a real cluster: each stays with its shard, and a shard that
// does not own a slot refuses it.
func TestRealShardedMessages(t *testing.T) {
	t.Parallel()
	nodes := redistest.Nodes(t, 2)
	r := at2("us", nodes[0].Addr)
	m := discover(t, r)
	o := Options{PubSub: Sharded}
	e, sink := NewEndpoint(r, m, o), newRecorder()
	channels := channelPerShard(m)
	channels[0] = append(channels[0], strings.Replace(channels[0][0], ":us", ":eu", 1), "aafailover:{2}:us") // {2} is of shard 0, and of another slot
	running(t, e, channels, sink)
	for i := range m.Shards {
		sink.await(t, fmt.Sprintf("%d publish opened", i), fmt.Sprintf("%d subscribe opened", i))
		for j, channel := range channels[i] {
			e.Publish(i, uint64(10*i+j), channel, []byte("m"))
			sink.await(t, fmt.Sprintf("%d #%d accepted 1", i, 10*i+j), fmt.Sprintf("%d %s: m", i, channel))
		}
	}
	e.Publish(1, 99, channels[0][0], nil)
	sink.await(t, "1 #99 refused moved")

	// A slot moves to the other shard while it is listened to.
	slot := fmt.Sprint(slots.Of(channels[0][0]))
	ids := []string{m.Shards[0].ID, m.Shards[1].ID}
	for _, step := range []struct {
		node int
		args []string
	}{{1, []string{"IMPORTING", ids[0]}}, {0, []string{"MIGRATING", ids[1]}}, {1, []string{"NODE", ids[1]}}, {0, []string{"NODE", ids[1]}}} {
		if v := nodes[step.node].Do(t, append([]string{"CLUSTER", "SETSLOT", slot}, step.args...)...); v.Str != "OK" {
			t.Fatal(v)
		}
	}
	sink.await(t, "0 subscribe closed moved")

	wrong := newRecorder()
	running(t, NewEndpoint(r, m, o), [][]string{channels[1], channels[0]}, wrong)
	wrong.await(t, "0 subscribe closed moved", "1 subscribe closed moved")
}
