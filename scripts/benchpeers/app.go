package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

// tappedLoads are the connections and pipelines that a proxy is measured with.
var tappedLoads = []struct{ connections, pipeline int }{{50, 1}, {50, 16}}

// What is sent through a proxy: so many keys, for so long at a time, and so many commands one by one. Less where time is short.
const (
	tappedKeys  = 100_000
	tappedFor   = 1500 * time.Millisecond
	tappedTrips = 20_000
	tappedShare = 3 // of that with -quick: a third
)

// ofApp sets a service that reaches a region through a recording proxy, as in `drill app`, beside one that reaches it directly.
func ofApp() []experiment {
	through := experiment{
		name:    "app.proxy",
		title:   fmt.Sprintf("A service of `drill app`: redis-benchmark with `SET KEY %d-BYTES` of %s keys, through a recording proxy and directly to the same redis-server", writtenBytes, inUnit(tappedKeys, "")),
		prepare: throughProxy,
	}
	for _, l := range tappedLoads {
		through.lines = append(through.lines, line{
			name: fmt.Sprintf("%dx%d", l.connections, l.pipeline), what: fmt.Sprintf("%d connections, %d at once", l.connections, l.pipeline),
			peer: "directly", unit: perSecond, aim: ratioAtLeast(0.8),
		})
	}
	through.lines = append(through.lines, line{
		name: "go-redis", what: fmt.Sprintf("a program of go-redis, %d goroutines, one at a time each", tappedLoads[0].connections),
		peer: "directly", unit: perSecond, aim: ratioAtLeast(0.8),
	}, line{name: "trip", what: "a `SET` over one connection, median", peer: "directly", unit: "ms", aim: excessAtMost(0.06)})
	return []experiment{through}
}

// throughProxy has a proxy in this process, which does nothing else meanwhile: what loads it are processes of their own.
func throughProxy(ctx context.Context, s *stand) (repetition, error) {
	address, err := s.server(ctx)
	if err != nil {
		return nil, err
	}
	log, err := recorder.NewLog(recorder.LogOptions{Regions: 1, Start: time.Now(), Seed: maphash.MakeSeed()})
	if err != nil {
		return nil, err
	}
	var p *proxy.Proxy
	r := recorder.New(recorder.Options{Log: log, Regions: []recorder.Region{{
		Commands: commands.Default(), Address: func(address string) (string, error) { return p.Addr(address) },
	}}})
	p = proxy.New(proxy.Options{Tap: func(c proxy.Connection) proxy.Tap { return r.Tap(0, c) }})
	s.later(func() { _ = p.Close() })
	fronted, err := p.Addr(address)
	if err != nil {
		return nil, err
	}
	share := 1.0
	if s.quick {
		share = 1.0 / tappedShare
	}
	rates := make([]float64, len(tappedLoads)) // of the slower one
	return func(ctx context.Context, number int) ([]reading, error) {
		all := make([]reading, len(tappedLoads)+2)
		for i, l := range tappedLoads {
			b := benchmark{connections: l.connections, pipeline: l.pipeline, keys: tappedKeys, command: []string{"SET", "key:__rand_int__", strings.Repeat("x", writtenBytes)}}
			b.requests = int(max(rates[i], 20_000*min(float64(l.pipeline), 8)) * tappedFor.Seconds() * share)
			send := func(to string, rate *float64) func() error {
				return func() (err error) {
					var raw string
					*rate, raw, err = b.run(ctx, to)
					s.show(to, raw)
					return err
				}
			}
			if err := inTurn(number, send(fronted, &all[i].ours), send(address, &all[i].peer)); err != nil {
				return nil, err
			}
			rates[i] = min(all[i].ours, all[i].peer)
		}
		measured := func(what, figure string, amount float64, of *reading) error {
			ask := func(to string, v *float64) func() error {
				return func() error {
					figures, err := inChild(ctx, what, to, fmt.Sprint(int(amount*share)))
					*v = figures[figure]
					return err
				}
			}
			return inTurn(number, ask(fronted, &of.ours), ask(address, &of.peer))
		}
		service, trip := &all[len(tappedLoads)], &all[len(tappedLoads)+1]
		return all, errors.Join(
			measured("service", "rate", float64(tappedFor.Milliseconds()), service),
			measured("trips", "median", tappedTrips, trip))
	}, nil
}

// measureService writes by go-redis as a service does, for so many milliseconds, and says how often it was answered a second.
func measureService(args []string) (map[string]float64, error) {
	to, limit, err := addressed(args)
	if err != nil {
		return nil, err
	}
	many := tappedLoads[0].connections
	client := redis.NewClient(&redis.Options{Addr: to, PoolSize: many, MaxRetries: -1})
	defer client.Close() //nolint:errcheck // all was answered
	value := strings.Repeat("x", writtenBytes)
	var answered atomic.Int64
	var wrong atomic.Value
	var all sync.WaitGroup
	begun := time.Now()
	for i := range many {
		all.Go(func() {
			for n := 0; time.Since(begun) < time.Duration(limit)*time.Millisecond; n++ {
				if err := client.Set(context.Background(), fmt.Sprintf("key:%d:%d", i, n%(tappedKeys/many)), value, 0).Err(); err != nil {
					wrong.Store(err)
					return
				}
				answered.Add(1)
			}
		})
	}
	all.Wait()
	took := time.Since(begun)
	if err, ok := wrong.Load().(error); ok {
		return nil, err
	}
	return map[string]float64{"rate": float64(answered.Load()) / took.Seconds()}, nil
}

// addressed reads an address and a number.
func addressed(args []string) (to string, number int, err error) {
	if len(args) != 2 {
		return "", 0, fmt.Errorf("an address and a number are wanted, not %q", args)
	}
	number, err = strconv.Atoi(args[1])
	if err == nil && number < 1 {
		err = fmt.Errorf("%d is too little", number)
	}
	return args[0], number, err
}

// measureTrips sends a SET to an address, so often, each when the last one was answered, and says how long the one in the middle
// took.
func measureTrips(args []string) (map[string]float64, error) {
	to, times, err := addressed(args)
	if err != nil {
		return nil, err
	}
	c, err := net.DialTimeout("tcp", to, tripLimit)
	if err != nil {
		return nil, err
	}
	defer c.Close() //nolint:errcheck // all was answered
	if err := c.SetDeadline(time.Now().Add(benchmarkLimit)); err != nil {
		return nil, err
	}
	command := fmt.Appendf(nil, "*3\r\n$3\r\nSET\r\n$8\r\nkey:trip\r\n$%d\r\n%s\r\n", writtenBytes, strings.Repeat("x", writtenBytes))
	answer := make([]byte, len("+OK\r\n"))
	took := make([]time.Duration, times)
	for i := range took {
		begun := time.Now()
		if _, err := c.Write(command); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(c, answer); err != nil || string(answer) != "+OK\r\n" {
			return nil, fmt.Errorf("SET: %q, %w", answer, err)
		}
		took[i] = time.Since(begun)
	}
	slices.Sort(took)
	return map[string]float64{"median": milliseconds(nearestRank(took, 50))}, nil
}
