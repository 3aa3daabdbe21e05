package faults_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/slots"
)

// town is two regions in memory, us of two shards and eu of one endpoint, each address an echo server.
type town struct {
	t     *testing.T
	fault *faults.Proxy
	own   *proxy.Proxy // of an application that goes to us by itself
}

func newTown(t *testing.T, kill proxy.Condition) *town {
	memory := new(memnet.Network)
	for _, address := range []string{"us:6379", "us-1:1", "us-2:1", "eu:6379"} {
		listener, err := memory.Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				go func() {
					_, _ = io.Copy(c, c)
					_ = c.Close()
				}()
			}
		}()
	}
	maps := []slots.Map{
		{Region: "us", Shards: []slots.Shard{{Address: "us-1:1"}, {Address: "us-2:1"}}},
		{Region: "eu", Shards: []slots.Shard{{Address: "eu:6379"}, {Address: "eu:6379"}}},
	}
	f, err := faults.NewProxy(maps, []string{"us:6379", "eu:6379"}, kill, proxy.Options{Dial: memory.Dial, Join: memory.Dial, Listen: memory.Listen})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	own := proxy.New(proxy.Options{Dial: memory.Dial, Join: memory.Dial, Listen: memory.Listen})
	t.Cleanup(func() { own.Close() })
	f.Over("us", own)
	return &town{t, f, own}
}

// try says hello over a new connection; nil: it was answered.
func (w *town) try(address string) error { return w.tryBy(w.fault.Dial, address) }

