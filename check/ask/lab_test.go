package ask_test

import (
	"context"
	"net"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/ask"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/vitals"
)

// inLab asks a lab of two regions on a network in memory, after something was done to it.
func inLab(t *testing.T, then func(l *lab.Lab), c ask.Config) *check.Facts {
	t.Helper()
	var network memnet.Network
	l, err := lab.Start(t.Context(), lab.Config{Regions: []lab.RegionConfig{{Name: "us", Shards: 2}, {Name: "eu", Shards: 3}}, Listen: network.Listen})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range status.Regions {
		one, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		c.Regions = append(c.Regions, one)
	}
	if then != nil {
		then(l)
	}
	c.Lab, c.Options.Dial = true, network.Dial
	f, err := ask.Facts(t.Context(), c)
	if err != nil {
		t.Error(err)
	}
	return f
}

// The lab tells what it is, and what it knows nothing of stays unknown.
func TestLab(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		f := inLab(t, nil, ask.Config{Synchronised: func() (bool, error) { return true, nil }})
		if took := time.Since(began); took < ask.DefaultMeasure || took > ask.DefaultMeasure+time.Second {
			t.Errorf("it took %v", took)
		}
		if !f.Lab || !f.At.Equal(began) || f.Here.Synchronised != (vitals.Field[bool]{Value: true, Standing: vitals.Told}) {
			t.Errorf("%+v", f)
		}
		for i, want := range []int{2, 3} {
			r := f.Regions[i]
			if r.Unreachable != "" || len(r.Map.Value.Shards) != want || len(r.Servers) != want || !r.Hashing.Value || len(r.Cluster.Value.Primaries) != want {
				t.Fatalf("%+v", r)
			}
			// No time passes in between on this network, and both have one clock.
			if c := r.Clock.Value; c.Samples != 8 || c.Offset.Abs() > c.Within || c.Within > time.Millisecond {
				t.Errorf("%+v", r.Clock)
			}
			for _, s := range r.Servers {
				if s.Failed != "" || s.Vitals.Replication.Role.Value != vitals.Primary || s.Setting("appendfsync").Value != "always" || s.Measured != ask.DefaultMeasure || !s.Rates.Effects.Known() ||
					!s.Vitals.Memory.Limit.Known() || s.Vitals.Memory.Used.Known() || !s.Modules.Known() || !s.Libraries.Known() || s.Scripts.Standing != vitals.Told {
					t.Errorf("%+v", s)
				}
			}
		}
	})
}

// A region that hangs is a gap, all of which takes a bounded time; that of the others is told.
func TestRegionThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		f := inLab(t, func(l *lab.Lab) {
			if err := l.Inject(t.Context(), lab.Fault{Kind: lab.Hang, Region: "eu"}); err != nil {
				t.Fatal(err)
			}
		}, ask.Config{})
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
		if eu := f.Regions[1]; eu.Cause != probe.Timeout || eu.Unreachable != "ping: no answer in time" || len(eu.Servers) > 0 {
			t.Errorf("%+v", eu)
		}
		if us := f.Regions[0]; us.Unreachable != "" || len(us.Servers) != 2 || us.Servers[0].Measured == 0 {
			t.Errorf("%+v", us)
		}
	})
}

// A server that is as slow at each answer as it may be, and one that never ends, cannot hold up the rest for ever.
func TestAllOfItHasABound(t *testing.T) {
	const slow = 1900 * time.Millisecond
	for _, row := range []struct {
		name  string
		serve func(c net.Conn)
		least time.Duration // what it takes
		told  bool
	}{
		{"one that says a little every second", trickle, 0, false},
		{"one that answers as late as it may", answering(func([][]byte) time.Duration { return slow }), 30 * time.Second, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				us := fakeRegion(t, row.serve)
				if took := time.Since(began); took < row.least || took > 33*time.Second {
					t.Errorf("it took %v", took)
				}
				if told := us.Unreachable == "" && us.Servers[0].Failed == "" && us.Servers[0].Vitals.Version.Known(); told != row.told {
					t.Errorf("%+v", us)
				}
			})
		})
	}
}

