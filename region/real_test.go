//go:build unix

package region

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

func TestRealStandaloneServer(t *testing.T) {
	s := redistest.Start(t)
	r := at2("us", s.Addr)
	m := discover(t, r)
	if m.Source != slots.Single || len(m.Shards) != 1 || m.Shards[0].Address != s.Addr {
		t.Errorf("%+v", m)
	}
	if err := VerifyHashing(t.Context(), r, []string{k}, Options{}); err != nil {
		t.Error(err)
	}
	sink := newRecorder()
	e := NewEndpoint(r, m, Options{})
	stop := running(t, e, [][]string{{k}}, sink)
	sink.await(t, "0 publish opened", "0 subscribe opened")
	e.Publish(0, 1, k, []byte("m"))
	e.Ping(0, 2)
	sink.await(t, "0 #1 accepted 1", "0 #2 accepted -1", "0 "+k+": m")
	s.Kill()
	sink.await(t, "0 publish closed reset", "0 subscribe closed reset", "0 publish closed refused", "0 subscribe closed refused")
	stop()
}

func TestRealServerThatHangs(t *testing.T) {
	s := redistest.Start(t)
	r := at2("us", s.Addr)
	sink := newRecorder()
	e := NewEndpoint(r, one(s.Addr), Options{Timeout: 200 * time.Millisecond})
	running(t, e, [][]string{{k}}, sink)
	sink.await(t, "0 publish opened", "0 subscribe opened")
	s.Pause()
	e.Publish(0, 1, k, nil)
	sink.await(t, "0 #1 refused timeout", "0 publish closed timeout", "0 subscribe closed timeout")
	s.Continue()
	redistest.Await(t, "both connections open again", func() bool {
		return sink.count("0 publish opened") >= 2 && sink.count("0 subscribe opened") >= 2
	})
}

func TestRealPasswords(t *testing.T) {
	s := redistest.Start(t, "--requirepass", "right")
	open := redistest.Start(t)
	user := func(name, address string) config.Region {
		r := at2("us", address)
		r.User = name
		return r
	}
	for _, test := range []struct {
		name     string
		region   config.Region
		password config.Secret
		text     string
		hint     string
	}{
		{"the right one", at2("us", s.Addr), config.SecretOf("right"), "", ""},
		{"a wrong one", at2("us", s.Addr), config.SecretOf("wrong-but-secret"), "authenticate: WRONGPASS", "check the user and the password of region us"},
		{"none", at2("us", s.Addr), config.Secret{}, "ping: NOAUTH", "the server wants a password, and perhaps a user: put it into passwordFile or passwordEnv of region us, as in redis://USER@HOST:PORT?passwordEnv=VARIABLE"},
		{"one where none is needed", at2("us", open.Addr), config.SecretOf("wrong-but-secret"), "authenticate: ERR AUTH", "the default user of the server has no password: leave it out of the configuration of region us, or name the user that it is for: redis://USER@HOST:PORT"},
		{"none, and a user", user("bob", s.Addr), config.Secret{}, "ping: NOAUTH", "user bob has no password here: put it into passwordFile or passwordEnv of region us, as in redis://USER@HOST:PORT?passwordEnv=VARIABLE"},
		{"one that cannot be read", at2("us", s.Addr), config.SecretFile("/no/such/file"), "authenticate: read password: stat /no/such/file: no such file or directory",
			"passwordFile names a readable file with the password as its only line"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := test.region
			r.Password = test.password
			_, err := Discover(t.Context(), r, Options{})
			if test.text == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			want := fmt.Sprintf("us (%s): %s", r.Address, test.text)
			if err == nil || !strings.HasPrefix(err.Error(), want) || CauseOf(err) != probe.Authentication {
				t.Errorf("%q: %v, want %s", CauseOf(err), err, want)
			}
			if got := strings.Join(hint.Of(err), "; "); got != test.hint {
				t.Errorf("hint %q, want %q", got, test.hint)
			}
			if strings.Contains(fmt.Sprint(err, hint.Of(err)), "secret") {
				t.Errorf("the password is printed: %v", err)
			}
		})
	}
}

