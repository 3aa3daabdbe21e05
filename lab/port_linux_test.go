package lab_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/lab"
)

// attempt dials and listens at an address, as others may.
func attempt(t *testing.T, address string) (dialled, listened error) {
	t.Helper()
	conn, dialled := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "tcp", address)
	if dialled == nil {
		_ = conn.Close()
	}
	ln, listened := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if listened == nil {
		_ = ln.Close()
	}
	return dialled, listened
}

// Nobody gets the port of a shard that is down: what answered there would be taken for the shard.
func TestAShardThatIsDownKeepsItsPort(t *testing.T) {
	var opened atomic.Int32
	counted := func(ctx context.Context, network, address string) (net.Listener, error) {
		opened.Add(1)
		if _, port, _ := net.SplitHostPort(address); port == "0" {
			return freePort(ctx, network)
		}
		return (&net.ListenConfig{}).Listen(ctx, network, address)
	}
	for _, row := range []struct {
		name   string
		listen lab.Listen
	}{
		{"on ports of the lab's own choice", nil},
		{"on those of whoever opens its listeners, who is asked for each", counted},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := regions(1, "us", "eu")
			c.Listen = row.listen
			l, err := lab.Start(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			st, err := l.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			address := st.Regions[0].Shards[0].Address
			inject := func(f lab.Fault) {
				t.Helper()
				if err := l.Inject(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			}
			// Connections that are open when the shard dies, and one that nobody has taken yet, must not keep it from coming back.
			for range 3 {
				conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				inject(lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
				if dialled, listened := attempt(t, address); !errors.Is(dialled, syscall.ECONNREFUSED) || !errors.Is(listened, syscall.EADDRINUSE) {
					t.Errorf("while it is down: dialling says %v, listening says %v", dialled, listened)
				}
				if _, listened := attempt(t, ":"+port(address)); !errors.Is(listened, syscall.EADDRINUSE) {
					t.Errorf("while it is down: listening at all addresses says %v", listened)
				}
				inject(lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
				if dialled, listened := attempt(t, address); dialled != nil || !errors.Is(listened, syscall.EADDRINUSE) {
					t.Errorf("when it is back: dialling says %v, listening says %v", dialled, listened)
				}
			}
			// A replica takes over at another address. The old one is still announced, and nobody gets it either.
			inject(lab.Fault{Kind: lab.Promote, Region: "us", Shard: 1})
			if _, listened := attempt(t, address); !errors.Is(listened, syscall.EADDRINUSE) {
				t.Errorf("after a promotion: listening says %v", listened)
			}
			inject(lab.Fault{Kind: lab.Kill, Region: "eu", Shard: lab.AllShards})
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			for _, address := range []string{address, st.Regions[1].Shards[0].Address} {
				if _, listened := attempt(t, address); listened != nil {
					t.Errorf("after the end of the lab: %v", listened)
				}
			}
		})
	}
	if want := int32(2 + 3); opened.Load() < want {
		t.Errorf("%d listeners were opened by whom the lab was given for it, want %d", opened.Load(), want)
	}
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// freePort listens at a port that the system has chosen, by its number.
func freePort(ctx context.Context, network string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, network, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return nil, err
	}
	return (&net.ListenConfig{}).Listen(ctx, network, address)
}
