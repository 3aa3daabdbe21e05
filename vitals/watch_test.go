package vitals_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// land is a region in memory: what its servers answer, and how often they were asked.
type land struct {
	mu        sync.Mutex
	say       func(address string, c vitals.Command) vitals.Reply // nil: an empty answer
	refuses   error                                               // to connect
	breaks    error                                               // in the middle of an asking
	connected int
	open      int
	asked     map[string]int // by address and command
	at        []time.Duration
	began     time.Time
}

func newLand() *land { return &land{asked: make(map[string]int), began: time.Now()} }

func (l *land) Connect(_ context.Context, address string) (vitals.Session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuses != nil {
		return nil, l.refuses
	}
	l.connected++
	l.open++
	return &visit{l, address}, nil
}

type visit struct {
	land    *land
	address string
}

func (v *visit) Ask(_ context.Context, commands []vitals.Command) ([]vitals.Reply, error) {
	l := v.land
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.breaks != nil {
		return nil, l.breaks
	}
	l.at = append(l.at, time.Since(l.began))
	var replies []vitals.Reply
	for _, c := range commands {
		l.asked[v.address+" "+c.String()]++
		r := vitals.Reply{Command: c}
		if l.say != nil {
			r = l.say(v.address, c)
			r.Command = c
		}
		replies = append(replies, r)
	}
	return replies, nil
}

func (v *visit) Close() error {
	v.land.mu.Lock()
	defer v.land.mu.Unlock()
	v.land.open--
	return nil
}

func (l *land) count(address string, c vitals.Command) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked[address+" "+c.String()]
}

// sharded is a region with shards at these addresses.
func sharded(name string, addresses ...string) slots.Map {
	m := slots.Map{Region: name}
	for i, address := range addresses {
		m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(i), Address: address})
	}
	return m
}

// watch runs a watch in simulated time until the test has said what it wants.
func watch(t *testing.T, c vitals.Config, test func(w *vitals.Watch)) {
	t.Helper()
	w := vitals.NewWatch(c)
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		w.Run(ctx)
		close(done)
	}()
	synctest.Wait()
	test(w)
	end()
	<-done
}

func TestEveryServerIsReadAtOnceAndThenAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		us, eu := newLand(), newLand()
		maps := []slots.Map{sharded("us", "a", "b"), sharded("eu", "c")}
		watch(t, vitals.Config{Maps: maps, Sources: []vitals.Source{us, eu}}, func(w *vitals.Watch) {
			if !w.Complete() {
				t.Error("not every server is read at once")
			}
			time.Sleep(59 * time.Second)
			synctest.Wait()
			for _, row := range []struct {
				land    *land
				address string
			}{{us, "a"}, {us, "b"}, {eu, "c"}} {
				if n := row.land.count(row.address, vitals.Info); n < 6 || n > 7 {
					t.Errorf("%s was asked %d times in a minute, every 10 s", row.address, n)
				}
			}
			if us.connected != 2 {
				t.Errorf("%d connections for two servers", us.connected)
			}
			if slices.Equal(us.at[2:], eu.at[1:]) {
				t.Error("all servers are asked in the same moments")
			}
		})
		if us.open != 0 || eu.open != 0 {
			t.Errorf("%d and %d connections are left open", us.open, eu.open)
		}
	})
}

// What a server refuses it is not asked again, that is told once for a region, and the
// fields stay not allowed.
func TestARefusalIsToldOnceAndEndsTheAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		us := newLand()
		us.say = func(_ string, c vitals.Command) vitals.Reply {
			switch c {
			case vitals.LatencyLatest:
				return vitals.Reply{Outcome: vitals.Denied, Err: errors.New("NOPERM latency")}
			case vitals.ConfigGet:
				return vitals.Reply{Outcome: vitals.Denied, Setting: "save", Err: errors.New("NOPERM config")}
			case vitals.AskRole:
				return vitals.Reply{Outcome: vitals.NotAtTimes, Err: errors.New("BUSY")}
			}
			return lines("used_memory:7")
		}
		var told []string
		c := vitals.Config{Maps: []slots.Map{sharded("us", "a", "b")}, Sources: []vitals.Source{us}, Complain: func(err error) { told = append(told, err.Error()) }}
		watch(t, c, func(w *vitals.Watch) {
			time.Sleep(time.Minute)
			synctest.Wait()
			if a, b := us.count("a", vitals.LatencyLatest), us.count("b", vitals.LatencyLatest); a != 1 || b != 1 {
				t.Errorf("what is refused was asked %d and %d times", a, b)
			}
			if n := us.count("a", vitals.AskRole); n < 6 {
				t.Errorf("what was only busy was asked %d times", n)
			}
			if !slices.Equal(told, []string{"NOPERM latency"}) {
				t.Errorf("told: %q", told)
			}
			for _, s := range w.Shards() {
				if s.Last.Spikes.Standing != vitals.NotAllowed || s.Last.Settings["save"].Standing != vitals.NotAllowed || !s.Last.Memory.Used.Known() {
					t.Errorf("%+v", s.Last)
				}
			}
		})
	})
}

