package drill_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
)

func head() drill.Head {
	return drill.Head{Prefix: "aafailover", Run: "run1", Regions: []string{"us", "eu"}, Slots: []int{0, 5461, 10923},
		Start: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
}

func create(t testing.TB) (*drill.Ledger, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger")
	l, err := drill.CreateLedger(path, head())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, path
}

// reopen opens the file of a ledger as another process would find it now.
func reopen(t *testing.T, path string, change func([]byte) []byte) (*drill.Ledger, error) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "ledger")
	if err := os.WriteFile(other, change(content), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := drill.OpenLedger(other)
	if err == nil {
		t.Cleanup(func() { _ = l.Close() })
	}
	return l, err
}

func unchanged(content []byte) []byte { return content }

// All that was entered is in the file at once, beyond the end of a page, and reads as it does in memory.
func TestTheFileOfALedgerHoldsWhatTheLedgerHolds(t *testing.T) {
	const writes = 40_000
	random := rand.New(rand.NewPCG(3, 4))
	l, path := create(t)
	for range writes {
		sent := time.Duration(random.Int64N(int64(time.Hour)))
		n := l.BeginAt(random.IntN(2), random.IntN(3), sent)
		if outcome := drill.Outcome(random.IntN(5)); outcome != drill.Inflight {
			l.End(n, outcome, sent+time.Duration(random.Int64N(int64(time.Minute))))
		}
		drill.Mark(l, n, uint16(random.IntN(8)))
	}
	got, err := reopen(t, path, unchanged)
	if err != nil {
		t.Fatal(err)
	}
	if h := got.Head(); fmt.Sprint(h) != fmt.Sprint(head()) {
		t.Errorf("head %v, want %v", h, head())
	}
	if got.Len() != writes || got.Tally() != l.Tally() {
		t.Fatalf("%d writes, %+v; want %d, %+v", got.Len(), got.Tally(), writes, l.Tally())
	}
	for n := range writes {
		if got.Entry(n) != l.Entry(n) || got.Key(n) != l.Key(n) || drill.Marks(got, n) != drill.Marks(l, n) {
			t.Fatalf("write %d: %+v %s, want %+v %s", n, got.Entry(n), got.Key(n), l.Entry(n), l.Key(n))
		}
	}
}

func TestALedgerThatWasOpenedGoesOn(t *testing.T) {
	l, path := create(t)
	l.End(l.Begin(us, 0), drill.Acknowledged, ms(1))
	l.Begin(us, ms(2))
	again, err := drill.OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := again.Begin(us, ms(3)); n != 2 {
		t.Errorf("the next write is number %d, want 2", n)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if again, err = drill.OpenLedger(path); err != nil || again.Len() != 3 {
		t.Fatalf("%v, %d writes; want 3", err, again.Len())
	}
	_ = again.Close()
}

// A file that was torn keeps what is in front of the tear. What a machine that went down has lost counts as in flight.
func TestATornLedger(t *testing.T) {
	const writes = 40_000 // more than two pages of 16,384
	l, path := create(t)
	for n := range writes {
		l.End(l.Begin(us, ms(n)), drill.Acknowledged, ms(n+1))
	}
	const headSize, page = 128 << 10, 256 << 10
	for _, row := range []struct {
		name     string
		change   func([]byte) []byte
		writes   int
		inFlight int
	}{
		{"a whole file keeps everything", unchanged, writes, 0},
		{"a page that was reserved in part was never written to", func(b []byte) []byte { return append(b, make([]byte, 1000)...) }, writes, 0},
		{"a page that was reserved and not used holds nothing", func(b []byte) []byte { return append(b, make([]byte, page)...) }, writes, 0},
		{"a page that is cut off takes its writes along", func(b []byte) []byte { return b[:headSize+3*page-1] }, 2 * 16_384, 0},
		{"a hole in the middle is writes in flight", func(b []byte) []byte {
			clear(b[headSize+16*100 : headSize+16*110])
			return b
		}, writes, 10},
		{"rubbish in the middle is writes in flight", func(b []byte) []byte {
			for i := headSize; i < headSize+16*10; i++ {
				b[i] = 0xff
			}
			return b
		}, writes, 10},
		{"half a record at the end is no write", func(b []byte) []byte {
			clear(b[headSize+16*(writes-1)+8 : headSize+16*writes])
			return b
		}, writes - 1, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := reopen(t, path, row.change)
			if err != nil {
				t.Fatal(err)
			}
			tally := got.Tally()
			if got.Len() != row.writes || tally.Indeterminate != row.inFlight || tally.Acknowledged != row.writes-row.inFlight {
				t.Errorf("%d writes, %+v; want %d, of which %d in flight", got.Len(), tally, row.writes, row.inFlight)
			}
		})
	}
}

