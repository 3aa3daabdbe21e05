package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/aafailover/aafailover/slots"
)

func ofSlots() []experiment {
	hashed := []string{strings.Repeat("k", 3), "aafailover:{63n}:us", "session:00000000-0000-0000-0000-000000000000", strings.Repeat("k", 64), strings.Repeat("k", 256)}
	hash := experiment{
		name:  "slots.hash",
		title: "The slot of one key",
		prepare: func(context.Context, *stand) (repetition, error) {
			return func(_ context.Context, number int) ([]reading, error) { return hashEach(number, hashed) }, nil
		},
	}
	for i, what := range []string{"3 bytes", "a channel: 19 bytes, of which 3 are hashed", "44 bytes", "64 bytes", "256 bytes"} {
		l := line{name: fmt.Sprintf("%d-bytes", len(hashed[i])), what: what, peer: "go-redis", unit: "ns"}
		if len(slots.Tag(hashed[i])) > 8 { // of fewer bytes both look up one after the other, and there is nothing to gain
			l.aim = ratioAtMost(1)
		}
		hash.lines = append(hash.lines, l)
	}
	return []experiment{
		{
			name:  "slots.keys",
			title: "All 16,384 slots with a key each, in a process that has not asked for one before",
			lines: []line{
				{name: "first", what: "first time", unit: "ms", aim: atMost(5)},
				{name: "again", what: "second time", unit: "ms"},
			},
			prepare: func(context.Context, *stand) (repetition, error) {
				return func(ctx context.Context, _ int) ([]reading, error) {
					figures, err := inChild(ctx, "keys")
					return alone(figures["first"], figures["again"]), err
				}, nil
			},
		},
		{
			name:  "slots.table",
			title: "The whole process of `aafailover slots table`",
			lines: []line{
				{name: "process", what: "`slots table`", peer: "`aafailover version`", unit: "ms", aim: excessAtMost(10)},
			},
			prepare: tableAfterVersion,
		},
		{
			name:  "slots.server",
			title: "The slots of 16,384 keys, by what a program computes and by what a server answers to pipelined CLUSTER KEYSLOT",
			lines: []line{
				{name: "keyslot", what: "keys", peer: "CLUSTER KEYSLOT of a redis-server", unit: perSecond, aim: ratioAtLeast(20)},
			},
			prepare: slotsOfServer,
		},
		hash,
	}
}

// measureKeys asks for the key of every slot, and for the slot of every key, twice.
func measureKeys([]string) (map[string]float64, error) {
	figures := map[string]float64{}
	for _, time := range []string{"first", "again"} {
		took, err := allKeys()
		if err != nil {
			return nil, err
		}
		figures[time] = took
	}
	return figures, nil
}

func allKeys() (ms float64, err error) {
	begun := time.Now()
	for slot := range slots.Count {
		if slots.Of(slots.Key(slot)) != slot {
			return 0, errors.New("a key is not of its slot")
		}
	}
	return milliseconds(time.Since(begun)), nil
}

// tableAfterVersion runs both programs several times in one repetition: starting a process takes a few milliseconds, and varies as
// much.
func tableAfterVersion(_ context.Context, s *stand) (repetition, error) {
	program, err := s.program()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, _ int) ([]reading, error) {
		once, err := programs(ctx, []string{program, "slots", "table"}, []string{program, "version"})
		return []reading{once}, err
	}, nil
}

// slotsOfServer asks a server as fast as can be: all commands are ready, and written while the answers are read, which are
// compared with what is ready, too.
func slotsOfServer(ctx context.Context, s *stand) (repetition, error) {
	address, err := s.server(ctx, "cluster-enabled yes")
	if err != nil {
		return nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s.later(func() { _ = conn.Close() })
	keys, expected := make([]string, slots.Count), make([]string, slots.Count)
	var commands []byte
	for slot := range keys {
		keys[slot] = "user:{" + slots.Key(slot) + "}:name"
		expected[slot] = fmt.Sprintf(":%d\r\n", slot)
		commands = fmt.Appendf(commands, "*3\r\n$7\r\nCLUSTER\r\n$7\r\nKEYSLOT\r\n$%d\r\n%s\r\n", len(keys[slot]), keys[slot])
	}
	answers := bufio.NewReaderSize(conn, 1<<16)
	ask := func() error {
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		written := make(chan error, 1)
		go func() { _, err := conn.Write(commands); written <- err }()
		for slot, want := range expected {
			answer, err := answers.ReadSlice('\n')
			if err == nil && string(answer) != want {
				err = fmt.Errorf("the server answers %q for a key of slot %d", answer, slot)
			}
			if err != nil {
				_ = conn.Close() // ends the writing
				return errors.Join(err, <-written)
			}
		}
		return <-written
	}
	compute := func() error {
		for slot, key := range keys {
			if slots.Of(key) != slot {
				return fmt.Errorf("%s is not of slot %d", key, slot)
			}
		}
		return nil
	}
	return func(_ context.Context, number int) ([]reading, error) {
		// Some 50 ms each: what interrupts a machine for a moment counts little.
		var r reading
		err := inTurn(number,
			func() (err error) { r.ours, err = rate(len(keys), 400, compute); return err },
			func() (err error) { r.peer, err = rate(len(keys), 10, ask); return err })
		return []reading{r}, err
	}, nil
}

// rate is how many a second, where each of some rounds does so many.
func rate(many, rounds int, round func() error) (float64, error) {
	begun := time.Now()
	for range rounds {
		if err := round(); err != nil {
			return 0, err
		}
	}
	return float64(many*rounds) / time.Since(begun).Seconds(), nil
}

// hashEach takes the time of the slot of each key, in nanoseconds.
func hashEach(number int, keys []string) ([]reading, error) {
	all := make([]reading, len(keys))
	for i, key := range keys {
		if slots.Of(key) != goRedisSlot(key) {
			return nil, fmt.Errorf("go-redis finds another slot of %s", key)
		}
		_ = inTurn(number,
			func() error { all[i].ours = shortest(func() int { return slots.Of(key) }); return nil },
			func() error { all[i].peer = shortest(func() int { return goRedisSlot(key) }); return nil })
	}
	return all, nil
}

// shortest is how many nanoseconds one call takes: in the quickest of ten turns, which nothing interrupted.
func shortest(call func() int) float64 {
	const calls = 20000
	least := time.Duration(1<<63 - 1)
	sum := 0
	for range 10 {
		begun := time.Now()
		for range calls {
			sum += call()
		}
		least = min(least, time.Since(begun))
	}
	if sum < 0 {
		panic("a slot is negative") // keeps the compiler from leaving the calls out
	}
	return float64(least) / calls
}
