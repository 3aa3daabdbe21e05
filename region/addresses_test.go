package region

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

func TestParseAddressesErrors(t *testing.T) {
	for _, test := range []struct {
		name  string
		use   string
		rules []string
		want  string
	}{
		{"a word that is none", "seed", nil, `cluster-addresses "seed": neither announced, seed-host nor map`},
		{"map without rules", "map", nil, "cluster-addresses map: no rule is given"},
		{"rules that cannot apply", "seed-host", []string{"a=b"}, "both cluster-addresses seed-host and an address-map are given"},
		{"a comma and nothing behind it", "", []string{"a=b,"}, `address-map "": there is no '='`},
		{"no equals sign", "", []string{"a"}, `address-map "a": there is no '='`},
		{"nothing to replace", "", []string{"=b"}, `address-map "=b": in front of the '=': not a host, and not host:port`},
		{"nothing to put in its place", "", []string{"a="}, `address-map "a=": behind the '=': not a host, and not host:port`},
		{"two equals signs", "", []string{"a=b=c"}, `address-map "a=b=c": behind the '=': not a host, and not host:port`},
		{"port 0", "", []string{"a:0=b"}, `address-map "a:0=b": in front of the '=': the port is not a number from 1 to 65535`},
		{"a port that is too high", "", []string{"a=b:65536"}, `address-map "a=b:65536": behind the '=': the port is not a number from 1 to 65535`},
		{"a port without a host", "", []string{"a=:1"}, `address-map "a=:1": behind the '=': not a host, and not host:port`},
		{"IPv6 without brackets", "", []string{"::1=b"}, `address-map "::1=b": in front of the '=': not a host, and not host:port`},
		{"a URL", "", []string{"a=redis://b:1"}, `address-map "a=redis://b:1": behind the '=': not a host, and not host:port`},
		{"a network, of which there are no rules", "", []string{"10.0.0.0/8=b"}, `address-map "10.0.0.0/8=b": in front of the '=': not a host, and not host:port`},
		{"one address twice", "", []string{"a:1=b", "A.:1=c"}, `address-map "A.:1=c": there is "a:1=b" for the same address`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseAddresses(test.use, test.rules)
			if fmt.Sprint(err) != test.want {
				t.Errorf("%v\nwant %s", err, test.want)
			}
			if len(hint.Of(err)) == 0 {
				t.Error("no hint")
			}
		})
	}
}

func TestWhichAddressIsUsed(t *testing.T) {
	rules := []string{"10.0.0.7=node7.example", "10.0.0.7:7001=localhost:17001", "Redis-0.Internal=[::1]:6380", "[fd00::1]:7000=10.1.1.1"}
	for _, test := range []struct {
		name      string
		use       string
		rules     []string
		announced string
		want      string
	}{
		{"as announced", "", nil, "10.0.0.7:7000", "10.0.0.7:7000"},
		{"as announced, in so many words", "announced", nil, "10.0.0.7:7000", "10.0.0.7:7000"},
		{"the host of the seed", "seed-host", nil, "10.0.0.7:7000", "seed.example:7000"},
		{"a rule for a host keeps the port", "map", rules, "10.0.0.7:7000", "node7.example:7000"},
		{"a rule implies map", "", rules, "10.0.0.7:7000", "node7.example:7000"},
		{"a rule implies map, also beside the default", "announced", rules, "10.0.0.7:7000", "node7.example:7000"},
		{"a rule for a port counts before that for the host", "map", rules, "10.0.0.7:7001", "localhost:17001"},
		{"names are compared without case", "map", rules, "redis-0.internal:6379", "[::1]:6380"},
		{"an IPv6 address is compared in its one form", "map", rules, "[FD00:0::1]:7000", "10.1.1.1:7000"},
		{"a rule for another port is none", "map", rules, "[fd00::1]:7001", "[fd00::1]:7001"},
		{"several rules in one value, as a variable has them", "", []string{"10.0.0.9=a,10.0.0.7=b", "10.0.0.8=c"}, "10.0.0.7:7000", "b:7000"},
		{"what no rule is for stays", "map", rules, "10.0.0.8:7000", "10.0.0.8:7000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := ParseAddresses(test.use, test.rules)
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Used(test.announced, "seed.example:6379"); got != test.want {
				t.Errorf("%s is used as %s, want %s", test.announced, got, test.want)
			}
		})
	}
}

// twoShards is a cluster of two shards, as CLUSTER SLOTS says it.
const twoShards = "*2\r\n*3\r\n:0\r\n:8191\r\n*3\r\n$8\r\n10.0.0.7\r\n:7000\r\n$1\r\nx\r\n*3\r\n:8192\r\n:16383\r\n*3\r\n$8\r\n10.0.0.8\r\n:7000\r\n$1\r\ny\r\n"

