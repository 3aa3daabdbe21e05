package hosts_test

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab/hosts"
)

func TestEveryPairTalks(t *testing.T) {
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, open)
			for _, from := range []string{"a", "b", "c", ""} {
				for _, to := range []string{"a", "b", "c"} {
					w.do(hears(w.connect(from, to), "hello", patience))
				}
			}
		})
	}
}

var kinds = map[string]func(names ...string) (*hosts.Network, error){
	"apart": hosts.Open, "without filters": hosts.OpenUnfiltered, "together": hosts.OpenTogether,
}

// What was sent over a connection that there was is held, not lost, in both directions, and goes on when the partition is healed.
func TestAPartitionHoldsWhatThereWas(t *testing.T) {
	for _, open := range []func(names ...string) (*hosts.Network, error){hosts.Open, hosts.OpenUnfiltered} {
		w := newWorld(t, open)
		apart, together, outside := w.connect("a", "b"), w.connect("b", "c"), w.connect("", "a")
		for _, c := range []net.Conn{apart, together, outside} {
			w.do(hears(c, "before", patience))
		}
		w.do(w.network.Partition([]string{"a"}))
		if err := hears(apart, "during", brevity); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("across the partition: %v", err)
		}
		w.do(hears(together, "during", patience))
		w.do(hears(outside, "during", patience))
		w.do(w.network.Heal())
		w.do(gets(apart, "during", patience))
		w.do(hears(apart, "after", patience))
	}
}

// The kernel drops what asks for a connection, and lets it in once the partition is healed.
func TestConnectsHangInAPartition(t *testing.T) {
	w := newWorld(t, hosts.Open)
	if limits := w.network.Limits(); len(limits) > 0 {
		t.Fatalf("this machine does not allow what has to be tested: %q", limits)
	}
	w.do(w.network.Partition([]string{"a"}, []string{"b"}))
	for range 3 {
		for _, pair := range [][2]string{{"a", "b"}, {"b", "a"}, {"c", "a"}, {"b", "c"}} {
			var timeout net.Error
			if _, err := w.dial(pair[0], pair[1], brevity/3); !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("%s to %s: %v", pair[0], pair[1], err)
			}
		}
	}
	w.do(hears(w.connect("a", "a"), "to myself", patience))
	w.do(hears(w.connect("", "a"), "from outside", patience))
	done := make(chan error, 1)
	go func() {
		c, err := w.dial("a", "b", patience)
		if err == nil {
			err = hears(c, "at last", patience)
		}
		done <- err
	}()
	select {
	case err := <-done:
		t.Errorf("a connect across the partition did not hang: %v", err)
	case <-time.After(brevity):
	}
	w.do(w.network.Heal())
	w.do(<-done)
	for _, from := range w.network.Names() {
		for _, to := range w.network.Names() {
			w.do(hears(w.connect(from, to), "hello", patience))
		}
	}
}

// Where the kernel cannot drop them, connections are made, and nothing is said.
func TestConnectsAreSilentWithoutFilters(t *testing.T) {
	w := newWorld(t, hosts.OpenUnfiltered)
	w.do(w.network.Partition([]string{"a"}))
	c := w.connect("a", "b")
	if err := hears(c, "hello", brevity); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	w.do(hears(w.connect("c", "b"), "hello", patience))
	w.do(w.network.Heal())
	w.do(gets(c, "hello", patience))
	if limits := strings.Join(w.network.Limits(), " "); !strings.Contains(limits, "says nothing") {
		t.Error("not told:", limits)
	}
}

func TestWhatOneAddressDoesNotAllow(t *testing.T) {
	w := newWorld(t, hosts.OpenTogether)
	if err := w.network.Partition([]string{"a"}); !errors.Is(err, hosts.ErrTogether) {
		t.Error(err)
	}
	if err := w.network.Delay("a", "b", time.Second); !errors.Is(err, hosts.ErrTogether) {
		t.Error(err)
	}
	if limits := strings.Join(w.network.Limits(), " "); !strings.Contains(limits, "127.0.0.1") {
		t.Error("not told:", limits)
	}
}

