package region

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/probe"
)

// A probe with a long interval leaves its connections alone for long. Neither is
// ever idle for three seconds all the same, and nobody is told of what that takes.
func TestNoConnectionIsIdleForLong(t *testing.T) {
	for _, interval := range []time.Duration{time.Hour, 10 * time.Second, 1900 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			var n memnet.Network
			f := inMemory(t, &n, at)
			e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
			stop := running(t, e, [][]string{{k}}, sink)
			sink.await(t, "0 publish opened", "0 subscribe opened")
			began, asked := time.Now(), uint64(0)
			for time.Since(began) < time.Minute {
				time.Sleep(min(interval, time.Minute-time.Since(began)))
				asked++
				e.Ping(0, asked)
			}
			synctest.Wait()
			most := f.longestIdle()
			stop()
			if most >= 3*time.Second || most == 0 {
				t.Errorf("interval %v: idle for %v", interval, most)
			}
			if got := len(sink.lines); got != 2+int(asked) {
				t.Errorf("interval %v: told %d things, want 2 and %d answers: %q", interval, got, asked, sink.lines)
			}
		})
	}
}

// A busy connection needs no PINGs of our own.
func TestABusyConnectionIsNotKeptAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
		running(t, e, [][]string{nil}, sink) // without a subscription: PINGs are of the publishing connection
		sink.await(t, "0 publish opened", "0 subscribe opened")
		before := f.received("PING")
		for i := range uint64(150) {
			time.Sleep(400 * time.Millisecond)
			e.Publish(0, i, k, nil)
		}
		time.Sleep(100 * time.Millisecond)
		if got := f.received("PING") - before; got != 30 { // the subscriber's, every two seconds
			t.Errorf("%d PINGs in a minute, want 30", got)
		}
	})
}

// A publisher whose peer has vanished finds out between two rounds that are far
// apart.
func TestAPeerThatVanishesIsNoticedBetweenRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		f := inMemory(t, &n, at)
		e, sink := NewEndpoint(us, one(at), Options{Dial: n.Dial}), newRecorder()
		running(t, e, [][]string{{k}}, sink)
		sink.await(t, "0 publish opened", "0 subscribe opened")
		f.instead(func([]string) (string, bool) { return "", true })
		began := time.Now()
		sink.await(t, "0 publish closed timeout")
		if took := time.Since(began); took > pingEvery+DefaultTimeout {
			t.Errorf("noticed after %v", took)
		}
	})
}

func TestWhenAConnectionIsMadeAgain(t *testing.T) {
	const redial = 100 * time.Millisecond
	for _, test := range []struct {
		name  string
		lives time.Duration // of the first connection
		back  bool          // the server is there after it
		pause time.Duration // from its loss to the first attempt
		then  time.Duration // between the attempts that follow
	}{
		{"after one that lasted, at once", time.Second, true, promptPause, 0},
		{"after one that was lost at once, as after a failed attempt", 50 * time.Millisecond, true, redial, 0},
		{"a port that refuses is found out at once", time.Second, false, promptPause, redial},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				f := inMemory(t, &n, at)
				sink := newRecorder()
				running(t, NewEndpoint(us, one(at), Options{Dial: n.Dial, Redial: redial}), [][]string{{k}}, sink)
				sink.await(t, "0 publish opened", "0 subscribe opened")
				time.Sleep(test.lives)
				if test.back {
					f.resetAll()
				} else {
					f.stop()
				}
				sink.await(t, "0 publish closed reset")
				began := time.Now()
				if test.back {
					for sink.count("0 publish opened") < 2 {
						time.Sleep(time.Millisecond)
					}
				} else {
					sink.await(t, "0 publish closed refused")
				}
				if took := time.Since(began); took < test.pause || took > test.pause+2*time.Millisecond {
					t.Errorf("the first attempt after %v, want %v", took, test.pause)
				}
				if test.then > 0 {
					time.Sleep(10*test.then + test.then/2)
					if got := sink.count("0 publish closed refused"); got != 11 {
						t.Errorf("%d attempts in ten times %v, want 11", got, test.then)
					}
				}
			})
		})
	}
}

// A user that is refused is not tried again at once, however long the connection
// before it had lasted.
func TestARefusedUserIsNotTriedAgainAtOnce(t *testing.T) {
	l := &line{door: newDoor(us, Options{})}
	for cause, want := range map[probe.Cause]time.Duration{
		probe.Authentication: deniedPause, probe.Permission: deniedPause, probe.Reset: promptPause, probe.Moved: promptPause,
	} {
		if got := l.pause(cause, true); got != want {
			t.Errorf("%v: %v, want %v", cause, got, want)
		}
	}
}
