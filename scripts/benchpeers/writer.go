package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// What both write: so many bytes, which stay for an hour, for this long at a time.
const (
	writtenBytes  = 64
	writtenExpiry = time.Hour
	writtenFor    = 2 * time.Second
)

// loads are the connections and pipelines that writing is measured with. For a pipeline the aim is to be as fast as
// redis-benchmark.
var loads = []load{{50, 1}, {16, 1}, {50, 16}, {8, 100}}

type load struct{ connections, pipeline int }

func (l load) what() string {
	return fmt.Sprintf("%d connections, %d at once", l.connections, l.pipeline)
}

// ofWriter sets the application of a drill beside redis-benchmark: the same command to the same server.
func ofWriter() []experiment {
	writes := experiment{
		name:    "writer.writes",
		title:   fmt.Sprintf("The application of a drill with every write in its ledger, beside redis-benchmark: `SET KEY %d-BYTES EX 3600`, every key a new one", writtenBytes),
		long:    true,
		prepare: writeInTurn,
	}
	for _, l := range loads {
		least := ratioAtLeast(1)
		if l.pipeline == 1 {
			least = ratioAtLeast(0.9)
		}
		writes.lines = append(writes.lines, line{
			name: fmt.Sprintf("%dx%d", l.connections, l.pipeline), what: l.what(),
			peer: "redis-benchmark", unit: perSecond, aim: least,
		})
	}
	return []experiment{writes, {
		name:  "writer.ledger",
		title: "The ledger of a drill, and what is done with it afterwards",
		long:  true,
		lines: []line{
			{name: "bytes", what: "a write in the ledger, on disk and in memory alike", unit: "bytes", aim: atMost(20)},
			{name: "enter", what: "to enter a write and its outcome", unit: "ns"},
			{name: "classify", what: "to classify 10 million writes", unit: "ms", aim: atMost(300)},
			{name: "read", what: "keys that are read back, 100 with each EXISTS", unit: perSecond, aim: atLeast(1e6)},
		},
		prepare: ledgerAlone,
	}}
}

// writeInTurn has both write to one server, which is emptied before each.
func writeInTurn(ctx context.Context, s *stand) (repetition, error) {
	address, server, err := s.askedServer(ctx)
	if err != nil {
		return nil, err
	}
	s.note("The keys of redis-benchmark are random, of 2,147,483,647 at the most: some hundreds of a million come twice. Those of the drill never do. Keys of both have the same length within two digits.")
	rates := make([]float64, len(loads)) // of redis-benchmark, which wants to know how many requests it is to send
	write := func(ctx context.Context, i int) (perSecond float64, raw string, err error) {
		if _, err := server.ask("FLUSHALL"); err != nil {
			return 0, "", err
		}
		b := benchmark{connections: loads[i].connections, pipeline: loads[i].pipeline, requests: int(rates[i] * writtenFor.Seconds()), keys: mostKeys,
			command: []string{"SET", "aafailover:{0}:run:__rand_int__", strings.Repeat("x", writtenBytes), "EX", "3600"}}
		perSecond, raw, err = b.run(ctx, address)
		rates[i] = perSecond
		return perSecond, raw, err
	}
	for i, l := range loads { // so that also the first of the repetitions takes both as long
		rates[i] = 50_000 * min(float64(l.pipeline), 8)
		if _, _, err := write(ctx, i); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, number int) ([]reading, error) {
		all := make([]reading, len(loads))
		for i, l := range loads {
			err := inTurn(number,
				func() (err error) {
					all[i].ours, err = writtenByDrill(ctx, s, server, l, morePerSecond*rates[i])
					return err
				},
				func() error {
					perSecond, raw, err := write(ctx, i)
					all[i].peer = perSecond
					s.show("redis-benchmark, "+l.what(), raw)
					return err
				})
			if err != nil {
				return nil, err
			}
		}
		return all, nil
	}, nil
}

// morePerSecond is how many times as many requests come to the application of a drill as redis-benchmark got answered a moment
// before, so that one is always due. It draws the time of each, and counts those that it cannot serve.
const morePerSecond = 2

// writtenByDrill has the application of a drill write as fast as it can while requests come at a rate, and
// returns how many writes were acknowledged a second. Each of them must be in its ledger, and in the server.
func writtenByDrill(ctx context.Context, s *stand, server *asker, l load, rate float64) (float64, error) {
	if _, err := server.ask("FLUSHALL"); err != nil {
		return 0, err
	}
	address := server.RemoteAddr().String()
	given, err := config.ParseRegionFlag("us=redis://" + address)
	if err != nil {
		return 0, err
	}
	manners := drill.Manners{Pipeline: l.pipeline}
	whole := slots.Map{Region: "us", Shards: []slots.Shard{{ID: "1", Address: address, Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}
	store := region.NewApplication(given, whole, region.Options{}, manners)
	defer func() { _ = store.Close() }()
	if err := store.Connect(ctx); err != nil {
		return 0, err
	}
	begun := time.Now()
	ledger, application := drill.Load(ctx, drill.Config{
		Prefix: "aafailover", Run: "run-of-5", Cover: []int{0, 5461, 10923}, Stores: []drill.Store{store}, Manners: manners,
		Rate: rate, Payload: writtenBytes, Connections: l.connections, WriteTimeout: 10 * time.Second, Expiry: writtenExpiry,
	}, 0, writtenFor)
	took := time.Since(begun)
	tally := ledger.Tally()
	there, err := server.ask("DBSIZE")
	if err != nil {
		return 0, err
	}
	s.show(fmt.Sprintf("drill, %s, %.0f requests a second", l.what(), rate),
		fmt.Sprintf("%+v in %v, %d operations, %d held back, DBSIZE %d", tally, took.Round(time.Millisecond), application.Operations, application.HeldBack, there.Int))
	if tally.Acknowledged != ledger.Len() || int(there.Int) != ledger.Len() {
		return 0, fmt.Errorf("of %d writes in the ledger, %d were acknowledged, and %d are in the server", ledger.Len(), tally.Acknowledged, there.Int)
	}
	return float64(tally.Acknowledged) / took.Seconds(), nil
}

// ledgerAlone runs the benchmarks of package drill.
func ledgerAlone(ctx context.Context, s *stand) (repetition, error) {
	b, err := s.goBenchmark(ctx, "./drill")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, _ int) ([]reading, error) {
		said, err := b.run(ctx, "^BenchmarkLedgerOnDisk$|^BenchmarkClassifyTenMillion$|^BenchmarkReadBack$", "500ms")
		if err != nil {
			return nil, err
		}
		disk := said["LedgerOnDisk"]
		return alone(disk["bytes/write"], disk["ns/op"], said["ClassifyTenMillion"]["ns/op"]/1e6, said["ReadBack"]["keys/s"]), nil
	}, nil
}

// hostOf is the address of redis://HOST:PORT.
func hostOf(url string) (string, error) {
	_, address, ok := strings.Cut(url, "://")
	if _, _, err := net.SplitHostPort(address); !ok || err != nil {
		return "", fmt.Errorf("no address in %q", url)
	}
	return address, nil
}
