package heartbeat

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// story is a book of us and eu, one shard each, of which us is written, and a clock of seconds: the interval is 1 s and the
// deadline 2 s.
type story struct {
	t     *testing.T
	book  *book
	began time.Time
}

const (
	us = iota
	eu
)

func newStory(t *testing.T, writable ...string) *story {
	t.Helper()
	c := Config{Observer: "me", Prefix: "aafailover", Writable: writable}
	for _, name := range []string{"us", "eu"} {
		c.Maps = append(c.Maps, slots.Map{Region: name, Shards: []slots.Shard{{Slots: slots.Even(1)[0]}}})
	}
	c.Cover = []int{0}
	return &story{t: t, book: newBook(c.complete()), began: time.Now()}
}

func (s *story) at(second float64) time.Time {
	return s.began.Add(time.Duration(second * float64(time.Second)))
}

func (s *story) stream() *stream { return s.book.streams[streamID{us, 0}] }

// write sends a beat to us and has it answered a tenth of a second later.
func (s *story) write(second float64, answer Write) uint64 {
	number := s.stream().send(s.at(second))
	s.stream().written(number, &answer, s.at(second+.1))
	return number
}

var (
	ok       = Write{Outcome: Acknowledged}
	silence  = Write{Err: errors.New("no answer in time"), Cause: probe.Timeout}
	readOnly = Write{Outcome: Rejected, Cause: probe.ReadOnly, Err: errors.New("us (h:1): write: READONLY")}
)

// read has a region read, for a tenth of a second: number 0 is no key.
func (s *story) read(second float64, region int, number uint64) {
	text := ""
	if number > 0 {
		text = beat{"me", number}.text(s.at(second))
	}
	s.readText(second, region, text)
}

func (s *story) readText(second float64, region int, text string) {
	s.stream().read(region, text, s.at(second), s.at(second+.1), s.book.terms)
}

// want checks the evidence of us->eu at a second, the lag to a tenth of one.
func (s *story) want(second float64, state probe.KeyState, lag float64) {
	s.t.Helper()
	e := s.book.keys("us", "eu", 0, s.at(second))
	if e.State != state || e.Lag.Round(100*time.Millisecond) != s.at(lag).Sub(s.began).Round(100*time.Millisecond) {
		s.t.Errorf("after %v s the keys are %s with a lag of %v, want %s with %v s", second, e.State, e.Lag, state, lag)
	}
}

func (s *story) wantMissing(second float64, region string, want ...string) {
	s.t.Helper()
	if got := s.book.proof(region, s.at(second)).Missing; !slices.Equal(got, want) {
		s.t.Errorf("after %v s there is missing in %s: %q, want %q", second, region, got, want)
	}
}

