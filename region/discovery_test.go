package region

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// discovered is a region whose endpoint two servers of a discovery service know.
var discovered = config.Region{Name: "us", Address: "db@d1.example:8001", Discovery: []string{"d1.example:8001", "d2.example:8001"}, Service: "db"}

// knows is a server of a discovery service that answers with an address.
func knows(t *testing.T, n *memnet.Network, at, host, port string) *fake {
	t.Helper()
	f := inMemory(t, n, at)
	f.says("SENTINEL", string(resp.AppendCommand(nil, host, port)))
	return f
}

func TestDiscoverAsksTheDiscoveryService(t *testing.T) {
	const answer = "*2\r\n$10\r\nus.example\r\n$4\r\n6379\r\n"
	const noService = "us (d1.example:8001): discover: "
	for _, test := range []struct {
		name          string
		first, second string // what the servers answer; "-": not there, "": nothing
		asked         int    // how often the second was
		err           string
		cause         probe.Cause
		hint          string
		within        time.Duration
	}{
		{name: "the first knows it", first: answer, second: answer},
		{name: "the first is not there", first: "-", second: answer, asked: 1},
		{name: "the first says nothing", first: "", second: answer, asked: 1, within: DefaultTimeout / 3},
		{name: "the first does not know it", first: "*-1\r\n", second: answer, asked: 1},
		{name: "the first is no discovery service", first: "-ERR unknown command 'SENTINEL'\r\n", second: answer, asked: 1},
		{name: "the first is no Redis", first: "HTTP/1.1 400 Bad Request\r\n\r\n", second: answer, asked: 1},
		{name: "nobody knows it", first: "*-1\r\n", second: "*-1\r\n", asked: 1, cause: probe.NameNotFound,
			err: noService + `the discovery service knows no database or primary of the name "db"`, hint: "the name follows the address in the URL of region us"},
		{name: "one is not there, and the other does not know it", first: "-", second: "*-1\r\n", asked: 1, cause: probe.NameNotFound,
			err: `us (d2.example:8001): discover: the discovery service knows no database or primary of the name "db"`, hint: "the name follows"},
		{name: "nobody is there", first: "-", second: "-", cause: probe.Refused,
			err: noService + "connection refused", hint: "the discovery service of region us does not answer"},
		{name: "nobody says anything", first: "", second: "", asked: 1, cause: probe.Timeout, within: 2 * (DefaultTimeout / 3),
			err: noService + "no answer in time", hint: "26379 for Redis Sentinel, 8001 for Redis Enterprise"},
		{name: "both are plain databases", first: "-ERR unknown command 'SENTINEL'\r\n", second: "-ERR unknown command 'SENTINEL'\r\n", asked: 1, cause: probe.ServerRefused,
			err: noService + "ERR unknown command 'SENTINEL'", hint: "no discovery service"},
		{name: "a password is wanted", first: "-NOAUTH Authentication required.\r\n", second: "-", cause: probe.Authentication,
			err: noService + "NOAUTH Authentication required.", hint: "asked without one"},
		{name: "an answer of three", first: "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", second: "-", cause: probe.Protocol,
			err: noService + "not the Redis protocol: the reply to SENTINEL get-master-addr-by-name has another form than expected", hint: "no discovery service"},
		{name: "a port that is none", first: "*2\r\n$1\r\na\r\n$5\r\n70000\r\n", second: "-", cause: probe.Protocol,
			err: noService + "not the Redis protocol: the reply to SENTINEL", hint: "no discovery service"},
		{name: "no host", first: "*2\r\n$0\r\n\r\n$4\r\n6379\r\n", second: "-", cause: probe.Protocol,
			err: noService + "not the Redis protocol: the reply to SENTINEL", hint: "no discovery service"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				inMemory(t, &n, at).says("CLUSTER", "*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$0\r\n\r\n:7000\r\n$1\r\nx\r\n")
				var second *fake
				for i, says := range []string{test.first, test.second} {
					if says != "-" {
						f := inMemory(t, &n, discovered.Discovery[i])
						f.says("SENTINEL", says)
						if i == 1 {
							second = f
						}
					}
				}
				began := time.Now()
				m, err := Discover(t.Context(), discovered, Options{Dial: n.Dial})
				if took := time.Since(began); took != test.within {
					t.Errorf("it took %v, want %v", took, test.within)
				}
				if second != nil && second.received("SENTINEL "+askPrimary+" db") != test.asked {
					t.Errorf("the second was asked %q", second.log)
				}
				if test.err != "" {
					if err == nil || !strings.HasPrefix(err.Error(), test.err) || CauseOf(err) != test.cause || !strings.Contains(strings.Join(hint.Of(err), ""), test.hint) {
						t.Errorf("%q: %v, hints %q", CauseOf(err), err, hint.Of(err))
					}
					if errors.Is(err, ErrUnknownService) != (test.cause == probe.NameNotFound) {
						t.Errorf("%v is, or is not, ErrUnknownService", err)
					}
					return
				}
				// A node that does not know its host is at that of the endpoint, not of the discovery.
				if err != nil || len(m.Shards) != 1 || m.Shards[0].Address != "us.example:7000" {
					t.Errorf("%+v, %v", m, err)
				}
			})
		})
	}
}