func (w *town) tryBy(dial proxy.Dial, address string) error {
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	c, err := dial(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.WriteString(c, "hello")
	_, err = io.ReadFull(c, make([]byte, len("hello")))
	return err
}

func (w *town) expect(want map[string]error) {
	w.t.Helper()
	for address, err := range want {
		if got := w.try(address); !errors.Is(got, err) {
			w.t.Errorf("%s: %v, want %v", address, got, err)
		}
	}
}

func (w *town) do(a drill.Action) {
	w.t.Helper()
	if err := w.fault.Do(w.t.Context(), a); err != nil {
		w.t.Fatal(err)
	}
}

func TestProxyActions(t *testing.T) {
	const silence = syscall.Errno(0)
	for _, row := range []struct {
		name    string
		kill    proxy.Condition
		actions []drill.Action
		want    map[string]error
	}{
		{"a region that is killed refuses, all of its shards", nil, []drill.Action{{Kind: drill.Kill, Region: "us"}},
			map[string]error{"us:6379": syscall.ECONNREFUSED, "us-1:1": syscall.ECONNREFUSED, "us-2:1": syscall.ECONNREFUSED, "eu:6379": nil}},
		{"a kill can be a reset", proxy.Reset{}, []drill.Action{{Kind: drill.Kill, Region: "us"}},
			map[string]error{"us:6379": syscall.ECONNRESET, "us-1:1": syscall.ECONNRESET, "eu:6379": nil}},
		{"a region that hangs", nil, []drill.Action{{Kind: drill.Hang, Region: "eu"}}, map[string]error{"us:6379": nil, "eu:6379": silence}},
		{"one shard", nil, []drill.Action{{Kind: drill.Kill, Region: "us", Shard: 2}},
			map[string]error{"us:6379": nil, "us-1:1": nil, "us-2:1": syscall.ECONNREFUSED}},
		{"both regions, and one back", nil, []drill.Action{{Kind: drill.Kill, Region: "us"}, {Kind: drill.Hang, Region: "eu"}, {Kind: drill.Start, Region: "us"}},
			map[string]error{"us:6379": nil, "us-1:1": nil, "us-2:1": nil, "eu:6379": silence}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newTown(t, row.kill)
				all := map[string]error{"us:6379": nil, "us-1:1": nil, "us-2:1": nil, "eu:6379": nil}
				w.expect(all)
				for _, a := range row.actions {
					w.do(a)
				}
				for address, err := range row.want {
					if err == silence { //nolint:errorlint // the row itself
						row.want[address] = os.ErrDeadlineExceeded
					}
				}
				w.expect(row.want)
				for range 2 {
					if err := w.fault.Heal(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				w.expect(all)
				w.expect(map[string]error{"elsewhere:1": faults.ErrUnknownAddress})
				_ = w.fault.Close()
				if err := w.fault.Heal(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// An application that goes through a proxy of its own finds what the drill finds, also at addresses that it asks for later.
func TestAProxyOfTheApplicationsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, nil)
		expect := func(address string, want error) {
			t.Helper()
			if got := w.tryBy(w.own.Dial, address); !errors.Is(got, want) {
				t.Errorf("%s: %v, want %v", address, got, want)
			}
		}
		expect("us-1:1", nil)
		w.do(drill.Action{Kind: drill.Kill, Region: "us", Shard: 1})
		expect("us-1:1", syscall.ECONNREFUSED)
		expect("us-2:1", nil)
		w.do(drill.Action{Kind: drill.Kill, Region: "eu"})
		expect("us:6379", nil)
		w.do(drill.Action{Kind: drill.Kill, Region: "us"})
		expect("us:6379", syscall.ECONNREFUSED) // asked for the first time
		if err := w.fault.Heal(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{"us:6379", "us-1:1", "us-2:1"} {
			expect(address, nil)
		}
		_ = w.own.Close()
		if err := w.fault.Heal(t.Context()); err != nil {
			t.Errorf("a proxy that is closed spoils nothing: %v", err)
		}
	})
}

func TestWhatAProxyCannotMake(t *testing.T) {
	steps := func(a drill.Action) []drill.Step { return []drill.Step{{Action: a}} }
	for _, row := range []struct {
		name     string
		scenario drill.Scenario
		want     string // "": it can
	}{
		{"a region down", drill.Scenario{Steps: steps(drill.Action{Kind: drill.Kill, Region: drill.Local})}, ""},
		{"a link", drill.Scenario{Steps: steps(drill.Action{Kind: drill.Cut, From: drill.Local, To: drill.Target})}, "replication does not go through it"},
		{"a loss of data", drill.Scenario{Needs: drill.Needs{Persistence: drill.KeepNothing}}, "the servers lose nothing behind a proxy"},
		{"an empty return", drill.Scenario{Steps: steps(drill.Action{Kind: drill.Start, Region: drill.Local, Empty: true})}, "the servers keep their data"},
		{"a shard behind one endpoint", drill.Scenario{Steps: steps(drill.Action{Kind: drill.Kill, Region: drill.Local, Shard: 1})}, "shards 1 and 2 of eu have one address"},
		{"a shard that there is not", drill.Scenario{Steps: steps(drill.Action{Kind: drill.Kill, Region: drill.Local, Shard: 3})}, "us has 2 shards, and no shard 3"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newTown(t, nil)
				err := w.fault.Check(row.scenario)
				if row.want == "" && err != nil || row.want != "" && (!errors.Is(err, faults.ErrCannot) || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "--fault manual")) {
					t.Errorf("%v", err)
				}
				for _, step := range row.scenario.Steps {
					step.Action.Region = "eu"
					if err := w.fault.Do(t.Context(), step.Action); row.want != "" && !errors.Is(err, faults.ErrCannot) {
						t.Errorf("made: %v", err)
					}
				}
			})
		})
	}
}

func TestRegionsOfOneAddress(t *testing.T) {
	maps := []slots.Map{{Region: "us", Shards: []slots.Shard{{Address: "a:1"}}}, {Region: "eu", Shards: []slots.Shard{{Address: "a:1"}}}}
	if _, err := faults.NewProxy(maps, []string{"us:1", "eu:1"}, nil, proxy.Options{}); err == nil || !strings.Contains(err.Error(), "us and eu have the same address a:1") {
		t.Error(err)
	}
}
