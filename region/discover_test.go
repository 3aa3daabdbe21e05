package region

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

func discover(t *testing.T, r config.Region) slots.Map {
	t.Helper()
	m, err := Discover(t.Context(), r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// channelPerShard returns for each shard of m a channel of us that it owns.
func channelPerShard(m slots.Map) [][]string {
	var channels [][]string
	for _, s := range m.Shards {
		channels = append(channels, []string{slots.Channel("aafailover", s.Slots[0].First, "us")})
	}
	return channels
}

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

// A region that is a cluster of one shard, as CLUSTER SLOTS says it.
const oneShard = "*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$8\r\n10.0.0.7\r\n:7000\r\n$1\r\nx\r\n"

// The same, as CLUSTER SHARDS says it.
const oneShardMap = "*1\r\n*4\r\n$5\r\nslots\r\n*2\r\n:0\r\n:16383\r\n$5\r\nnodes\r\n*1\r\n*8\r\n$2\r\nid\r\n$1\r\nx\r\n$4\r\nport\r\n:7000\r\n$8\r\nendpoint\r\n$8\r\n10.0.0.7\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"

func TestDiscover(t *testing.T) {
	const (
		unknown    = "-ERR unknown command 'CLUSTER', with args beginning with: 'SLOTS'\r\n"
		notAllowed = "-ERR command is not allowed\r\n"
		noPerm     = "-NOPERM this user has no permissions to run the 'cluster|slots' command\r\n"
		disabled   = "-ERR This instance has cluster support disabled\r\n"
	)
	cluster := func(source slots.Source) slots.Map {
		return slots.Map{Region: "us", Source: source, Shards: []slots.Shard{shard("x", "10.0.0.7:7000", 0, 16383)}}
	}
	static := slots.Map{Region: "us", Source: slots.Static, Shards: []slots.Shard{shard("1", at, 0, 8191), shard("2", at, 8192, 16383)}}
	single := one(at)
	single.Shards[0].ID = "1"
	for _, test := range []struct {
		name          string
		slots, shards string // the replies
		region        func(*config.Region)
		want          slots.Map
		err, hint     string
		config        bool // no waiting mends it
	}{
		{name: "CLUSTER SLOTS is asked first", slots: oneShard, shards: oneShardMap, want: cluster(slots.ClusterSlots)},
		{name: "an unknown command: CLUSTER SHARDS", slots: unknown, shards: oneShardMap, want: cluster(slots.ClusterShards)},
		{name: "a command that is not allowed: CLUSTER SHARDS", slots: notAllowed, shards: oneShardMap, want: cluster(slots.ClusterShards)},
		{name: "a command that is not granted: CLUSTER SHARDS", slots: noPerm, shards: oneShardMap, want: cluster(slots.ClusterShards)},
		{name: "neither is known: the sharding is unknown", slots: unknown, shards: unknown, want: single},
		{name: "no cluster: the sharding is unknown", slots: disabled, shards: disabled, want: single},
		{name: "no cluster, and a number of shards is configured", slots: disabled, region: func(r *config.Region) { r.Shards = 2 }, want: static},
		{name: "neither is granted, and a number of shards is configured", slots: noPerm, shards: noPerm, region: func(r *config.Region) { r.Shards = 2 }, want: static},
		{name: "what the cluster says counts more than what is configured", slots: oneShard, region: func(r *config.Region) { r.Shards = 2 }, want: cluster(slots.ClusterSlots)},
		{name: "a region that is said to be no cluster is not asked", slots: oneShard, region: func(r *config.Region) { r.Clustered = no() }, want: single},
		{name: "a region that is said to be a cluster and is none", slots: disabled, region: func(r *config.Region) { r.Clustered = yes() },
			err: "us (us.example:6379): read the slots: no cluster: ERR This instance has cluster support disabled", hint: "set clustered to false", config: true},
		{name: "a database that a cluster does not have", slots: oneShard, region: func(r *config.Region) { r.Database = 2 },
			err: "us (us.example:6379): database 2, but the region is a cluster", hint: "database 0 only", config: true},
		{name: "a database without a cluster", slots: disabled, region: func(r *config.Region) { r.Database = 2 }, want: single},
		{name: "an error that says nothing about the topology", slots: "-LOADING Redis is loading the dataset in memory\r\n",
			err: "us (us.example:6379): read the slots: LOADING Redis is loading the dataset in memory"},
		{name: "a cluster without slots", slots: "*0\r\n", err: "us (us.example:6379): read the slots: a cluster in which nobody owns a slot", hint: "--cluster create"},
		{name: "a reply of another form", slots: "+what\r\n", err: `us (us.example:6379): read the slots: not the Redis protocol: the reply to CLUSTER SLOTS has another form than expected: "what"`},
		{name: "slots that are owned twice", slots: "*2\r\n" + strings.TrimPrefix(oneShard, "*1\r\n") + "*3\r\n:5\r\n:5\r\n*3\r\n$1\r\nh\r\n:1\r\n$1\r\ny\r\n",
			err: "us (us.example:6379): read the slots: us: slot 5 is owned by both"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var n memnet.Network
			f := inMemory(t, &n, at)
			f.instead(func(args []string) (string, bool) {
				switch strings.Join(args, " ") {
				case "CLUSTER SLOTS":
					return test.slots, true
				case "CLUSTER SHARDS":
					return test.shards, true
				}
				return "", false
			})
			r := us
			if test.region != nil {
				test.region(&r)
			}
			got, err := Discover(t.Context(), r, Options{Dial: n.Dial})
			if test.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), test.err) || errors.Is(err, ErrConfiguration) != test.config || !strings.Contains(strings.Join(hint.Of(err), "\n"), test.hint) || test.config && len(hint.Of(err)) != 1 {
					t.Errorf("error %q, hints %q", err, hint.Of(err))
				}
				return
			}
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

// speaker listens on a loopback port and says one thing to whoever connects,
// after having read something, and then stays silent or closes.
func speaker(t *testing.T, says string, closes bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, says)
			if closes {
				_ = c.Close()
				continue
			}
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return l.Addr().String()
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// certified returns a configuration for a server with a fresh certificate for
// 127.0.0.1, and the settings of a client that trusts it.
func certified(t *testing.T) (*tls.Config, config.TLS) {
	t.Helper()
	server := certtest.SelfSigned(t, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true })
	return server.Server(), config.TLS{CAFile: server.CertFile}
}

// encrypted serves a fake over TLS on a loopback port.
func encrypted(t *testing.T, c *tls.Config) *fake {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l)
}