// The server that knew the answer is asked first the next time, so that one that
// is dead costs once.
func TestTheDiscoveryServerThatKnewIsAskedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		inMemory(t, &n, at)
		inMemory(t, &n, discovered.Discovery[0]).says("SENTINEL", "")
		knows(t, &n, discovered.Discovery[1], "us.example", "6379")
		d := newDoor(discovered, Options{Dial: n.Dial})
		for i, want := range []time.Duration{DefaultTimeout / 3, 0, 0} {
			began := time.Now()
			if _, err := d.locate(t.Context(), discovered.Address); err != nil || time.Since(began) != want {
				t.Errorf("time %d: after %v, %v; want %v", i, time.Since(began), err, want)
			}
		}
	})
}

// Before every connection the discovery service is asked anew: an endpoint that
// has moved is found at its new address.
func TestAnEndpointThatMovesIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		old, now := inMemory(t, &n, at), inMemory(t, &n, "us2.example:6379")
		d := knows(t, &n, discovered.Discovery[0], "us.example", "6379")
		sink := newRecorder()
		e := NewEndpoint(discovered, one(discovered.Address), Options{Dial: n.Dial})
		running(t, e, [][]string{{k}}, sink)
		sink.await(t, "0 publish opened", "0 subscribe opened")
		d.says("SENTINEL", string(resp.AppendCommand(nil, "us2.example", "6379")))
		began := time.Now()
		old.stop()
		sink.await(t, "0 publish closed reset", "0 subscribe closed reset")
		for sink.count("0 publish opened") < 2 || sink.count("0 subscribe opened") < 2 {
			time.Sleep(time.Millisecond)
		}
		if took := time.Since(began); took > DefaultRedial+time.Millisecond {
			t.Errorf("followed after %v", took)
		}
		if err := sink.firstError(t); !strings.HasPrefix(err.Error(), "us (us.example:6379): ") {
			t.Errorf("the error does not name the address that was connected to: %v", err)
		}
		e.Publish(0, 1, k, []byte("m"))
		sink.await(t, "0 #1 accepted 1", "0 "+k+": m")
		if now.received("PUBLISH") != 1 {
			t.Errorf("%q", now.log)
		}
	})
}

// The user and the password are the database's: the discovery service gets to see
// neither them nor anything but its one question.
func TestTheDiscoveryServiceSeesNoPassword(t *testing.T) {
	var n memnet.Network
	inMemory(t, &n, at).says("AUTH", "+OK\r\n")
	d := knows(t, &n, discovered.Discovery[0], "us.example", "6379")
	r := discovered
	r.User, r.Password = "probe", config.SecretOf("hunter2hunter2")
	if _, err := Discover(t.Context(), r, Options{Dial: n.Dial}); err != nil {
		// The fake does not know CLUSTER, and a region without one is none.
		t.Fatal(err)
	}
	if len(d.log) != 1 || d.log[0] != "SENTINEL get-master-addr-by-name db" {
		t.Errorf("the discovery service was sent %q", d.log)
	}
}

