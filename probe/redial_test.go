package probe

import (
	"fmt"
	"testing"
	"time"
)

// far is region a of a virtual deployment, at a distance: its connections take a pause and some round trips to be made
// again, and what is sent over them is answered after a round trip.
type far struct {
	*virtual
	rtt    time.Duration
	redial time.Duration // from the loss of the connections until they are made again
	open   bool
	number int             // of the connection
	waits  map[uint64]bool // PINGs that were sent over it
}

const virtualRedialPause = 250 * time.Millisecond

// newFar returns region a at a distance of rtt, to which a connection takes so many round trips, beside a near region b.
func newFar(t *testing.T, rtt time.Duration, trips int) *far {
	f := &far{virtual: newVirtual(t, 2, DefaultPolicy()), rtt: rtt, open: true, waits: map[uint64]bool{},
		redial: virtualRedialPause + time.Duration(trips)*rtt}
	f.every = 5 * time.Millisecond
	f.pings = f.ping
	f.takes = func(from int) bool { return from != 0 || f.open }
	f.arrives = func(_, to int, _ uint64) []time.Duration {
		if to == 0 && !f.open {
			return nil
		}
		return once(f.rtt)
	}
	return f
}

func (f *far) ping(region int, id uint64) {
	answer := func(what what) func() {
		return func() {
			f.state.observe(&observation{what: what, region: uint16(region), id: id, at: f.now, cause: Reset})
		}
	}
	switch number := f.number; {
	case region != 0:
		f.after(time.Millisecond, func() {
			f.state.observe(&observation{what: accepted, region: uint16(region), id: id, at: f.now})
		})
	case !f.open:
		answer(refused)()
	default:
		f.waits[id] = true
		f.after(f.rtt, func() {
			if f.number == number && f.open {
				delete(f.waits, id)
				f.state.observe(&observation{what: accepted, id: id, at: f.now})
			}
		})
	}
}

// reset loses the connections, and makes them again.
func (f *far) reset() {
	f.lose()
	f.after(f.redial, func() {
		f.open = true
		f.number++
		f.connection(0, opened)
	})
}

// lose loses the connections for good.
func (f *far) lose() {
	f.open = false
	for id := range f.waits {
		f.state.observe(&observation{what: refused, id: id, at: f.now, cause: Reset})
	}
	clear(f.waits)
	f.connection(0, closed)
}

// during calls each every 5 ms for a while.
func (f *far) during(d time.Duration, each func()) {
	for end := f.now + instant(d); f.now < end; {
		f.pass(5 * time.Millisecond)
		each()
	}
}

// distances are round trips, and how many of them a connection takes: TCP and PING; AUTH too; and TLS of the old kind.
func distances(t *testing.T, test func(t *testing.T, rtt time.Duration, trips int)) {
	for _, rtt := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond} {
		for _, trips := range []int{2, 3, 5} {
			t.Run(fmt.Sprintf("%v and %d round trips to connect", rtt, trips), func(t *testing.T) { test(t, rtt, trips) })
		}
	}
}

func TestOneResetOfADistantRegionIsNoFailure(t *testing.T) {
	distances(t, func(t *testing.T, rtt time.Duration, trips int) {
		for phase := range phases {
			f := newFar(t, rtt, trips)
			f.pass(10*time.Second + moment(phase))
			for range 5 { // none of them has anything to do with the one before
				f.reset()
				f.during(8*time.Second, func() {
					if r := &f.state.regions[0]; r.state != RegionAvailable || r.shards[0].failed {
						t.Fatalf("phase %d: the region is %s: %+v", phase, r.state, r.shards[0].trouble)
					}
				})
			}
		}
	})
}

// Lost, and neither made again nor refused: an attempt that takes its time must not hide that there is no connection.
func TestAConnectionThatStaysClosedIsAFailure(t *testing.T) {
	distances(t, func(t *testing.T, rtt time.Duration, _ int) {
		f := newFar(t, rtt, 2)
		f.pass(10 * time.Second)
		f.lose()
		f.pass(f.state.policy.reconnection() - longestTick)
		if r := &f.state.regions[0]; r.state != RegionAvailable {
			t.Errorf("too early, the region is %s: %+v", r.state, r.shards[0].trouble)
		}
		f.pass(2 * longestTick)
		if r := &f.state.regions[0]; r.state != RegionDown || r.cause != Reset {
			t.Errorf("the region is %s because of %q", r.state, r.cause)
		}
	})
}