// Every story is what was written and read, and what may be said of it.
func TestEvidenceOfACell(t *testing.T) {
	for _, test := range []struct {
		name string
		tell func(s *story)
	}{
		{"nothing was read", func(s *story) {
			s.write(0, ok)
			s.want(10, probe.KeysUnproven, 0)
		}},
		{"every beat is readable at the next read", func(s *story) {
			for i := range 10 {
				n := s.write(float64(i), ok)
				s.read(float64(i)+.5, eu, n)
				s.want(float64(i)+.7, probe.KeysArriving, 0)
			}
		}},
		{"each read comes just before the next beat does: that is no lag", func(s *story) {
			for i := range 10 {
				n := s.write(float64(i), ok)
				s.read(float64(i), eu, n-1)
			}
			s.want(9.2, probe.KeysArriving, 0)
		}},
		{"a beat that is just acknowledged is not missed", func(s *story) {
			s.write(0, ok)
			s.read(2, eu, 0)
			s.want(2.1, probe.KeysUnproven, 1.9)
		}},
		{"no key, though a beat was acknowledged before the deadline", func(s *story) {
			s.write(0, ok)
			s.read(0, eu, 0)
			s.read(2.2, eu, 0)
			s.want(2.3, probe.KeysMissing, 2.1)
		}},
		{"a beat that nobody answered for is not missed", func(s *story) {
			s.write(0, silence)
			s.read(5, eu, 0)
			s.want(5.1, probe.KeysUnproven, 0)
		}},
		{"one that is readable in its region lags, and the link is not charged while that region answers to no write", func(s *story) {
			n := s.write(0, silence)
			s.read(0, eu, 0)
			s.read(1, us, n)
			s.read(5, eu, 0)
			s.want(5.1, probe.KeysUnproven, 3.9)
		}},
		{"a beat from before an outage of its region is not charged to the link until writes have been acknowledged for as long as the deadline", func(s *story) {
			s.read(0, eu, s.write(0, ok))
			s.write(1, ok)
			s.stream().disconnected()
			for i := 20; i < 24; i++ {
				s.write(float64(i), ok)
				s.read(float64(i)+.5, eu, 1)
				s.want(float64(i)+.7, map[bool]probe.KeyState{true: probe.KeysMissing, false: probe.KeysUnproven}[i >= 22], float64(i)-.6)
			}
		}},
		{"nor the first look of a region that was away", func(s *story) {
			s.read(0, eu, s.write(0, ok))
			for i := 1; i < 20; i++ {
				s.write(float64(i), ok)
			}
			s.stream().cells[eu].disconnected()
			s.read(20, eu, 1)
			s.want(20.2, probe.KeysUnproven, 18.9)
			s.read(22.2, eu, 1)
			s.want(22.4, probe.KeysMissing, 21.1)
		}},
		{"a beat that was refused is not missed", func(s *story) {
			s.write(0, readOnly)
			s.read(5, eu, 0)
			s.want(5.1, probe.KeysUnproven, 0)
		}},
		{"an old value stays: the lag grows, and what arrived long ago is no arrival any more", func(s *story) {
			s.read(.5, eu, s.write(0, ok))
			for i := 1; i < 5; i++ {
				s.write(float64(i), ok)
			}
			s.read(2.5, eu, 1)
			s.want(2.6, probe.KeysArriving, 1.4)
			s.read(3.5, eu, 1)
			s.want(3.6, probe.KeysArriving, 2.4) // nothing has come for 2.9 s, and 3 are waited
			s.read(4.5, eu, 1)
			s.want(4.6, probe.KeysMissing, 3.4)
		}},
		{"a slow link brings old beats, one after the other", func(s *story) {
			for i := range 20 {
				s.write(float64(i), ok)
				s.read(float64(i)+.5, eu, uint64(max(0, i-5)))
			}
			s.want(19.6, probe.KeysArriving, 5.4)
		}},
		{"more beats were written during the silence than are remembered: the lag is that of the first one", func(s *story) {
			for i := range 3 * remembered {
				s.write(float64(i), ok)
				s.read(float64(i)+.5, eu, 1)
			}
			s.want(3*remembered-.4, probe.KeysMissing, 3*remembered-1.6)
			s.read(3*remembered, eu, 3*remembered) // all of it came
			s.want(3*remembered+.1, probe.KeysArriving, 0)
		}},
		{"a region that was not read lately", func(s *story) {
			s.write(0, ok)
			s.read(0, eu, 0)
			s.read(3, eu, 0)
			s.want(8, probe.KeysMissing, 2.9)
			s.want(8.2, probe.KeysUnproven, 0)
		}},
		{"a connection that was lost makes what was read before worthless", func(s *story) {
			s.read(1, eu, s.write(0, ok))
			s.stream().cells[eu].disconnected()
			s.want(1.2, probe.KeysUnproven, 0)
			s.read(2, eu, 1)
			s.want(2.2, probe.KeysArriving, 0)
		}},
		{"a key that expired since its source wrote no more", func(s *story) {
			s.read(1, eu, s.write(0, ok))
			s.read(61, eu, 0)
			s.want(61.1, probe.KeysUnproven, 0)
		}},
		{"a key that is gone before it can have expired", func(s *story) {
			s.read(1, eu, s.write(0, ok))
			s.read(10, eu, 0)
			s.want(10.1, probe.KeysMissing, 9.9)
		}},
		{"a region that goes back to an older beat", func(s *story) {
			for i := range 5 {
				s.read(float64(i)+.5, eu, s.write(float64(i), ok))
			}
			s.read(8, eu, 2)
			s.want(8.1, probe.KeysMissing, 5.9)
		}},
		{"a beat of another observer that comes proves that keys arrive", func(s *story) {
			for i := range 8 {
				s.write(float64(i), ok)
				s.readText(float64(i)+.5, eu, beat{"other", uint64(i) + 7}.text(s.at(0)))
			}
			s.want(7.6, probe.KeysArriving, 0)
		}},
		{"a value of an earlier run that stays is missing what was written since", func(s *story) {
			old := beat{"other", 7}.text(s.at(0))
			s.readText(0, eu, old)
			s.want(.2, probe.KeysUnproven, 0) // it may have been there for long
			s.write(1, ok)
			s.readText(4, eu, old)
			s.want(4.1, probe.KeysMissing, 2.9)
		}},
		{"a value of another observer may have replaced what was sent while it was read", func(s *story) {
			old := beat{"other", 7}.text(s.at(0))
			s.readText(1, eu, old)
			s.write(1.05, ok)
			s.readText(4, eu, old)
			s.want(4.2, probe.KeysUnproven, 0)
		}},
		{"a value that is nobody's beat", func(s *story) {
			s.readText(0, eu, "x")
			s.want(.2, probe.KeysUnproven, 0)
			s.write(1, ok)
			s.readText(4, eu, "x")
			s.want(4.1, probe.KeysMissing, 2.9)
		}},
		{"a number that was never given is not believed", func(s *story) {
			s.write(0, ok)
			forged := beat{"me", 1000}.text(s.at(0))
			s.readText(1, eu, "x")
			s.readText(4, eu, forged)
			s.want(4.2, probe.KeysArriving, 0) // something came, and nobody knows what
			s.write(6, ok)
			s.readText(9, eu, forged)
			s.want(9.1, probe.KeysMissing, 2.9)
		}},
	} {
		t.Run(test.name, func(t *testing.T) { test.tell(newStory(t, "us")) })
	}
}

