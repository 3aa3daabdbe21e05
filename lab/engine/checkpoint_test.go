package engine_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aafailover/aafailover/lab/engine"
)

func versions(e *engine.Engine) map[string]uint64 {
	all := map[string]uint64{}
	for _, key := range names {
		all[key] = e.Version(key)
	}
	return all
}

// TestRollbackIsTheCheckpoint: whatever commands and effects came after it, and although keys expired meanwhile.
func TestRollbackIsTheCheckpoint(t *testing.T) {
	for range 100 {
		d := newDeployment(t, 2)
		e := d.engines[0]
		for range 5 {
			for range d.IntN(100) {
				d.step(t, d.command)
			}
			e.Checkpoint()
			before, written, was := known(e), e.EverWritten(), versions(e)
			seen := visible(t, e)
			d.got[0][1] = len(d.logs[1])
			for range d.IntN(100) {
				d.step(t, d.command)
			}
			after, now, changed := known(e), versions(e), visible(t, e)
			lost := e.Rollback()

			if diff := cmp.Diff(before, known(e), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("not what it was:\n%s", diff)
			}
			if err := e.Check(); err != nil {
				t.Fatal(err)
			}
			if e.EverWritten() != written {
				t.Errorf("ever written: %t, was %t", e.EverWritten(), written)
			}
			fresh := engine.New(9, d.clock.now)
			for _, x := range before {
				fresh.Apply(x)
			}
			if diff := cmp.Diff(visible(t, fresh), visible(t, e)); diff != "" {
				t.Fatalf("shows something else than an engine that never knew more:\n%s", diff)
			}
			for i, key := range names {
				if e.Version(key) < now[key] || now[key] < was[key] {
					t.Errorf("key %s: version went from %d to %d to %d", key, was[key], now[key], e.Version(key))
				}
				if seen[i] != changed[i] && now[key] == was[key] {
					t.Errorf("key %s: went from %q to %q without a new version", key, seen[i], changed[i])
				}
			}
			slices.Sort(lost)
			if diff := cmp.Diff(differing(before, after), lost, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("lost other keys than those that changed:\n%s", diff)
			}
		}
	}
}

// differing returns the keys, ascending, of which the two know different things.
func differing(before, after []engine.Effect) (keys []string) {
	was := map[string]engine.Effect{}
	for _, x := range before {
		was[x.Key] = x
	}
	for _, x := range after {
		if !cmp.Equal(was[x.Key], x) {
			keys = append(keys, x.Key)
		}
	}
	return keys
}

func TestRollbackWithoutCheckpointLosesEverything(t *testing.T) {
	c := newClock()
	e := engine.New(1, c.now)
	do(t, e, "MSET", "a", "1", "b", "2")
	before := e.Version("a")
	if !e.EverWritten() {
		t.Error("nothing was ever written")
	}
	if diff := cmp.Diff([]string{"a", "b"}, e.Rollback()); diff != "" {
		t.Error(diff)
	}
	if e.Len() != 0 || e.EverWritten() || e.Version("a") <= before {
		t.Errorf("%d keys, ever written %t, version %d after %d", e.Len(), e.EverWritten(), e.Version("a"), before)
	}
}

func TestLostIncrementsThatOthersHaveAreNotLost(t *testing.T) {
	for _, crash := range []struct {
		name string
		lose func(*engine.Engine)
	}{
		{"back to a checkpoint", func(e *engine.Engine) { e.Rollback() }},
		{"nothing kept", func(e *engine.Engine) { e.Clear() }},
	} {
		t.Run(crash.name, func(t *testing.T) {
			c := newClock()
			engines, emitted := peers(c, 2)
			do(t, engines[0], "INCRBY", "a", "3")
			exchange(engines, emitted)
			engines[0].Checkpoint()
			do(t, engines[0], "INCRBY", "a", "5")
			exchange(engines, emitted)
			crash.lose(engines[0])
			do(t, engines[0], "INCRBY", "a", "1") // before it heard of what it has lost
			exchange(engines, emitted)
			for x := range engines[1].State(nil) {
				engines[0].Apply(x)
			}
			for _, e := range engines {
				expect(t, e, "GET a", "$1\r\n9\r\n")
			}
		})
	}
}

func TestCollectKeepsWhatARollbackNeeds(t *testing.T) {
	c := newClock()
	e := engine.New(1, c.now)
	do(t, e, "SET", "a", "1")
	e.Checkpoint()
	do(t, e, "DEL", "a")
	if n := e.Collect(c.Add(1)); n != 0 {
		t.Errorf("collected %d", n)
	}
	e.Rollback()
	expect(t, e, "GET a", "$1\r\n1\r\n")
}
