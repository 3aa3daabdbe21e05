package drill_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/region"
)

// told is one line of a history, as a program that knows nothing of drills reads it.
type told struct {
	Index   int
	Time    time.Duration
	Process int
	Type    string
	F       string
	Node    string
	Value   json.RawMessage
}

// readHistory reads the lines, and demands what Jepsen demands of every history.
func readHistory(t *testing.T, history []byte) []told {
	t.Helper()
	var lines []told
	open, gone := make(map[int]told), make(map[int]bool)
	for text := range bytes.Lines(history) {
		var line told
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if line.Index != len(lines) || len(lines) > 0 && line.Time < lines[len(lines)-1].Time {
			t.Fatalf("%+v is out of order", line)
		}
		began, under := open[line.Process]
		switch {
		case gone[line.Process]:
			t.Fatalf("%+v: its process had an info before", line)
		case (line.Type == "invoke") == under:
			t.Fatalf("%+v: its process has an operation under way: %t", line, under)
		case line.Type == "invoke":
			open[line.Process] = line
		case began.F != line.F || began.Node != line.Node || line.F == "add" && string(began.Value) != string(line.Value):
			t.Fatalf("%+v ends %+v", line, began)
		default:
			delete(open, line.Process)
			gone[line.Process] = line.Type == "info"
		}
		lines = append(lines, line)
	}
	if len(open) > 0 {
		t.Fatalf("operations without an end: %v", open)
	}
	return lines
}

// seen is one look for everything: from when on, where, and what was found; nothing
// is known of one that failed.
type seen struct {
	node  string
	began time.Duration
	found map[int]bool // nil if it failed
}

// counts are what the lines say by the plain definitions of the words.
type counts struct {
	ended map[string]int        // adds, by how they ended
	acked map[int]time.Duration // acknowledged numbers, and when
	open  map[int]bool          // indeterminate numbers
	reads []seen                // in their order
	began map[int]time.Duration // reads under way, by process
}

func count(t *testing.T, lines []told) counts {
	t.Helper()
	c := counts{ended: make(map[string]int), acked: make(map[int]time.Duration), open: make(map[int]bool), began: make(map[int]time.Duration)}
	for _, line := range lines {
		switch {
		case line.Type == "invoke":
			c.began[line.Process] = line.Time
		case line.F == "read":
			read := seen{node: line.Node, began: c.began[line.Process]}
			if line.Type == "ok" {
				read.found = make(map[int]bool)
				for _, n := range numbers(t, line.Value) {
					read.found[n] = true
				}
			}
			c.reads = append(c.reads, read)
		default:
			n := numbers(t, append(append([]byte("["), line.Value...), ']'))[0]
			c.ended[line.Type]++
			if line.Type == "ok" {
				c.acked[n] = line.Time
			}
			c.open[n] = line.Type == "info"
		}
	}
	return c
}

func numbers(t *testing.T, list []byte) []int {
	t.Helper()
	var ns []int
	if err := json.Unmarshal(list, &ns); err != nil {
		t.Fatalf("%q: %v", list, err)
	}
	return ns
}

// absent are the numbers that were acknowledged before a read began, and that it
// did not find; with those that were acknowledged in the very moment, or without.
func (c counts) absent(r seen, ties bool) map[int]bool {
	absent := make(map[int]bool)
	for n, acked := range c.acked {
		if (acked < r.began || ties && acked == r.began) && !r.found[n] {
			absent[n] = true
		}
	}
	return absent
}