func TestProofOfWrites(t *testing.T) {
	moved := Write{Outcome: Rejected, Cause: probe.Moved, Err: errors.New("MOVED 0 h:2")}
	for _, test := range []struct {
		name    string
		answers []Write // one a second
		after   float64 // the last one
		want    probe.Writes
		cause   probe.Cause
	}{
		{"nothing was written", nil, 0, probe.WritesUnproven, probe.NoCause},
		{"just acknowledged", []Write{ok}, .1, probe.WritesProven, probe.NoCause},
		{"acknowledged three seconds ago", []Write{ok}, 3.1, probe.WritesProven, probe.NoCause},
		{"acknowledged longer ago", []Write{ok}, 3.2, probe.WritesUnproven, probe.NoCause},
		{"one write unanswered since", []Write{ok, silence}, 1, probe.WritesProven, probe.NoCause},
		{"refused", []Write{ok, readOnly}, .1, probe.WritesRefused, probe.ReadOnly},
		{"refused long ago, and not tried since", []Write{readOnly}, 100, probe.WritesRefused, probe.ReadOnly},
		{"refused, then unanswered: what was acknowledged before the refusal proves nothing", []Write{ok, readOnly, silence}, .1, probe.WritesUnproven, probe.NoCause},
		{"refused, then acknowledged", []Write{readOnly, ok}, .1, probe.WritesProven, probe.NoCause},
		{"the slot is elsewhere: nobody there refused anything", []Write{moved}, .1, probe.WritesUnproven, probe.NoCause},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStory(t, "us")
			for i, answer := range test.answers {
				s.write(float64(i), answer)
			}
			now := s.at(float64(max(0, len(test.answers)-1)) + test.after)
			p := s.book.proof("us", now)
			if p.Writes != test.want || p.Cause != test.cause {
				t.Errorf("%s because of %q, want %s because of %q", p.Writes, p.Cause, test.want, test.cause)
			}
			if p := s.book.proof("eu", now); p.Writes != "" {
				t.Errorf("eu is never written, and its writes are %s", p.Writes)
			}
		})
	}
}

// A region of which one shard refuses refuses.
func TestTheWorstShardCounts(t *testing.T) {
	c := Config{Observer: "me", Prefix: "p", Writable: []string{"us"}}
	m := slots.Map{Region: "us"}
	for _, ranges := range slots.Even(3) {
		m.Shards = append(m.Shards, slots.Shard{Slots: ranges})
	}
	c.Maps, c.Cover = []slots.Map{m}, []int{0, 6000, 12000}
	b, now := newBook(c.complete()), time.Now()
	answer := func(slot int, w Write) {
		s := b.streams[streamID{us, slot}]
		s.written(s.send(now), &w, now)
	}
	want := func(writes probe.Writes, cause probe.Cause) {
		t.Helper()
		if p := b.proof("us", now); p.Writes != writes || p.Cause != cause {
			t.Errorf("%s because of %q, want %s because of %q", p.Writes, p.Cause, writes, cause)
		}
	}
	answer(0, ok)
	answer(6000, ok)
	want(probe.WritesUnproven, probe.NoCause)
	answer(12000, ok)
	want(probe.WritesProven, probe.NoCause)
	answer(6000, readOnly)
	want(probe.WritesRefused, probe.ReadOnly)
	answer(0, readOnly)
	want(probe.WritesRefused, probe.ReadOnly)
	answer(12000, readOnly)
	want(probe.WritesRefused, probe.ReadOnly)
}