func TestAFlappingConnectionIsFoundOut(t *testing.T) {
	for _, test := range []struct {
		name  string
		lives func(rtt time.Duration) time.Duration
		want  RegionState
	}{
		{"lost at once", func(time.Duration) time.Duration { return 0 }, RegionDown},
		{"lost before a PING can be answered", func(rtt time.Duration) time.Duration { return rtt - time.Millisecond }, RegionDown},
		{"lost after a PING or two", func(rtt time.Duration) time.Duration { return rtt + 200*time.Millisecond }, ""},
		{"lost after some PINGs", func(rtt time.Duration) time.Duration { return rtt + 800*time.Millisecond }, RegionImpaired},
	} {
		t.Run(test.name, func(t *testing.T) {
			distances(t, func(t *testing.T, rtt time.Duration, trips int) {
				for phase := range phases {
					f := newFar(t, rtt, trips)
					f.pass(10*time.Second + moment(phase))
					ended := false
					var flap func()
					flap = func() {
						if !ended {
							f.reset()
							f.after(f.redial+test.lives(rtt), flap)
						}
					}
					flap()
					// Three losses, and what it takes to be proven down.
					f.pass(max(2*(f.redial+test.lives(rtt)), 2*f.redial+f.state.policy.reconnection()) + time.Second)
					f.during(10*time.Second, func() {
						r := &f.state.regions[0]
						if test.want == "" && r.state != RegionAvailable {
							return
						}
						if r.state != test.want || r.cause != Reset && test.want == RegionImpaired {
							t.Fatalf("phase %d: the region is %s because of %q: %+v", phase, r.state, r.cause, r.shards[0])
						}
					})
					ended = true
					f.pass(f.redial + 2*time.Second + f.state.policy.reconnection())
					if r := &f.state.regions[0]; r.state != RegionAvailable {
						t.Fatalf("phase %d: it flaps no more, and the region is %s: %+v", phase, r.state, r.shards[0].trouble)
					}
				}
			})
		})
	}
}

// A region that answers one PING over each connection and then drops it is of no more use than one that answers none.
func TestOnePingOverEachConnectionProvesNothing(t *testing.T) {
	f := newFar(t, 5*time.Millisecond, 2)
	f.pass(10*time.Second + 10*time.Millisecond)
	var flap func()
	flap = func() {
		f.reset()
		f.after(2*f.state.policy.Interval, flap)
	}
	flap()
	f.pass(3 * time.Second)
	f.during(10*time.Second, func() {
		if r := &f.state.regions[0]; r.state != RegionDown || r.shards[0].unanswered > 0 {
			t.Fatalf("the region is %s: %+v", r.state, r.shards[0])
		}
	})
}

// While the observer was not running, nobody could connect.
func TestAPauseIsNoTimeWithoutAConnection(t *testing.T) {
	f := newFar(t, 200*time.Millisecond, 3)
	f.pass(10 * time.Second)
	f.lose()
	f.every = time.Minute
	f.pass(time.Minute)
	f.state.pause(f.now, "a test")
	f.state.advance(f.now)
	if r := &f.state.regions[0]; r.state == RegionDown {
		t.Errorf("the region is %s: %+v", r.state, r.shards[0].trouble)
	}
}

// An opening that was lost, since it did not fit into the queue, must not make a working region look disconnected.
func TestAnAnswerProvesAConnection(t *testing.T) {
	f := newFar(t, 100*time.Millisecond, 2)
	f.pass(10 * time.Second)
	f.lose()
	f.pass(500 * time.Millisecond)
	f.open = true // and nobody says so
	f.during(10*time.Second, func() {
		if r := &f.state.regions[0]; r.state == RegionDown {
			t.Fatalf("the region is %s: %+v", r.state, r.shards[0].trouble)
		}
	})
	if !f.state.regions[0].shards[0].links[Publishing].open {
		t.Error("PINGs are answered, and the connection is said to be closed")
	}
}

// What is refused without being sent says nothing of whether the observer is cut off, whatever the cause.
func TestWhatWasNeverSentIsNoContact(t *testing.T) {
	v := newVirtual(t, 1, DefaultPolicy())
	v.pass(time.Second)
	v.mute = true
	v.connection(0, closed)
	v.pass(time.Second)
	before := v.state.contact
	v.takes = func(int) bool { return false }
	id := v.state.pinged(0, 0, v.now)
	v.state.observe(&observation{what: refused, id: id, at: v.now, cause: Authentication})
	if v.state.contact != before {
		t.Errorf("contact at %v, and the PING was never sent", v.state.contact)
	}
}