func TestWhatIsNoLedger(t *testing.T) {
	l, path := create(t)
	l.Begin(us, 0)
	replace := func(old, with string) func([]byte) []byte {
		return func(b []byte) []byte {
			if !bytes.Contains(b, []byte(old)) {
				t.Fatalf("there is no %s in %q", old, b[:300])
			}
			return bytes.Replace(b, []byte(old), []byte(with), 1)
		}
	}
	for _, row := range []struct {
		name   string
		change func([]byte) []byte
		text   string
	}{
		{"an empty file", func([]byte) []byte { return nil }, "not a ledger: not a file of this layout: 0 bytes"},
		{"a head that was torn", func(b []byte) []byte { return b[:100] }, "not a ledger: not a file of this layout: 100 bytes"},
		{"something else of that size", func(b []byte) []byte { return bytes.Repeat([]byte("x"), len(b)) }, "not a ledger: it does not begin with its head"},
		{"a later version", replace("ledger/v1", "ledger/v2"), `not a ledger: its schema is "aafailover.ledger/v2", and this version reads aafailover.ledger/v1`},
		{"another byte order", replace(`"little_endian":true`, `"little_endian":false`), "not a ledger: it was written by a machine of another kind"},
		{"a slot that does not exist", replace("5461", "16384"), "not a ledger: a ledger cannot have slot 16384"},
		{"no slots", replace("[0,5461,10923]", "[]"), "not a ledger: a ledger cannot have 2 regions and 0 slots"},
		{"a prefix that would change the slots", replace(`"prefix":"aafailover"`, `"prefix":"a{b}"`), `not a ledger: a ledger cannot have the prefix "a{b}"`},
		{"no run", replace(`"run":"run1"`, `"run":""`), `not a ledger: a ledger cannot have the run ""`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := reopen(t, path, row.change); !errors.Is(err, drill.ErrLedger) || err.Error() != row.text {
				t.Errorf("%v, want %s", err, row.text)
			}
		})
	}
	if _, err := drill.CreateLedger(path, head()); !errors.Is(err, os.ErrExist) {
		t.Errorf("a ledger that exists was made again: %v", err)
	}
}

// When the disk is full, the drill is told, and what it writes is still counted.
func TestAFullDiskIsAnError(t *testing.T) {
	full := errors.New("no space left on device")
	l := drill.LedgerOn(head(), full)
	for range 3 {
		l.End(l.Begin(us, 0), drill.Acknowledged, ms(1))
	}
	if err := l.Err(); !errors.Is(err, full) || !strings.HasPrefix(err.Error(), "keep the ledger on disk: ") {
		t.Errorf("%v", err)
	}
	if tally := l.Tally(); tally.Acknowledged != 3 {
		t.Errorf("%+v, want 3 acknowledged", tally)
	}
}

// child is the environment variable that makes this program write to a ledger until it is killed.
const child = "AAFAILOVER_TEST_LEDGER"

func init() {
	if path := os.Getenv(child); path != "" {
		writeUntilKilled(path)
	}
}

