package hosts_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab/hosts"
)

// Whatever was done to a network, who can talk to whom is what the last partition says, and who is refused what is down; and of what was
// said over connections that there were nothing is lost once it is healed.
func TestWhoCanTalkToWhom(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w := newWorld(t, hosts.Open)
	names := w.network.Names()
	group, up := make([]int, len(names)), []bool{true, true, true}
	kept := w.connect("a", "b")
	said := ""
	for range 25 {
		switch i := random.IntN(len(names)); random.IntN(3) {
		case 0:
			groups := make([][]string, 3)
			for i, name := range names {
				group[i] = random.IntN(3)
				groups[group[i]] = append(groups[group[i]], name)
			}
			w.do(w.network.Partition(groups...))
		case 1:
			clear(group)
			w.do(w.network.Heal())
		case 2:
			if up[i] = !up[i]; up[i] {
				w.do(w.fronts[names[i]].Up())
			} else {
				w.fronts[names[i]].Down()
			}
		}
		if _, err := kept.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		said += "x"
		w.talk(group, up)
		if t.Failed() {
			return
		}
	}
	w.do(w.network.Heal())
	w.do(gets(kept, said, patience))
}

// talk tries every pair.
func (w *world) talk(group []int, up []bool) {
	w.Helper()
	var all sync.WaitGroup
	names := w.network.Names()
	for i, from := range names {
		for j, to := range names {
			all.Go(func() {
				cut := group[i] != group[j]
				within := patience
				if cut || !up[j] {
					within = brevity / 6
				}
				c, err := w.dial(from, to, within)
				if err == nil {
					err = hears(c, "hello", within)
				}
				switch {
				case !cut && up[j] && err != nil:
					w.Errorf("%s cannot talk to %s, though they are together and it is up: %v", from, to, err)
				case cut && err == nil:
					w.Errorf("%s talks to %s, though they are cut off", from, to)
				case !cut && !up[j] && err == nil:
					w.Errorf("%s talks to %s, which is down", from, to)
				case !cut && !up[j] && !errors.Is(err, syscall.ECONNREFUSED) && !isTimeout(err):
					w.Errorf("%s is not refused by %s: %v", from, to, err)
				}
			})
		}
	}
	all.Wait()
}

// isTimeout tells whether an error is that of a connect that hung: a host that is down and cut off from another hangs for all.
func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// Connections, partitions, ups and downs at the same time leave the network whole.
func TestAllAtOnce(t *testing.T) {
	w := newWorld(t, hosts.Open)
	stop := make(chan struct{})
	time.AfterFunc(time.Second, func() { close(stop) })
	var all sync.WaitGroup
	again := func(do func(random *rand.Rand)) {
		random := rand.New(rand.NewPCG(rand.Uint64(), 0))
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					do(random)
				}
			}
		})
	}
	names := w.network.Names()
	for range 4 {
		again(func(random *rand.Rand) {
			c, err := w.dial(names[random.IntN(3)], names[random.IntN(3)], 10*time.Millisecond)
			if err == nil {
				_ = hears(c, "hello", 10*time.Millisecond)
				_ = c.Close()
			}
		})
	}
	again(func(random *rand.Rand) {
		if err := errors.Join(w.network.Partition(names[:1+random.IntN(2)]), w.network.Heal()); err != nil {
			t.Error(err)
		}
	})
	again(func(random *rand.Rand) {
		f := w.fronts[names[random.IntN(3)]]
		f.Down()
		if err := f.Up(); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	w.talk(make([]int, 3), []bool{true, true, true})
}
