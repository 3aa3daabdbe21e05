package heartbeat

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// value is what a key held in the source region from a moment on: the order of values is that in which they were written.
type value struct {
	text   string
	number uint64 // of our beat; 0: of another observer
	at     time.Time
}

// arrival is that a region has the key as of a value from a moment on; -1 is that it lost it.
type arrival struct {
	at    time.Time
	value int
}

// slowest is the longest delay of a link.
const slowest = 8 * time.Second

// world is a source region, a target region and the link between them, decided by chance. It knows the truth, and shows the
// book only what is sent and answered.
type world struct {
	random *rand.Rand
	book   *book
	stream *stream
	now    time.Time

	values  []value
	regions [2][]arrival // ascending
	known   map[uint64]time.Time
	foreign uint64 // number of the other observer's beats

	delay           time.Duration // of the link
	cut             bool          // what is written then is sent when it heals
	held            bool
	begun, executed time.Time // of the last read in the target region
	source          int       // the value that the last read in the source region showed; -1: none

	owed int // newest value that was said not to be readable in the target region while the source had it; -1: none

	calm time.Time // since when nothing but writes and reads happened, and all of them succeeded
}

func newWorld(seed uint64) *world {
	s := newStory(&testing.T{}, "us")
	return &world{random: rand.New(rand.NewPCG(seed, 1)), book: s.book, stream: s.stream(), now: s.began, known: map[uint64]time.Time{}, calm: s.began, delay: 50 * time.Millisecond, owed: -1}
}

func (w *world) chance(of float64) bool { return w.random.Float64() < of }

func (w *world) upTo(d time.Duration) time.Duration { return time.Duration(w.random.Int64N(int64(d))) }

// write gives the key a value in the source region, now, and puts it on its way.
func (w *world) write(v value) {
	v.at = w.now
	w.values = append(w.values, v)
	newest := len(w.values) - 1
	w.regions[us] = append(w.regions[us], arrival{w.now, newest})
	if w.cut {
		w.held = true
		return
	}
	w.arrive(w.now.Add(w.delay), newest)
}

// arrive brings a value to the target region, in order.
func (w *world) arrive(at time.Time, newest int) {
	if a := w.regions[eu]; len(a) > 0 && a[len(a)-1].at.After(at) {
		at = a[len(a)-1].at
	}
	w.regions[eu] = append(w.regions[eu], arrival{at, newest})
}

// holds returns which value a region has at a moment; -1 is none.
func (w *world) holds(region int, at time.Time) int {
	held := -1
	for _, a := range w.regions[region] {
		if !a.at.After(at) {
			held = a.value
		}
	}
	if held >= 0 && at.Sub(w.values[held].at) >= Expiry(w.book.interval) {
		return -1
	}
	return held
}

// lose empties a region: what is on its way still comes.
func (w *world) lose(region int) {
	a := arrival{w.now, -1}
	var coming []arrival
	for _, b := range w.regions[region] {
		if b.at.After(w.now) {
			coming = append(coming, b)
		}
	}
	w.regions[region] = append(append(w.regions[region][:len(w.regions[region])-len(coming):len(w.regions[region])-len(coming)], a), coming...)
}

// beat sends a beat. It may be refused, or nobody knows what became of it.
func (w *world) beat() {
	number := w.stream.send(w.now)
	text := beat{"me", number}.text(w.now)
	w.now = w.now.Add(w.upTo(20 * time.Millisecond))
	answer, applied := ok, true
	switch w.random.IntN(20) {
	case 0:
		answer, applied = readOnly, false
	case 1:
		answer, applied = silence, w.chance(.5)
	}
	if applied {
		w.write(value{text: text, number: number})
	}
	if answer.Outcome != Acknowledged {
		w.calm = w.now
	}
	w.now = w.now.Add(w.upTo(20 * time.Millisecond))
	w.stream.written(number, &answer, w.now)
	if answer.Outcome == Acknowledged {
		w.known[number] = w.now
	}
}

// look has a region read. The truth of what it shows is that of some moment between the two.
func (w *world) look(region int) (executed time.Time) {
	begun := w.now
	executed = begun.Add(w.upTo(20 * time.Millisecond))
	ended := executed.Add(w.upTo(20 * time.Millisecond))
	text := ""
	if held := w.holds(region, executed); held >= 0 {
		text = w.values[held].text
		if n := w.values[held].number; n > 0 && w.known[n].IsZero() {
			w.known[n] = ended
		}
	}
	w.stream.read(region, text, begun, ended, w.book.terms)
	w.now = ended
	return executed
}

// trouble is what may happen between two beats.
func (w *world) trouble() {
	quiet := false
	switch w.random.IntN(60) {
	case 0:
		w.cut = true
	case 1, 2:
		w.cut = false
		if w.held {
			w.arrive(w.now.Add(w.delay), len(w.values)-1) // a copy: what was written between is never seen
			w.held = false
		}
	case 3:
		w.delay = w.upTo(slowest)
	case 4:
		w.delay = w.upTo(100 * time.Millisecond)
	case 5:
		w.lose(eu)
	case 6:
		w.lose(us)
	case 7:
		w.stream.cells[eu].disconnected()
	case 8, 9:
		w.foreign++
		w.write(value{text: beat{"other", w.foreign}.text(w.now)})
	case 10:
		w.now = w.now.Add(w.upTo(90 * time.Second)) // the observer was paused
	default:
		quiet = true
	}
	if !quiet {
		w.calm = w.now
	}
}