// writeUntilKilled says of each write, as "send" does, that it has begun, and of each second one that it was acknowledged.
func writeUntilKilled(path string) {
	l, err := drill.CreateLedger(path, head())
	for err == nil {
		n := l.Begin(us, ms(1))
		if _, err = fmt.Println("begun", n); err == nil && n%2 == 0 {
			l.End(n, drill.Acknowledged, ms(2))
			_, err = fmt.Println("ended", n)
		}
	}
	os.Exit(1)
}

// SIGKILL at any moment loses nothing that was begun before it.
func TestAKilledProcessLosesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for round := range 5 {
		path := filepath.Join(t.TempDir(), "ledger")
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), child+"="+path)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		var said []string
		read := func() error {
			line, err := lines.ReadString('\n')
			if err == nil {
				said = append(said, line)
			}
			return err
		}
		for range 1 + random.IntN(40_000) { // up to beyond a page
			if err := read(); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for err == nil { // what it had said before
			err = read()
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		_ = c.Wait()
		l, err := drill.OpenLedger(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range said {
			var what string
			var n int
			if _, err := fmt.Sscanf(line, "%s %d", &what, &n); err != nil {
				t.Fatal(err)
			}
			switch {
			case n >= l.Len():
				t.Fatalf("round %d: write %d was begun, and the ledger has %d", round, n, l.Len())
			case what == "ended" && l.Entry(n).Outcome != drill.Acknowledged:
				t.Fatalf("round %d: write %d was acknowledged: %+v", round, n, l.Entry(n))
			}
		}
		if l.Len() > len(said)+1 {
			t.Errorf("round %d: %d writes, and %d lines were said", round, l.Len(), len(said))
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Whatever stands in a file, it is a ledger that can be read, or an error.
func FuzzOpenLedger(f *testing.F) {
	const headSize = 128 << 10
	l, path := create(f)
	l.End(l.Begin(us, 0), drill.Acknowledged, ms(1))
	l.Begin(1, ms(1))
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	line, _, _ := bytes.Cut(content, []byte{0})
	f.Add(line, content[headSize:headSize+64])
	f.Add(line, bytes.Repeat([]byte{0xff}, 64))
	f.Add([]byte("{}\n"), []byte(nil))
	f.Add(bytes.Replace(line, []byte("[0,5461,10923]"), []byte("[1e9]"), 1), []byte{1})
	f.Fuzz(func(t *testing.T, line, records []byte) {
		content := slices.Concat(line, make([]byte, max(0, headSize-len(line))), records, make([]byte, max(0, 256<<10-len(records))))
		path := filepath.Join(t.TempDir(), "ledger")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := drill.OpenLedger(path)
		if err != nil {
			return
		}
		defer l.Close()
		for n := range l.Len() {
			e := l.Entry(n)
			if prefix := l.Head().Prefix + ":{"; !strings.HasPrefix(l.Key(n), prefix) || e.Sent < 0 || e.Ended < 0 {
				t.Errorf("write %d: %+v, key %s", n, e, l.Key(n))
			}
		}
		if tally := l.Tally(); tally.Attempted+tally.Unsent != l.Len() {
			t.Errorf("%+v of %d writes", tally, l.Len())
		}
	})
}

func BenchmarkLedgerOnDisk(b *testing.B) {
	l, path := create(b)
	b.ReportAllocs()
	for b.Loop() {
		l.End(l.Begin(us, 0), drill.Acknowledged, ms(1))
	}
	if l.Err() != nil {
		b.Fatal(l.Err())
	}
	file, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(file.Size())/float64(l.Len()), "bytes/write")
}

// Ten million writes are classified and counted in less than 0.3 s: who was acknowledged by a region, and is missing.
func BenchmarkClassifyTenMillion(b *testing.B) {
	l := drill.NewLedger("p", "r", []int{1, 2, 3})
	for n := range 10_000_000 {
		l.End(l.Begin(us, ms(n)), drill.Acknowledged, ms(n+1))
	}
	for b.Loop() {
		if missing := drill.SelectMissing(l); len(missing) != 0 || l.Tally().Acknowledged != 10_000_000 {
			b.Fatal("something is missing")
		}
	}
}