// disagree returns what of a record the history does not confirm.
func (c counts) disagree(r *drill.Record) error {
	var wrong []error
	equal := func(what string, reported, counted int) {
		if reported != counted {
			wrong = append(wrong, fmt.Errorf("%s: %d reported, %d by the history", what, reported, counted))
		}
	}
	// In simulated time a write can be acknowledged in the very moment in which the
	// application arrives somewhere; whether it was before is then nobody's business.
	between := func(what string, reported, low, high int) {
		if reported < low || reported > high {
			wrong = append(wrong, fmt.Errorf("%s: %d reported, %d to %d by the history", what, reported, low, high))
		}
	}
	missing := func(what string, reported int, look seen) {
		between(what, reported, len(c.absent(look, false)), len(c.absent(look, true)))
	}
	equal("acknowledged", r.Writes.Acknowledged, c.ended["ok"])
	equal("indeterminate", r.Writes.Indeterminate, c.ended["info"])
	equal("rejected and unsent", r.Writes.Rejected+r.Writes.Unsent, c.ended["fail"])

	atEnd := make(map[string]seen) // the last look at each region
	rest := c.reads
	var failovers, failbacks []seen
	for _, m := range r.Moves {
		if m.CutOverAt == nil {
			continue
		}
		look := rest[0]
		rest = rest[1:]
		if look.node != r.Maps[m.To].Region || look.began != *m.CutOverAt {
			wrong = append(wrong, fmt.Errorf("a move to %s at %v, and a look at %s at %v", r.Maps[m.To].Region, *m.CutOverAt, look.node, look.began))
		}
		if look.found != nil {
			missing("missing at a move", m.Missing, look)
		}
		if m.Kind == failover.FailOver {
			failovers = append(failovers, look)
		} else {
			failbacks = append(failbacks, look)
		}
	}
	applied := make(map[int]bool)
	for _, look := range rest {
		atEnd[look.node] = look
		for n := range look.found {
			if c.open[n] {
				applied[n] = true
			}
		}
	}
	for i, m := range r.Maps {
		if look, ok := atEnd[m.Region]; ok && look.found != nil {
			missing("absent at the end in "+m.Region, r.AtEnd[i], look)
		}
	}
	equal("indeterminate applied", r.IndeterminateApplied, len(applied))
	if len(failbacks) == 1 && failbacks[0].found != nil {
		missing("missing at the failback", r.AtFailback, failbacks[0])
	}
	if len(failovers) == 1 && failovers[0].found != nil {
		missing("missing at the failover", len(r.Missed), failovers[0])
		if last, ok := atEnd[failovers[0].node]; ok && last.found != nil {
			came := func(ties bool) (n int) {
				for number := range c.absent(failovers[0], ties) {
					if last.found[number] {
						n++
					}
				}
				return n
			}
			between("converged", r.Count(drill.Converged), came(false), came(true))
		}
	}
	return errors.Join(wrong...)
}

// randomManners are those of an application that tries again, in one way or another.
func randomManners(random *rand.Rand) drill.Manners {
	m := drill.Manners{
		Arrival: pick(random, drill.Poisson, drill.Constant), Pipeline: pick(random, 1, 1, 5),
		Fencing: pick(random, drill.NoFencing, drill.FencingNX), ReadOwn: pick(random, 0, 0.2),
	}
	if random.IntN(2) == 0 {
		m.Retry = drill.Retry{Limit: 1 + random.IntN(4), Least: time.Millisecond, Most: 200 * time.Millisecond, Fresh: random.IntN(2) == 0}
	}
	return m
}

// Whoever knows nothing but the history of a random drill comes to the same counts.
func TestHistoryAgrees(t *testing.T) {
	var missed, indeterminate, doubled, fenced, unseen int
	// Also the few that there are with the race detector begin with plans in which writes are indeterminate.
	const seeds, first uint64 = max(6, 20/racetest.Slowdown), 14
	for n := range seeds {
		seed := (first + n) % 20
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 13))
				p := randomPlan(random)
				manners := randomManners(random)
				on := inMemory()
				s := setUp(t, p, seed, on)
				defer s.close(t)
				s.behave(t, manners, on)
				var history bytes.Buffer
				s.config.History, s.config.HistoryFormat = &history, drill.NDJSON
				troubles := &schedule{lab: s.lab, plan: p}
				s.config.OnEvent = troubles.onEvent
				record, err := drill.Run(t.Context(), s.config)
				troubles.stop()
				if err != nil {
					t.Fatalf("%v: %v", p, err)
				}
				if err := count(t, readHistory(t, history.Bytes())).disagree(record); err != nil {
					t.Errorf("%v, %+v:\n%v", p, manners, err)
				}
				a := record.Application
				if a.Duplicates > 0 && !manners.Retry.Fresh {
					t.Errorf("%d duplicates, although each operation has one number", a.Duplicates)
				}
				if a.Unexpected != 0 {
					t.Errorf("%d keys that nobody wrote", a.Unexpected)
				}
				u := record.Unclear
				if u.Applied+u.NotApplied+u.Unknown != record.Writes.Indeterminate {
					t.Errorf("%+v of %d indeterminate writes", u, record.Writes.Indeterminate)
				}
				missed += len(record.Missed)
				indeterminate += record.Writes.Indeterminate
				doubled += a.Duplicates
				fenced += a.KnownByFencing
				unseen += a.OwnReads.Unseen
			})
		})
	}
	if !t.Failed() && (missed == 0 || indeterminate == 0 || unseen == 0) {
		t.Errorf("nothing to count: %d missed, %d indeterminate, %d not seen by those who wrote them", missed, indeterminate, unseen)
	}
	t.Logf("%d missed, %d indeterminate, %d duplicates, %d known by fencing, %d unseen", missed, indeterminate, doubled, fenced, unseen)
}