func TestDiscoverGivesTheAddressesToBeUsed(t *testing.T) {
	for _, test := range []struct {
		name  string
		use   string
		rules []string
		want  []string
		err   string
	}{
		{name: "as announced", want: []string{"10.0.0.7:7000", "10.0.0.8:7000"}},
		{name: "mapped", rules: []string{"10.0.0.7=a", "10.0.0.8=b:7001"}, want: []string{"a:7000", "b:7001"}},
		{name: "two shards at one address are refused", use: "seed-host",
			err: "us (us.example:6379): read the slots: the shards announced at 10.0.0.7:7000 and 10.0.0.8:7000 would both be at us.example:7000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var n memnet.Network
			f := inMemory(t, &n, at)
			f.says("CLUSTER", twoShards)
			a, err := ParseAddresses(test.use, test.rules)
			if err != nil {
				t.Fatal(err)
			}
			m, err := Discover(t.Context(), us, Options{Dial: n.Dial, Addresses: a})
			if test.err != "" {
				if fmt.Sprint(err) != test.err || !errors.Is(err, ErrConfiguration) || len(hint.Of(err)) == 0 {
					t.Errorf("%v, hints %q", err, hint.Of(err))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range m.Shards {
				if s.Address != test.want[i] {
					t.Errorf("shard %s is at %s, want %s", s.ID, s.Address, test.want[i])
				}
			}
		})
	}
}

// What is told of a shard whose address cannot be reached depends on where that
// address is from, and on whether it was ever right.
func TestHintsForAddressesThatCannotBeReached(t *testing.T) {
	for _, test := range []struct {
		name    string
		use     string
		rules   []string
		shard   string
		reached bool
		want    []string
		never   string
	}{
		{"announced", "", nil, "10.0.0.7:7000", false,
			[]string{"announces this address", "--cluster-addresses seed-host", "--address-map FROM=TO", "announced stays", "rladmin tune db db:ID oss_cluster_api_preferred_ip_type external"}, ""},
		{"announced, and it was reached before", "", nil, "10.0.0.7:7000", true, []string{"nothing listens there"}, "announces"},
		{"the endpoint itself", "", nil, at, false, []string{"nothing listens there"}, "announces"},
		{"the host of the endpoint", "seed-host", nil, "us.example:7000", false, []string{"--cluster-addresses seed-host", "--address-map FROM=TO"}, "rladmin"},
		{"by a rule", "", []string{"10.0.0.7=a"}, "a:7000", false, []string{"comes from --address-map 10.0.0.7=a"}, "rladmin"},
		{"by no rule", "", []string{"10.0.0.7=a"}, "10.0.0.8:7000", false, []string{"no --address-map is for it"}, "rladmin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := ParseAddresses(test.use, test.rules)
			if err != nil {
				t.Fatal(err)
			}
			var n memnet.Network
			d := newDoor(us, Options{Dial: n.Dial, Addresses: a})
			if test.reached {
				f := inMemory(t, &n, test.shard)
				c, err := d.open(t.Context(), test.shard, observing(d.prefix), topologyBuffer)
				if err != nil {
					t.Fatal(err)
				}
				_ = c.Close()
				f.stop()
			}
			_, err = d.open(t.Context(), test.shard, observing(d.prefix), topologyBuffer)
			if CauseOf(err) != probe.Refused {
				t.Fatal(err)
			}
			got := strings.Join(hint.Of(err), "\n")
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("hint %q, want %q in it", got, want)
				}
			}
			if test.never != "" && strings.Contains(got, test.never) {
				t.Errorf("hint %q, with %q in it", got, test.never)
			}
		})
	}
}

// Docker and Kubernetes announce addresses of their own networks: with rules the
// shards behind are found, published to and subscribed at.
func TestAnEndpointOfMappedShards(t *testing.T) {
	var n memnet.Network
	inMemory(t, &n, at).says("CLUSTER", twoShards)
	inMemory(t, &n, "localhost:17001")
	inMemory(t, &n, "localhost:17002")
	a, err := ParseAddresses("map", []string{"10.0.0.7:7000=localhost:17001", "10.0.0.8:7000=localhost:17002"})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Dial: n.Dial, Addresses: a}
	m, err := Discover(t.Context(), us, o)
	if err != nil {
		t.Fatal(err)
	}
	channels := channelPerShard(m)
	e, sink := NewEndpoint(us, m, o), newRecorder()
	running(t, e, channels, sink)
	for i := range m.Shards {
		sink.await(t, fmt.Sprintf("%d publish opened", i), fmt.Sprintf("%d subscribe opened", i))
		e.Publish(i, uint64(i), channels[i][0], []byte("m"))
		sink.await(t, fmt.Sprintf("%d #%d accepted 1", i, i), fmt.Sprintf("%d %s: m", i, channels[i][0]))
	}
}

// Whatever is given for a rule, what is taken leads from a host to a host, and
// what is not is refused with a hint.
func FuzzAddressRules(f *testing.F) {
	for _, seed := range []string{"a=b", "a:1=b:2", "[::1]:1=[::2]", "=", "a==b", "a:=b", "[a]=b", "[::1=b"} {
		f.Add(seed, "a:1")
	}
	f.Fuzz(func(t *testing.T, rule, announced string) {
		a, err := ParseAddresses("map", []string{rule})
		if err != nil {
			if len(hint.Of(err)) == 0 {
				t.Error("no hint")
			}
			return
		}
		for _, r := range a.rules {
			if r.host == "" || r.toHost == "" {
				t.Errorf("%q: %+v", rule, r)
			}
		}
		shards := []slots.Shard{{Address: announced}}
		if err := a.apply(shards, "seed:1"); err != nil {
			t.Errorf("one shard is in the way of itself: %v", err)
		}
	})
}
