package proxy_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/heldport"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/proxy"
)

// An application that was configured beforehand finds the proxy where it was said to be.
func TestWhereToListen(t *testing.T) {
	other, err := heldport.Listen(t.Context(), "127.0.0.1", heldport.Highest)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	at := other.Addr().String()
	w := overTCPWith(t, proxy.Options{At: func(address string) string {
		if strings.HasSuffix(address, ":7001") {
			return at
		}
		return ""
	}})
	_, err = w.proxy.Addr("region:7001")
	if !errors.Is(err, syscall.EADDRINUSE) || err.Error() != "proxy to region:7001: listen tcp "+at+": bind: address already in use" {
		t.Errorf("somebody else has the port: %v", err)
	}
	if hints := hint.Of(err); len(hints) != 1 {
		t.Errorf("hints: %q", hints)
	}
	if elsewhere, err := w.proxy.Addr(w.echo.address); err != nil || elsewhere == at {
		t.Errorf("the kernel chooses: %s, %v", elsewhere, err)
	}
	_ = other.Close()
	if got, err := w.proxy.Addr("region:7001"); err != nil || got != at {
		t.Errorf("listens at %s, not at %s; %v", got, at, err)
	}
	w.set(proxy.Refuse{})
	taken, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := w.proxy.Set(proxy.Pass{}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("another port does not serve who was told of this one: %v", err)
	}
}

// Nodes of a cluster become known one by one, to many connections at once.
func TestAddressesThatManyAskFor(t *testing.T) {
	w := overTCP(t)
	var asking sync.WaitGroup
	places := make([][]string, 16)
	for i := range places {
		asking.Go(func() {
			for node := range 20 {
				at, err := w.proxy.Addr(fmt.Sprintf("10.0.0.%d:6379", node))
				if err != nil {
					t.Error(err)
				}
				places[i] = append(places[i], at)
			}
		})
	}
	asking.Wait()
	for _, those := range places {
		if !slices.Equal(those, places[0]) {
			t.Errorf("%v, but to another %v", those, places[0])
		}
	}
	if all := slices.Compact(slices.Sorted(slices.Values(places[0]))); len(all) != 20 {
		t.Errorf("%d listeners for 20 nodes", len(all))
	}
}