// behave gives the drill on a stage an application of some manners.
func (s *stage) behave(t *testing.T, m drill.Manners, on network) {
	t.Helper()
	s.config.Manners = m
	status, err := s.lab.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range status.Regions {
		given, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		s.config.Stores[i] = region.NewApplication(given, s.config.Maps[i], region.Options{Dial: on.dial, Timeout: time.Second}, m)
	}
}

// handmade is a ledger of four writes and the looks for them.
func handmade() (*drill.Ledger, []drill.SetRead) {
	l := drill.NewLedger("p", "r", []int{1})
	for _, w := range []struct {
		sent, ended int
		outcome     drill.Outcome
	}{{1, 5, drill.Acknowledged}, {2, 4, drill.Indeterminate}, {2, 9, drill.Rejected}, {6, 0, drill.Inflight}} {
		n := l.Begin(us, ms(w.sent))
		if w.outcome != drill.Inflight {
			l.End(n, w.outcome, ms(w.ended))
		}
	}
	found := new(drill.Numbers)
	found.Add(1)
	found.Add(0)
	return l, []drill.SetRead{
		{Region: eu, Began: ms(8), Ended: ms(12), Found: found, Complete: true},
		{Region: us, Began: ms(7), Ended: ms(10), Found: found},
	}
}

func TestWriteHistory(t *testing.T) {
	l, reads := handmade()
	for format, want := range map[drill.HistoryFormat]string{
		drill.EDN: `{:index 0, :time 1000000, :process 0, :type :invoke, :f :add, :node "us", :value 0}
{:index 1, :time 2000000, :process 1, :type :invoke, :f :add, :node "us", :value 1}
{:index 2, :time 2000000, :process 2, :type :invoke, :f :add, :node "us", :value 2}
{:index 3, :time 4000000, :process 1, :type :info, :f :add, :node "us", :value 1}
{:index 4, :time 5000000, :process 0, :type :ok, :f :add, :node "us", :value 0}
{:index 5, :time 6000000, :process 0, :type :invoke, :f :add, :node "us", :value 3}
{:index 6, :time 7000000, :process 3, :type :invoke, :f :read, :node "us", :value nil}
{:index 7, :time 8000000, :process 4, :type :invoke, :f :read, :node "eu", :value nil}
{:index 8, :time 9000000, :process 2, :type :fail, :f :add, :node "us", :value 2}
{:index 9, :time 10000000, :process 3, :type :fail, :f :read, :node "us", :value nil}
{:index 10, :time 12000000, :process 4, :type :ok, :f :read, :node "eu", :value [0 1]}
{:index 11, :time 12000000, :process 0, :type :info, :f :add, :node "us", :value 3}
`,
		drill.NDJSON: `{"index":10,"time":12000000,"process":4,"type":"ok","f":"read","node":"eu","value":[0,1]}
{"index":11,"time":12000000,"process":0,"type":"info","f":"add","node":"us","value":3}
`,
	} {
		var b strings.Builder
		if err := drill.WriteHistory(&b, format, l, []string{"us", "eu"}, reads); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); !strings.HasSuffix(got, want) || format == drill.EDN && got != want {
			t.Errorf("%s:\n%s", format, got)
		}
	}
}

func TestHistoryFormatOf(t *testing.T) {
	for file, want := range map[string]drill.HistoryFormat{"a.edn": drill.EDN, "x/b.ndjson": drill.NDJSON, "c.json": "", "edn": ""} {
		if got, err := drill.HistoryFormatOf(file); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestHistoryTellsWhenItCannotBeWritten(t *testing.T) {
	l, reads := handmade()
	if err := drill.WriteHistory(full{}, drill.EDN, l, []string{"us", "eu"}, reads); err == nil {
		t.Error("nothing was written, and nothing was said")
	}
}

// A history of a hundred thousand writes holds in memory what is under way, and
// not what was.
func TestHistoryIsNotHeldInMemory(t *testing.T) {
	l := drill.NewLedger("p", "r", []int{1, 2, 3})
	found := new(drill.Numbers)
	for n := range 100_000 {
		l.End(l.Begin(us, time.Duration(n)*time.Microsecond), drill.Acknowledged, time.Duration(n+10)*time.Microsecond)
		found.Add(n)
	}
	reads := []drill.SetRead{{Region: us, Began: time.Second, Ended: time.Second, Found: found, Complete: true}}
	once := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := drill.WriteHistory(discard{}, drill.NDJSON, l, []string{"us"}, reads); err != nil {
				b.Fatal(err)
			}
		}
	})
	// Ends are boxed as they go through the heap, 100 bytes and more each, and freed.
	if perWrite := once.AllocedBytesPerOp() / 100_000; perWrite > 400 {
		t.Errorf("%d bytes are allocated for each write", perWrite)
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