// The shortest of the round trips tells the time best.
func TestClockByTheShortestRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		us := fakeRegion(t, answering(func(args [][]byte) time.Duration {
			if string(args[0]) != "TIME" {
				return 0
			}
			asked++
			return []time.Duration{50, 40, 90, 10, 30, 1000, 20, 60}[asked-1] * time.Millisecond
		}))
		// The server looks at its clock at the end of the 10 ms, and it may have been at any time of them.
		want := check.Clock{Offset: 5*time.Millisecond + 500*time.Nanosecond, Within: 5*time.Millisecond + time.Microsecond, Samples: 8}
		if us.Clock.Value != want {
			t.Errorf("%+v, want %+v", us.Clock, want)
		}
	})
}

// fakeRegion asks a region of one server, which is served on a network in memory.
func fakeRegion(t *testing.T, serve func(net.Conn)) check.Region {
	t.Helper()
	var network memnet.Network
	l, err := network.Listen(t.Context(), "tcp", "192.0.2.1:6379")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	defer serving.Wait()
	defer l.Close()
	f, err := ask.Facts(t.Context(), ask.Config{Regions: []config.Region{{Name: "us", Address: "192.0.2.1:6379"}}, Options: region.Options{Dial: network.Dial}})
	if err != nil {
		t.Error(err)
	}
	return f.Regions[0]
}

// trickle answers with the beginning of something endless, a bit every second.
func trickle(c net.Conn) {
	if _, err := c.Write([]byte("+PONG\r\n*1000000\r\n")); err != nil {
		return
	}
	for {
		time.Sleep(time.Second)
		if _, err := c.Write([]byte("$5\r\nhello\r\n")); err != nil {
			return
		}
	}
}

// answering answers PING, INFO and TIME, and refuses all else, each batch of requests as late as it is told for its first.
func answering(late func(args [][]byte) time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		requests := resp.NewReader(c)
		for {
			args, err := requests.ReadCommand()
			if err != nil {
				return
			}
			time.Sleep(late(args))
			var out []byte
			for {
				now := time.Now()
				switch string(args[0]) {
				case "PING":
					out = resp.AppendSimple(out, "PONG")
				case "INFO":
					out = resp.AppendBulk(out, "redis_version:7.0.15\r\n")
				case "TIME":
					out = resp.AppendCommand(out, strconv.FormatInt(now.Unix(), 10), strconv.Itoa(now.Nanosecond()/1000))
				default:
					out = resp.AppendError(out, "ERR unknown command")
				}
				if requests.Buffered() == 0 {
					break
				}
				if args, err = requests.ReadCommand(); err != nil {
					return
				}
			}
			if _, err := c.Write(out); err != nil {
				return
			}
		}
	}
}

// Names are looked up again and again, and each address of one that has several is tried.
func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looked []time.Time
		answers := [][]string{{"192.0.2.2", "192.0.2.1", "2001:db8::1"}, {"192.0.2.1", "192.0.2.2", "192.0.2.1"}, nil, {"192.0.2.3"}}
		c := ask.Config{
			Regions: []config.Region{{Name: "us", Address: "us.example:6379"}, {Name: "eu", Address: "192.0.2.9:6379"}, {Name: "ap", Address: "here.example:6379"}},
			Options: region.Options{Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				switch address {
				case "192.0.2.1:6379":
					ours, theirs := net.Pipe()
					_ = theirs.Close()
					return ours, nil
				case "[2001:db8::1]:6379":
					return nil, syscall.ENETUNREACH // no IPv6 here, which says nothing of the port
				}
				return nil, syscall.ECONNREFUSED
			}},
			LookUp: func(_ context.Context, name string) ([]string, error) {
				switch name {
				case "us.example":
				case "here.example": // of which a server may well serve one
					return []string{"127.0.0.1", "::1"}, nil
				default:
					t.Errorf("%s was looked up", name)
				}
				looked = append(looked, time.Now())
				if answer := answers[len(looked)-1]; answer != nil {
					return answer, nil
				}
				return nil, &net.DNSError{Err: "no such host", Name: name, Server: "192.0.2.53:53", IsNotFound: true}
			},
		}
		f, err := ask.Facts(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if spread := looked[3].Sub(looked[0]); len(looked) != 4 || spread < ask.DefaultMeasure-time.Millisecond {
			t.Errorf("looked up at %v", looked)
		}
		us := f.Regions[0]
		want := []check.Lookup{{Name: "us.example", Addresses: []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}}, {Name: "us.example", Addresses: []string{"192.0.2.1", "192.0.2.2"}},
			{Name: "us.example", Failed: "name us.example not found"}, {Name: "us.example", Addresses: []string{"192.0.2.3"}}}
		if !slices.EqualFunc(us.Lookups, want, func(a, b check.Lookup) bool {
			return a.Name == b.Name && a.Failed == b.Failed && slices.Equal(a.Addresses, b.Addresses)
		}) {
			t.Errorf("%+v", us.Lookups)
		}
		if p := us.Ports; !slices.Equal(p, []check.Port{{Address: "192.0.2.1:6379", Use: "database of us.example"}, {Address: "192.0.2.2:6379", Use: "database of us.example", Failed: "connection refused"}}) {
			t.Errorf("%+v", p)
		}
		if eu := f.Regions[1]; len(eu.Lookups)+len(eu.Ports) > 0 || eu.Unreachable == "" {
			t.Errorf("%+v", eu)
		}
		if ap := f.Regions[2]; len(ap.Lookups) != 4 || len(ap.Ports) > 0 {
			t.Errorf("%+v", ap)
		}
	})
}