// lacks tells whether, at a moment, the target region has neither a beat nor anything that was written after it, though the
// beat has not expired.
func (w *world) lacks(index int, at time.Time) bool {
	held := w.holds(eu, at)
	return held < index && (held >= 0 || at.Sub(w.values[index].at) < Expiry(w.book.interval))
}

// provenLack tells whether a beat that is known to exist since so long before a read lacks in what the read showed; one of
// the values up to the newest.
func (w *world) provenLack(newest int, since time.Duration) bool {
	for i, v := range w.values[:newest+1] {
		known, ok := w.known[v.number]
		if ok && w.begun.Sub(known) >= since && w.lacks(i, w.executed) {
			return true
		}
	}
	return false
}

// reached tells whether a value, or one that was written after it, has come to the target region since it was empty last.
func (w *world) reached(value int) bool {
	newest := -1
	for _, a := range w.regions[eu] {
		switch {
		case a.at.After(w.executed):
		case a.value < 0:
			newest = -1
		default:
			newest = max(newest, a.value)
		}
	}
	return newest >= value
}

// The properties: what is said to be missing is missing, and a lag is one; what arrives is not said to be missing; and what was lacking is not forgotten before it comes; and
// when nothing but writes and reads happens for a while, all is known.
func TestEvidenceIsTrue(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	said := map[string]int{}
	for run := range uint64(150) {
		w := newWorld(seed + run)
		for range 200 {
			w.trouble()
			w.beat()
			w.source = w.holds(us, w.look(us))
			if w.chance(.9) {
				w.begun = w.now
				w.executed = w.look(eu)
				w.check(t, run, said)
			}
			w.now = w.now.Add(time.Second + w.upTo(100*time.Millisecond) - 50*time.Millisecond)
		}
	}
	for _, what := range []string{"unproven", "arriving", "missing", "lag", "not readable", "doubtful", "up for long", "cut for long"} {
		if said[what] < 20 {
			t.Errorf("%s came up only %d times", what, said[what])
		}
	}
}

// check compares with the truth what is said after a read in the target region.
func (w *world) check(t *testing.T, run uint64, said map[string]int) {
	t.Helper()
	newest := len(w.values) - 1
	e := w.book.keys("us", "eu", 0, w.now)
	said[string(e.State)]++
	if e.State == probe.KeysMissing && !w.provenLack(newest, w.book.deadline) {
		t.Fatalf("run %d: %+v, and everything is there", run, e)
	}
	if e.Lag > 0 {
		said["lag"]++
		if !w.provenLack(newest, e.Lag) {
			t.Fatalf("run %d: a lag of %v, and nothing is missing for as long", run, e.Lag)
		}
	}
	p := w.book.proof("eu", w.now)
	if len(p.Missing) > 0 {
		said["not readable"]++
		if !w.provenLack(w.source, w.book.deadline) {
			t.Fatalf("run %d: %q, and all that us has is there", run, p.Missing)
		}
		w.owed = max(w.owed, w.source)
	}
	if w.reached(w.owed) {
		w.owed = -1
	}
	if len(p.Doubtful) > 0 {
		said["doubtful"]++
	}
	if w.owed >= 0 && len(p.Missing)+len(p.Doubtful) == 0 {
		t.Fatalf("run %d: that value %d was lacking is forgotten, and it has not come", run, w.owed)
	}
	// After so long a calm there is evidence, and it is the right one.
	if w.now.Sub(w.calm) < w.book.lately()+slowest {
		return
	}
	switch {
	case w.cut:
		said["cut for long"]++
		if e.State != probe.KeysMissing {
			t.Fatalf("run %d: the link is cut, and %+v", run, e)
		}
	case w.delay < 100*time.Millisecond:
		said["up for long"]++
		if e.State != probe.KeysArriving || e.Lag >= w.book.deadline {
			t.Fatalf("run %d: the link is up, and %+v", run, e)
		}
		if len(p.Missing)+len(p.Doubtful) > 0 {
			t.Fatalf("run %d: the link is up, and %q, %q", run, p.Missing, p.Doubtful)
		}
	}
}

// Streams of any number of beats remember the last ones, and no others.
func TestWhatIsRemembered(t *testing.T) {
	s, at := newStream(streamID{}, "k", 1, 100), time.Now()
	for i := range uint64(3 * remembered) {
		number := s.send(at)
		s.exists(number, at)
		s.exists(number+1, at)          // not sent yet
		s.exists(number-remembered, at) // forgotten, or never sent
		if want := max(101, 101+i+1-min(i+1, remembered)); number != 101+i || s.oldest() != want {
			t.Fatalf("after beat %d the oldest that is remembered is %d, want %d", number, s.oldest(), want)
		}
		lacking, _ := s.unreadable(sight{}, at, at, time.Second)
		if lacking != s.oldest() {
			t.Fatalf("after beat %d the oldest that is not readable is %d, want %d", number, lacking, s.oldest())
		}
	}
}