// What is missing in a region is only what is known to exist in another one now.
func TestWhatIsMissing(t *testing.T) {
	const (
		lacking = "keys written in us are not readable in eu"
		unread  = "keys written in us could not be read in eu"
	)
	for _, test := range []struct {
		name string
		tell func(s *story)
	}{
		{"nothing: all is readable", func(s *story) {
			n := s.write(0, ok)
			s.read(1, us, n)
			s.read(1, eu, n)
			s.wantMissing(1.1, "eu")
			s.wantMissing(1.1, "us")
		}},
		{"a region that came back empty", func(s *story) {
			for i := range 5 {
				s.read(float64(i)+.5, us, s.write(float64(i), ok))
			}
			s.wantMissing(4.7, "eu", unread)
			s.read(4.8, eu, 0)
			s.wantMissing(4.9, "eu", lacking)
			s.read(5.8, eu, 5)
			s.wantMissing(5.9, "eu")
		}},
		{"a region that came back with old values, whether or not they move", func(s *story) {
			for i := range 8 {
				s.read(float64(i)+.5, us, s.write(float64(i), ok))
				s.read(float64(i)+.6, eu, uint64(i+1)/3)
			}
			s.wantMissing(7.7, "eu", lacking)
		}},
		{"a beat that is acknowledged and exists nowhere any more is lost, not missing in eu", func(s *story) {
			s.write(0, ok)
			s.read(4, us, 0)
			s.read(4, eu, 0)
			s.wantMissing(4.1, "eu")
			s.wantMissing(4.1, "us")
		}},
		{"the source itself lost what eu has", func(s *story) {
			n := s.write(0, ok)
			s.read(3, eu, n)
			s.read(3, us, 0)
			s.wantMissing(3.1, "us", "keys written in us are not readable in us")
			s.wantMissing(3.1, "eu")
		}},
		{"eu refuses to be read", func(s *story) {
			s.read(1, us, s.write(0, ok))
			s.book.unread[eu] = errors.New("eu (h:1): read: NOPERM")
			s.wantMissing(1.2, "eu", unread+": eu (h:1): read: NOPERM")
		}},
		{"nobody knows of anything", func(s *story) { s.wantMissing(1, "eu") }},
	} {
		t.Run(test.name, func(t *testing.T) { test.tell(newStory(t, "us")) })
	}
}

// A new topology keeps what is known of the keys that stay, and takes no old value for a new beat.
func TestReshape(t *testing.T) {
	s := newStory(t, "us")
	for range 10 {
		s.write(0, ok)
	}
	t1 := Topology{Maps: []slots.Map{{Region: "us", Shards: []slots.Shard{{Slots: slots.Even(1)[0]}}}, {Region: "eu"}}, Cover: []int{0, 9000}}
	s.book.reshape(t1)
	if s.stream().newest != 10 {
		t.Errorf("the beats that stay go on after %d, not 10", s.stream().newest)
	}
	if e := s.book.keys("us", "eu", 0, s.at(1)); e.State != probe.KeysUnproven {
		t.Errorf("eu owns nothing any more, and its keys are %s", e.State)
	}
	added := s.book.streams[streamID{us, 9000}]
	if added.first != 11 {
		t.Errorf("the beats of a new key begin with %d, not after all before", added.first)
	}
	added.read(us, beat{"me", 10}.text(s.at(0)), s.at(1), s.at(1.1), s.book.terms)
	if added.cells[us].shown.kind != theirs {
		t.Error("an old value of a new key is taken for a beat of it")
	}
	s.book.reshape(Topology{Maps: t1.Maps, Cover: []int{9000}})
	if s.stream() != nil || s.book.streams[streamID{us, 9000}] != added {
		t.Error("slot 0 stayed, or slot 9000 did not")
	}
	if p := s.book.proof("nowhere", s.at(0)); p.Writes != probe.WritesUnproven || p.Missing != nil {
		t.Errorf("of a region that there is not: %+v", p)
	}
}
