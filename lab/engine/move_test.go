package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab/engine"
	"github.com/aafailover/aafailover/slots"
)

// TestKeysThatMoveAreAllOfThemInOneEngine executes commands on two engines of one replica that split the slots, which move
// between them, and on one that has them all. They answer the same, and a peer that learns from the effects agrees.
func TestKeysThatMoveAreAllOfThemInOneEngine(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	now := time.Unix(1_700_000_000, 0)
	clock := func() time.Time { return now }
	whole, peer := engine.New(1, clock), engine.New(2, clock)
	parts := [2]*engine.Engine{engine.New(1, clock), engine.New(1, clock)}
	for _, part := range parts {
		part.Emit = func(x engine.Effect) { peer.Apply(x) }
		part.Checkpoint()
	}
	border := slots.Count / 2 // the first part has the slots below it
	commands := []string{"SET %s 5", "SET %s 7 PX 300", "INCRBY %s 3", "DEL %s", "EXPIRE %s 1", "PERSIST %s", "GET %s", "GET %s", "PTTL %s"}
	for range 5000 {
		now = now.Add(time.Duration(random.Int64N(int64(100 * time.Millisecond))))
		switch random.IntN(50) {
		case 0:
			next := random.IntN(slots.Count)
			from, to := parts[0], parts[1]
			if next > border {
				from, to = to, from
			}
			lower, upper := min(border, next), max(border, next)
			from.Move(to, func(slot int) bool { return lower <= slot && slot < upper })
			border = next
		case 1:
			part := parts[random.IntN(2)]
			part.Checkpoint()
			if lost := part.Rollback(); len(lost) > 0 {
				t.Fatalf("a rollback to a checkpoint that was just made lost %v", lost)
			}
		}
		key := fmt.Sprint("k", random.IntN(30))
		part := parts[0]
		if slots.Of(key) >= border {
			part = parts[1]
		}
		command := fmt.Sprintf(commands[random.IntN(len(commands))], key)
		if want, got := do(t, whole, strings.Fields(command)...), do(t, part, strings.Fields(command)...); got != want {
			t.Fatalf("%s: got %q, want %q", command, got, want)
		}
		if want, got := whole.Len(), parts[0].Len()+parts[1].Len(); got != want {
			t.Fatalf("%d keys are left of %d", got, want)
		}
		for _, part := range parts {
			if err := part.Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 30 {
		key := fmt.Sprint("k", i)
		if want, got := do(t, whole, "GET", key), do(t, peer, "GET", key); got != want {
			t.Errorf("%s at the peer: got %q, want %q", key, got, want)
		}
	}
}

func TestWhatHasMovedIsDurable(t *testing.T) {
	clock := func() time.Time { return time.Unix(1_700_000_000, 0) }
	from, to := engine.New(1, clock), engine.New(1, clock)
	from.Checkpoint()
	to.Checkpoint()
	do(t, from, "SET", "k", "1")
	from.Move(to, func(int) bool { return true })
	from.Rollback()
	to.Rollback()
	if a, b := do(t, from, "EXISTS", "k"), do(t, to, "EXISTS", "k"); a != ":0\r\n" || b != ":1\r\n" {
		t.Errorf("after both crashed: %q where it came from, %q where it went", a, b)
	}
}