func TestWhatElseMayListen(t *testing.T) {
	server, trusting := certified(t)
	tlsAddress := encrypted(t, server).listener.Addr().String()
	for _, test := range []struct {
		name    string
		address string
		tls     bool
		cause   probe.Cause
		text    string // after "us (ADDRESS): "
		hint    string
	}{
		{"a web server", speaker(t, "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", true), false, probe.Protocol,
			"ping: not the Redis protocol: this looks like HTTP", "an HTTP server listens here: check the port of the URL"},
		{"a secure shell", speaker(t, "SSH-2.0-OpenSSH_9.2\r\n", false), false, probe.Protocol,
			"ping: not the Redis protocol: this looks like SSH", "an SSH server listens here: check the port of the URL"},
		{"a server that takes its own machine only", speaker(t, "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode "+
			"connections are only accepted from the loopback interface.\r\n", false), false, probe.Permission, "ping: DENIED Redis is running in protected mode",
			"the server has no password and takes only its own machine: give its user one (requirepass, or ACL SETUSER), or run this there"},
		{"random bytes", speaker(t, "\x8e\x01\x99abc\n", false), false, probe.Protocol,
			"ping: not the Redis protocol: unexpected bytes", "no Redis server listens here: check the host and the port of the URL"},
		{"an absurd length", speaker(t, "$99999999999999\r\n", false), false, probe.Protocol,
			"ping: not the Redis protocol: length 99999999999999 is over the limit", "no Redis server listens here: check the host and the port of the URL"},
		{"an absurd number of elements", speaker(t, "*2000000000\r\n", false), false, probe.Protocol,
			"ping: not the Redis protocol: length 2000000000 is over the limit", "no Redis server listens here: check the host and the port of the URL"},
		{"a line without an end", speaker(t, strings.Repeat("x", 200_000), false), false, probe.Protocol,
			"ping: not the Redis protocol: unexpected bytes", "no Redis server listens here: check the host and the port of the URL"},
		{"silence", speaker(t, "", false), false, probe.Timeout,
			"ping: no answer in time", "something listens there and is silent: a server that hangs or is stopped, or another one: check the port, and rediss:// if it speaks TLS"},
		{"a port that closes at once", speaker(t, "", true), false, probe.Reset,
			"ping: ", "the connection was closed before the first answer: if this port speaks TLS, use rediss:// in the URL"},
		{"nothing", closedPort(t), false, probe.Refused,
			"connect: connection refused", "nothing listens there: check the host and the port, and that the server runs"},
		{"TLS that closes when it is spoken to in plain text", tlsAddress, false, probe.Reset,
			"ping: closed by the other side", "the connection was closed before the first answer: if this port speaks TLS, use rediss:// in the URL"},
		{"TLS that answers plain text with an alert", speaker(t, "\x15\x03\x01\x00\x02\x02\x46", true), false, probe.TLS,
			"ping: not the Redis protocol: this looks like TLS", "this port speaks TLS: use rediss:// in the URL"},
		{"plain text, spoken to in TLS", speaker(t, "-ERR unknown command\r\n", false), true, probe.TLS,
			"TLS handshake: tls: first record does not look like a TLS handshake", "this port does not speak TLS: use redis:// in the URL"},
		{"silence, spoken to in TLS", speaker(t, "", false), true, probe.Timeout,
			"TLS handshake: no answer in time", "if this port does not speak TLS, use redis:// in the URL"},
		{"a name that does not exist", "no-such-host.invalid:6379", false, probe.NameNotFound,
			"connect: name no-such-host.invalid not found", "check the host name of region us, and the DNS of this machine"},
	} {
		t.Run(test.name, func(t *testing.T) {
			began := time.Now()
			r := config.Region{Name: "us", Address: test.address, TLS: test.tls, TLSOptions: trusting}
			o := Options{Timeout: 30 * time.Second} // a busy machine takes a while, and so does a resolver without a network to say no
			if test.cause == probe.Timeout {
				o.Timeout = 300 * time.Millisecond
			}
			_, err := Discover(t.Context(), r, o)
			if err == nil || CauseOf(err) != test.cause || !strings.HasPrefix(err.Error(), "us ("+test.address+"): "+test.text) {
				t.Errorf("%q: %v", CauseOf(err), err)
			}
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("more than a line: %q", err)
			}
			if got := strings.Join(hint.Of(err), "; "); got != test.hint {
				t.Errorf("hint %q, want %q", got, test.hint)
			}
			if took := time.Since(began); took > o.Timeout+time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestACancelledContextBreaksOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Discover(ctx, config.Region{Name: "us", Address: speaker(t, "", false)}, Options{Timeout: time.Hour})
	if err == nil || CauseOf(err) != probe.NoCause {
		t.Error(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = Discover(ctx, config.Region{Name: "us", Address: speaker(t, "", false)}, Options{Timeout: time.Hour})
	if CauseOf(err) != probe.Timeout {
		t.Error(err)
	}
}

func TestAnAnnouncedAddressThatCannotBeReachedGetsAHint(t *testing.T) {
	address := closedPort(t)
	sink := newRecorder()
	running(t, NewEndpoint(config.Region{Name: "us", Address: "127.0.0.1:1"}, one(address), Options{}), [][]string{nil}, sink)
	sink.await(t, "0 publish closed refused")
	if got := strings.Join(hint.Of(sink.firstError(t)), ""); !strings.Contains(got, "oss_cluster_api_preferred_ip_type") {
		t.Errorf("hint %q", got)
	}
}

func TestVerifyHashing(t *testing.T) {
	channels := []string{k, "aafailover:{2}:us"}
	for _, test := range []struct {
		name, reply, err, hint string
	}{
		{"the region hashes as Redis Cluster does", "", "", ""},
		{"the region hashes in another way", ":1\r\n", "us (us.example:6379): ask for the slot of a channel: aafailover:{1}:us is in slot 9842 by the rules of Redis Cluster, and in slot 1 by the answer of the region", "hash_slots_policy"},
		{"the region does not say", "-ERR This instance has cluster support disabled\r\n", "", ""},
		{"the region does not grant it", "-NOPERM this user has no permissions to run the 'cluster|keyslot' command\r\n",
			"us (us.example:6379): ask for the slot of a channel: NOPERM this user has no permissions to run the 'cluster|keyslot' command", "+cluster|keyslot"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var n memnet.Network
			f := inMemory(t, &n, at)
			asked := 0
			f.instead(func(args []string) (string, bool) {
				if args[0] != "CLUSTER" {
					return "", false
				}
				asked++
				if test.reply != "" {
					return test.reply, true
				}
				return ":" + big.NewInt(int64(slots.Of(args[2]))).String() + "\r\n", true
			})
			err := VerifyHashing(t.Context(), us, channels, Options{Dial: n.Dial})
			if test.err == "" && err != nil || test.err != "" && (err == nil || err.Error() != test.err || !strings.Contains(strings.Join(hint.Of(err), ""), test.hint)) {
				t.Errorf("%v, %q", err, hint.Of(err))
			}
			if wrong := test.hint == "hash_slots_policy"; errors.Is(err, ErrConfiguration) != wrong {
				t.Errorf("%v: a mistake in the configuration: %v", err, !wrong)
			}
			if test.reply == "" && asked != len(channels) {
				t.Errorf("asked %d times for %d channels", asked, len(channels))
			}
		})
	}
}