// A server that has served a command, and then does not, as behind a proxy whose database is away, is asked again; one
// that never has is not.
func TestWhatWasServedOnceIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		us := newLand()
		away := false
		us.say = func(_ string, c vitals.Command) vitals.Reply {
			if away || c == vitals.LatencyLatest {
				return vitals.Reply{Outcome: vitals.Unserved, Err: errors.New("ERR")}
			}
			return lines("used_memory:7")
		}
		watch(t, vitals.Config{Maps: []slots.Map{sharded("us", "a")}, Sources: []vitals.Source{us}}, func(w *vitals.Watch) {
			time.Sleep(time.Second)
			us.mu.Lock()
			away = true
			us.mu.Unlock()
			time.Sleep(20 * time.Second)
			synctest.Wait()
			if s := w.Shards()[0].Last; s.Memory.Used.Known() || !slices.Equal(s.Lacks, []vitals.Command{vitals.Info, vitals.AskRole, vitals.LatencyLatest}) {
				t.Errorf("%+v", s)
			}
			us.mu.Lock()
			away = false
			us.mu.Unlock()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if s := w.Shards()[0].Last; !s.Memory.Used.Known() || us.count("a", vitals.LatencyLatest) != 1 {
				t.Errorf("%+v", s)
			}
		})
	})
}

func TestAServerThatCannotBeAskedKeepsItsLastReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		us := newLand()
		us.say = func(string, vitals.Command) vitals.Reply { return lines("used_memory:7") }
		watch(t, vitals.Config{Maps: []slots.Map{sharded("us", "a")}, Sources: []vitals.Source{us}}, func(w *vitals.Watch) {
			time.Sleep(time.Second)
			us.mu.Lock()
			us.breaks, us.refuses = errors.New("no answer in time"), errors.New("connection refused")
			us.mu.Unlock()
			time.Sleep(30 * time.Second)
			synctest.Wait()
			s := w.Shards()[0]
			if s.Failed != "connection refused" || s.FailedAt.Sub(s.Last.At) != 10*time.Second || s.Last.Memory.Used != told(int64(7)) {
				t.Errorf("%+v", s)
			}
			us.mu.Lock()
			us.breaks, us.refuses = nil, nil
			us.mu.Unlock()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if s := w.Shards()[0]; s.Failed != "" || !s.FailedAt.IsZero() {
				t.Errorf("it answers again: %+v", s)
			}
		})
		if us.open != 0 {
			t.Errorf("%d connections are left open", us.open)
		}
	})
}

// While all data is copied, a server is asked each second, and never else.
func TestACopyIsLookedAtEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		us := newLand()
		copying := false
		us.say = func(_ string, c vitals.Command) vitals.Reply {
			if c == vitals.Info && copying {
				return lines("run_id:a", "role:master", "sync_full:1", "connected_slaves:1", "slave0:ip=h,port=1,state=send_bulk")
			}
			return lines("run_id:a", "role:master", "sync_full:0")
		}
		var changes []string
		c := vitals.Config{Maps: []slots.Map{sharded("us", "a")}, Sources: []vitals.Source{us}, OnChange: func(region string, shard int, c vitals.Change) {
			changes = append(changes, fmt.Sprintf("%s %d %s>%s", region, shard, c.Was, c.Now))
		}}
		watch(t, c, func(w *vitals.Watch) {
			time.Sleep(time.Second)
			us.mu.Lock()
			copying = true
			us.mu.Unlock()
			time.Sleep(14 * time.Second) // the next reading is at 10 s
			synctest.Wait()
			if n := us.count("a", vitals.Info); n != 7 {
				t.Errorf("asked %d times: at 0 and 10 s, and then each second until 15 s", n)
			}
			us.mu.Lock()
			copying = false
			us.mu.Unlock()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if want := []string{"us 0 >full_resync", "us 0 full_resync>over"}; !slices.Equal(changes, want) {
				t.Errorf("changes %q, want %q", changes, want)
			}
			if copies := w.Shards()[0].Copies; len(copies) != 1 || !copies[0].Done || copies[0].Least != 6*time.Second || copies[0].Most != told(16*time.Second) {
				t.Errorf("%+v", copies)
			}
		})
	})
}

func TestAnotherShardingIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		us := newLand()
		watch(t, vitals.Config{Maps: []slots.Map{sharded("us", "a", "b")}, Sources: []vitals.Source{us}}, func(w *vitals.Watch) {
			w.Change([]slots.Map{sharded("us", "a", "c")})
			synctest.Wait()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			b := us.count("b", vitals.Info)
			time.Sleep(time.Minute)
			synctest.Wait()
			if us.count("b", vitals.Info) != b || us.count("c", vitals.Info) < 6 || us.open != 2 {
				t.Errorf("b is asked still, or c is not: %v, %d connections", us.asked, us.open)
			}
			var addresses []string
			for _, s := range w.Shards() {
				addresses = append(addresses, s.Address)
			}
			if !slices.Equal(addresses, []string{"a", "c"}) {
				t.Errorf("the servers are %q", addresses)
			}
		})
	})
}

func TestCost(t *testing.T) {
	c := vitals.CostOf(vitals.Config{Maps: []slots.Map{sharded("us", "a", "b"), sharded("eu", "c")}, Every: 5 * time.Second})
	if c.Connections != 3 || c.ReadingsPerSecond != 0.6 || c.CommandsPerReading != 15 {
		t.Errorf("%+v", c)
	}
}