// What a region answers while it is not well decides what is told of it.
// Names are told of in the order of the configuration, whichever is resolved first.
func TestNamesInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sentinels := []string{"c.example:26379", "b.example:26379", "a.example:26379"}
		f, err := ask.Facts(t.Context(), ask.Config{
			Regions: []config.Region{{Name: "us", Address: "main@" + sentinels[0], Discovery: sentinels, Service: "main"}},
			Options: region.Options{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }},
			LookUp: func(_ context.Context, name string) ([]string, error) {
				time.Sleep(time.Duration(name[0]) * time.Millisecond)
				return []string{"192.0.2.1"}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, l := range f.Regions[0].Lookups {
			names = append(names, l.Name)
		}
		if want := slices.Repeat([]string{"c.example", "b.example", "a.example"}, 4); !slices.Equal(names, want) {
			t.Errorf("%q", names)
		}
	})
}

func TestRegionsThatAreNotWell(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault lab.Fault
		cause probe.Cause // why it is unreachable; NoCause: it is not
		check func(us check.Region) bool
	}{
		{"one that loads tells no slots, and how it is", lab.Fault{Kind: lab.Answer, Error: lab.Loading}, probe.NoCause, func(us check.Region) bool {
			return !us.Map.Known() && len(us.Servers) == 1 && us.Servers[0].Vitals.Loading.Value && us.Clock.Known()
		}},
		{"one whose primaries became replicas tells that", lab.Fault{Kind: lab.Answer, Error: lab.ReadOnly}, probe.NoCause, func(us check.Region) bool {
			return us.Map.Known() && us.Servers[1].Vitals.Replication.Role.Value == vitals.Replica
		}},
		{"one that has no connection left cannot be asked", lab.Fault{Kind: lab.Answer, Error: lab.MaxClients}, probe.MaxClients, nil},
		{"nor can one that wants a password", lab.Fault{Kind: lab.Answer, Error: lab.NoAuth}, probe.Authentication, nil},
		{"nor one that is down", lab.Fault{Kind: lab.Kill}, probe.Refused, nil},
		{"one of whose shards is down is told without it", lab.Fault{Kind: lab.Kill, Shard: 2}, probe.NoCause, func(us check.Region) bool {
			return us.Servers[0].Failed == "" && us.Servers[1].Failed == "connect: connection refused" && us.Servers[1].Vitals.At.IsZero() &&
				us.Cluster.Value.Primaries[1].Failed
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				row.fault.Region = "us"
				f := inLab(t, func(l *lab.Lab) {
					if err := l.Inject(t.Context(), row.fault); err != nil {
						t.Fatal(err)
					}
				}, ask.Config{})
				us := f.Regions[0]
				if us.Cause != row.cause || (us.Unreachable == "") != (row.cause == probe.NoCause) || (us.Advice == "") != (us.Unreachable == "") {
					t.Errorf("%q, because of %q: %s", us.Unreachable, us.Cause, us.Advice)
				} else if row.check != nil && !row.check(us) {
					t.Errorf("%+v", us)
				}
				if eu := f.Regions[1]; eu.Unreachable != "" || len(eu.Servers) != 3 {
					t.Errorf("%+v", eu)
				}
			})
		})
	}
}