// A server that is gone is refused by the kernel, at the same address as before, and its host can be cut off meanwhile.
func TestAFrontThatIsDown(t *testing.T) {
	w := newWorld(t, hosts.Open)
	at := w.fronts["b"].Addr()
	c := w.connect("a", "b")
	w.do(hears(c, "before", patience))
	w.fronts["b"].Down()
	w.do(hears(c, "still there", patience))
	for _, from := range []string{"a", "b", ""} {
		if _, err := w.dial(from, "b", patience); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("from %q: %v", from, err)
		}
	}
	w.do(w.fronts["b"].Up())
	w.do(hears(w.connect("a", "b"), "again", patience))

	w.do(w.network.Partition([]string{"b"}))
	w.fronts["b"].Down()
	var timeout net.Error
	if _, err := w.dial("a", "b", brevity); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("across the partition: %v", err)
	}
	w.do(w.fronts["b"].Up())
	if _, err := w.dial("a", "b", brevity); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("across the partition, once it is up again: %v", err)
	}
	w.do(hears(w.connect("b", "b"), "to myself", patience))
	w.fronts["b"].Down()
	w.do(w.network.Heal())
	if _, err := w.dial("a", "b", patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("healed, and down: %v", err)
	}
	w.do(w.fronts["b"].Up())
	w.do(hears(w.connect("a", "b"), "healed", patience))
	if now := w.fronts["b"].Addr(); now != at {
		t.Errorf("it was at %s and is at %s", at, now)
	}
}

// The server sees who connects.
func TestTheServerSeesTheHost(t *testing.T) {
	w := newWorld(t, hosts.Open)
	l, err := net.Listen("tcp4", net.JoinHostPort(w.network.IP("a"), "0"))
	w.do(err)
	defer l.Close()
	w.fronts["a"].Lead(l.Addr().String())
	w.connect("c", "a")
	c, err := l.Accept()
	w.do(err)
	defer c.Close()
	if ip, _, _ := net.SplitHostPort(c.RemoteAddr().String()); ip != w.network.IP("c") {
		t.Errorf("%s, not %s", ip, w.network.IP("c"))
	}
}

func TestDelay(t *testing.T) {
	w := newWorld(t, hosts.Open)
	const delay = 50 * time.Millisecond
	w.do(w.network.Delay("a", "b", delay))
	c := w.connect("a", "b")
	began := time.Now()
	w.do(hears(c, "hello", patience))
	if took := time.Since(began); took < 2*delay {
		t.Errorf("a round trip took %v, not %v", took, 2*delay)
	}
}

func TestMistakes(t *testing.T) {
	w := newWorld(t, hosts.Open)
	for _, row := range []struct {
		name, want string
		err        error
	}{
		{"a host that there is not", `no host is called "d"`, w.network.Partition([]string{"d"})},
		{"a host on both sides", "a is in two groups", w.network.Partition([]string{"a"}, []string{"a"})},
		{"a delay to nowhere", `no host is called "d"`, w.network.Delay("a", "d", 0)},
	} {
		if row.err == nil || !strings.Contains(row.err.Error(), row.want) {
			t.Errorf("%s: %v, not %q", row.name, row.err, row.want)
		}
	}
	if _, err := w.network.Dialer("d"); err == nil {
		t.Error("a dialer of no host")
	}
	if _, err := w.network.Open("d", 1); err == nil {
		t.Error("a front of no host")
	}
	if _, err := hosts.Open("a", "a"); err == nil {
		t.Error("two hosts of one name")
	}
	w.do(w.network.Close())
	w.do(w.network.Close())
	if err := w.network.Partition([]string{"a"}); !errors.Is(err, hosts.ErrClosed) {
		t.Error(err)
	}
	if err := w.fronts["a"].Up(); !errors.Is(err, hosts.ErrClosed) {
		t.Error(err)
	}
}

// Two fronts of a host are at different ports, and one of them is not where somebody listens.
func TestPorts(t *testing.T) {
	w := newWorld(t, hosts.Open)
	l, err := net.Listen("tcp4", net.JoinHostPort(w.network.IP("c"), "7000"))
	w.do(err)
	defer l.Close()
	for host, port := range map[string]int{"a": 6379, "c": 7000} {
		f, err := w.network.Open(host, port)
		w.do(err)
		if f.Addr() == w.fronts[host].Addr() || f.Addr() == l.Addr().String() {
			t.Errorf("%s is taken", f.Addr())
		}
	}
}

func TestStrangers(t *testing.T) {
	w := newWorld(t, hosts.Open)
	w.do(hears(w.connect("a", "b"), "one of us", patience))
	if n := w.network.Strangers(); n != 0 {
		t.Errorf("%d strangers", n)
	}
	w.do(hears(w.connect("", "b"), "none of us", patience))
	if n := w.network.Strangers(); n != 1 {
		t.Errorf("%d strangers", n)
	}
}