// The name that a certificate must have is one that the user gave, or that was
// announced under it. A discovery service answers in plain text, so that it must not
// be able to choose the name.
func TestNameThatTheCertificateMustHave(t *testing.T) {
	mapped, err := ParseAddresses("", []string{"10.0.0.7:12000=tunnel.example", "10.0.0.8=127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	byIP := config.Region{Name: "us", Address: "10.0.0.1:6379"}
	for _, test := range []struct {
		name            string
		region          config.Region
		wanted, address string
		use             Addresses
		want            string
	}{
		{"the endpoint", us, us.Address, us.Address, Addresses{}, "us.example"},
		{"a shard that is announced by its name", us, "node1.example:7000", "node1.example:7000", Addresses{}, "node1.example"},
		{"a shard that is announced by its address", us, "10.0.0.7:7000", "10.0.0.7:7000", Addresses{}, "us.example"},
		{"an endpoint without a name", byIP, byIP.Address, byIP.Address, Addresses{}, "10.0.0.1"},
		{"a shard beside an endpoint without a name", byIP, "10.0.0.2:6379", "10.0.0.2:6379", Addresses{}, "10.0.0.2"},
		{"the same with IPv6", config.Region{Address: "[::1]:6379"}, "[::2]:7000", "[::2]:7000", Addresses{}, "::2"},
		{"a discovered address", discovered, discovered.Address, "10.0.0.7:12000", Addresses{}, "d1.example"},
		{"a discovered name, which anybody can have given", discovered, discovered.Address, "evil.example:12000", Addresses{}, "d1.example"},
		{"a discovered address for which there is a rule", discovered, discovered.Address, "tunnel.example:12000", mapped, "tunnel.example"},
		{"a discovered address with a rule that leads to an address", discovered, discovered.Address, "127.0.0.1:12000", mapped, "d1.example"},
		{"a shard of a discovered cluster, by its name", discovered, "node1.example:7000", "node1.example:7000", Addresses{}, "node1.example"},
		{"a shard of a discovered cluster, by its address", discovered, "10.0.0.7:7000", "10.0.0.7:7000", Addresses{}, "d1.example"},
	} {
		if got := newDoor(test.region, Options{Addresses: test.use}).serverName(test.wanted, test.address); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// Whoever changes the answer of the discovery service leads to a server of their own,
// for whose name they have a good certificate: it gets no password.
func TestADiscoveryServiceCannotChooseTheName(t *testing.T) {
	authority := certtest.Authority(t)
	evil := authority.Issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"evil.example"} })
	var n memnet.Network
	knows(t, &n, discovered.Discovery[0], "evil.example", "443")
	l, err := n.Listen(t.Context(), "tcp", "evil.example:443")
	if err != nil {
		t.Fatal(err)
	}
	f := serve(t, tls.NewListener(l, evil.Server()))
	r := discovered
	r.TLS, r.TLSOptions, r.Password = true, config.TLS{CAFile: authority.CertFile}, config.SecretOf("hunter2")
	_, err = Discover(t.Context(), r, Options{Dial: n.Dial})
	want := "us (evil.example:443): TLS handshake: the certificate of the server is for evil.example, not for d1.example"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if f.received("") > 0 {
		t.Errorf("it was sent %q", f.log)
	}
}

// A rule replaces what the discovery service answers; the host of the seed does not.
func TestAddressesOfTheDiscoveryService(t *testing.T) {
	for _, test := range []struct {
		use   string
		rules []string
		want  string
	}{
		{"announced", nil, "10.0.0.7:12000"},
		{"seed-host", nil, "10.0.0.7:12000"},
		{"map", []string{"10.0.0.7=localhost"}, "localhost:12000"},
	} {
		a, err := ParseAddresses(test.use, test.rules)
		if err != nil {
			t.Fatal(err)
		}
		var n memnet.Network
		knows(t, &n, discovered.Discovery[0], "10.0.0.7", "12000")
		got, err := newDoor(discovered, Options{Dial: n.Dial, Addresses: a}).locate(t.Context(), discovered.Address)
		if err != nil || got != test.want {
			t.Errorf("%s: %s, %v, want %s", test.use, got, err, test.want)
		}
	}
}

// A discovery service that is far away has the time to answer, however many servers
// it has; those that there was no time for are asked first the next time.
func TestEveryServerOfADiscoveryServiceHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		r := config.Region{Name: "us", Service: "db"}
		for i := range 20 {
			r.Discovery = append(r.Discovery, fmt.Sprintf("d%d.example:8001", i))
		}
		r.Address = "db@" + r.Discovery[0]
		for _, at := range r.Discovery[:19] {
			inMemory(t, &n, at).says("SENTINEL", "") // nothing
		}
		last := inMemory(t, &n, r.Discovery[19])
		last.instead(func([]string) (string, bool) {
			<-time.After(DefaultTimeout / 5)
			return string(resp.AppendCommand(nil, "us.example", "6379")), true
		})
		d := newDoor(r, Options{Dial: n.Dial})
		for range 4 {
			ctx, cancel := context.WithTimeout(t.Context(), DefaultTimeout)
			if located, err := d.locate(ctx, r.Address); err == nil {
				t.Errorf("located %s before the last one was asked", located)
			}
			cancel()
		}
		if located, err := d.locate(t.Context(), r.Address); located != "us.example:6379" {
			t.Errorf("%s, %v", located, err)
		}
	})
}

// Shards that a cluster announces are connected to without asking.
func TestOnlyTheEndpointIsDiscovered(t *testing.T) {
	var n memnet.Network
	inMemory(t, &n, "10.0.0.7:7000")
	sink := newRecorder()
	m := slots.Map{Region: "us", Source: slots.ClusterSlots, Shards: []slots.Shard{shard("x", "10.0.0.7:7000", 0, 16383)}}
	running(t, NewEndpoint(discovered, m, Options{Dial: n.Dial}), [][]string{{k}}, sink)
	sink.await(t, "0 publish opened", "0 subscribe opened")
}

// What a discovery service answers is an address, or an error.
func FuzzDiscoveryReply(f *testing.F) {
	for _, seed := range []string{"*2\r\n$1\r\na\r\n$1\r\n1\r\n", "*-1\r\n", "$-1\r\n", "*2\r\n$-1\r\n:7\r\n", "-ERR\r\n", "*2\r\n*0\r\n*0\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := resp.NewReaderLimits(strings.NewReader(string(raw)), limits).ReadValue()
		if err != nil {
			return
		}
		address, err := newDoor(discovered, Options{}).answered("d:1", v)
		if (err == nil) != (address != "") || err != nil && strings.ContainsAny(fmt.Sprint(err), "\r\n") {
			t.Errorf("%q: %q, %v", raw, address, err)
		}
	})
}