func TestRealCluster(t *testing.T) {
	nodes := redistest.Nodes(t, 3)
	r := at2("us", nodes[1].Addr)
	m := discover(t, r)
	if m.Source != slots.ClusterSlots || len(m.Shards) != 3 {
		t.Fatalf("%+v", m)
	}
	for i, ranges := range slots.Even(3) {
		if m.Shards[i].Address != nodes[i].Addr || !slices.Equal(m.Shards[i].Slots, ranges) {
			t.Errorf("shard %d: %+v, want %s %v", i, m.Shards[i], nodes[i].Addr, ranges)
		}
	}
	t.Run("CLUSTER SHARDS says the same", func(t *testing.T) {
		for _, n := range nodes {
			if v := n.Do(t, "ACL", "SETUSER", "default", "-cluster|slots"); v.Str != "OK" {
				t.Fatal(v)
			}
			defer n.Do(t, "ACL", "SETUSER", "default", "+cluster|slots")
		}
		got := discover(t, r)
		if got.Source != slots.ClusterShards || !slots.Equal(m, got) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("channels hash as we say", func(t *testing.T) {
		channels := channelPerShard(m)
		if err := VerifyHashing(t.Context(), r, slices.Concat(channels...), Options{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("every shard publishes and delivers", func(t *testing.T) {
		e, sink := NewEndpoint(r, m, Options{}), newRecorder()
		channels := channelPerShard(m)
		running(t, e, channels, sink)
		for i := range m.Shards {
			sink.await(t, fmt.Sprintf("%d publish opened", i), fmt.Sprintf("%d subscribe opened", i))
		}
		for i := range m.Shards {
			e.Publish(i, uint64(i), channels[i][0], []byte("m"))
			sink.await(t, fmt.Sprintf("%d #%d accepted 1", i, i), fmt.Sprintf("%d %s: m", i, channels[i][0]))
		}
	})
	t.Run("keys are written, read and deleted in all slots", func(t *testing.T) {
		c := NewClient(r, m, Options{})
		defer c.Close()
		var keys []string
		for slot := 0; slot < slots.Count; slot += 997 {
			key := slots.Channel("aafailover", slot, "run:1")
			keys = append(keys, key)
			if err := c.Write(t.Context(), key, []byte("v"), time.Minute); err != nil {
				t.Fatal(err)
			}
			if found, err := c.Read(t.Context(), []string{key}); err != nil || !found[0] {
				t.Fatal(found, err)
			}
		}
		if err := c.Delete(t.Context(), keys); err != nil {
			t.Error(err)
		}
		for _, n := range nodes {
			if got := n.Do(t, "DBSIZE").Int; got != 0 {
				t.Errorf("%s keeps %d keys", n.Addr, got)
			}
		}
	})
	t.Run("a wrong map is told by MOVED, and the write is rejected", func(t *testing.T) {
		wrong := slots.Map{Region: "us", Source: slots.Single, Shards: []slots.Shard{{ID: "1", Address: nodes[0].Addr, Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}
		c := NewClient(r, wrong, Options{})
		defer c.Close()
		err := c.Write(t.Context(), slots.Channel("aafailover", slots.Count-1, "x"), nil, time.Minute)
		if !errors.Is(err, drill.ErrRejected) || CauseOf(err) != probe.Moved {
			t.Error(err)
		}
	})
	t.Run("a database is refused", func(t *testing.T) {
		r := r
		r.Database = 1
		if _, err := Discover(t.Context(), r, Options{}); err == nil || !strings.Contains(err.Error(), "database 1, but the region is a cluster") {
			t.Error(err)
		}
	})
	t.Run("two nodes of one cluster are one region", func(t *testing.T) {
		other := at2("eu", nodes[2].Addr)
		pairs, err := SameServers(t.Context(), []*Endpoint{NewEndpoint(r, m, Options{}), NewEndpoint(other, discover(t, other), Options{})})
		if err != nil || !slices.Equal(pairs, [][2]string{{"us", "eu"}}) {
			t.Errorf("%v, %v", pairs, err)
		}
	})
}

func TestRealSameServers(t *testing.T) {
	a, b := redistest.Start(t), redistest.Start(t)
	replica := redistest.Replica(t, a)
	endpoint := func(name, address string) *Endpoint {
		return NewEndpoint(at2(name, address), one(address), Options{Timeout: 10 * time.Second})
	}
	mute := speaker(t, "", false)
	local := func(s *redistest.Server) string { return net.JoinHostPort("localhost", strconv.Itoa(s.Port)) }
	for _, test := range []struct {
		name      string
		endpoints []*Endpoint
		want      [][2]string
	}{
		{"two servers", []*Endpoint{endpoint("us", a.Addr), endpoint("eu", b.Addr)}, nil},
		{"one server under two names", []*Endpoint{endpoint("us", a.Addr), endpoint("eu", b.Addr), endpoint("ap", local(a))}, [][2]string{{"us", "ap"}}},
		{"one server under three names", []*Endpoint{endpoint("us", a.Addr), endpoint("eu", local(a)), endpoint("ap", "[::ffff:127.0.0.1]:"+strconv.Itoa(a.Port))},
			[][2]string{{"us", "eu"}, {"us", "ap"}, {"eu", "ap"}}},
		{"a primary and its replica are two", []*Endpoint{endpoint("us", a.Addr), endpoint("eu", replica.Addr)}, nil},
		{"a region that is not there", []*Endpoint{endpoint("us", a.Addr), endpoint("eu", closedPort(t)), endpoint("ap", local(a))}, [][2]string{{"us", "ap"}}},
		{"a region that says nothing", []*Endpoint{endpoint("us", a.Addr), NewEndpoint(at2("eu", mute), one(mute), Options{Timeout: 500 * time.Millisecond})}, nil},
		{"one region", []*Endpoint{endpoint("us", a.Addr)}, nil},
		{"none", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			began := time.Now()
			got, err := SameServers(t.Context(), test.endpoints)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%v, %v, want %v", got, err, test.want)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
}
