package recorder_test

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

// wordCounts counts the words of what is entered.
type wordCounts struct {
	nowhere
	words       *int
	notRecorded *int
}

func (c wordCounts) Begin(_ commands.Command, args []commands.Argument, _ drill.Moment) recorder.Operation {
	*c.words += len(args)
	return 0
}
func (c wordCounts) NotRecorded() { *c.notRecorded++ }

// mset is MSET of so many keys, each of 12 bytes and with as long a value.
func mset(keys int) string {
	b := resp.AppendArrayLen(nil, 2*keys+1)
	b = resp.AppendBulk(b, "MSET")
	return string(b) + strings.Repeat("$12\r\nabcdefghijkl\r\n", 2*keys)
}

func TestAllKeysOfALargeRequestAreRecorded(t *testing.T) {
	rec, _ := newRecorder(t, recorder.Region{})
	var words, not int
	converse(rec.Conn(0, node, wordCounts{words: &words, notRecorded: &not}), []step{sends(mset(100_000)), answers("+OK\r\n")}, 16<<10)
	if words != 200_001 || not != 0 || rec.Lent() != 0 {
		t.Errorf("%d words, %d not recorded, %d bytes lent", words, not, rec.Lent())
	}
}

// A request that is larger than what may be kept is paired with its reply all the same.
func TestARequestThatIsTooLargeIsCounted(t *testing.T) {
	rec, _ := newRecorder(t, recorder.Region{})
	e := &entries{t: t}
	converse(rec.Conn(0, node, e), []step{sends(mset(260_000)), req("SET", "a", "1"), answers("+OK\r\n+OK\r\n")}, 16<<10)
	if lines := e.lines(); len(lines) != 2 || lines[0] != " = OK" || lines[1] != "SET a 1 = OK" || e.notRecorded != 1 || rec.Lent() != 0 {
		t.Errorf("%q, %d not recorded, %d bytes lent", lines, e.notRecorded, rec.Lent())
	}
}

// Hostile services that all begin something large take no more memory together than there is for them, and take nothing once
// they are gone.
func TestMemoryIsBounded(t *testing.T) {
	const connections = 12
	rec, _ := newRecorder(t, recorder.Region{Address: fronts})
	large := req(append([]string{"MSET"}, slices.Repeat([]string{strings.Repeat("x", 4000)}, 5800)...)...).bytes
	before := heap()
	var taps []proxy.Tap
	for i := range connections {
		tap := rec.Conn(0, node, nowhere{})
		taps = append(taps, tap)
		converse(tap, []step{sends(large[:len(large)-1])}, 16<<10) // it never ends
		if i%2 == 0 {
			continue
		}
		tap = rec.Conn(0, node, nowhere{})
		taps = append(taps, tap)
		converse(tap, []step{
			req("CLUSTER", "NODES"), req("LRANGE", "l", "0", "-1"), answers("$3900000\r\n" + strings.Repeat("x", 3_800_000)), // nor does this
		}, 16<<10)
	}
	most := int64(recorder.MostShared)
	if lent := rec.Lent(); lent > most || lent < most/2 {
		t.Errorf("%d bytes lent of %d", lent, most)
	}
	if grown := heap() - before; grown > most*5/4 {
		t.Errorf("%d connections took %d bytes", len(taps), grown)
	}
	for _, tap := range taps {
		tap.Ended(proxy.End{By: proxy.ByProxy}, time.Time{})
	}
	if rec.Lent() != 0 {
		t.Errorf("%d bytes lent in the end", rec.Lent())
	}
	runtime.KeepAlive(taps)
	if grown := heap() - before; grown > 4<<20 {
		t.Errorf("%d bytes are not given back", grown)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // not so large
}

func TestWhatIsBeyondTheBoundsGoesThrough(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []step
		lost  bool
	}{
		{"an array of more elements than are kept", []step{req("LRANGE", "l", "0", "-1"), req("PING"), answers("*100000\r\n" + strings.Repeat(":1\r\n", 100_000) + "+PONG\r\n")}, false},
		{"a string of many megabytes", []step{req("GET", "k"), req("PING"), answers("$8000000\r\n" + strings.Repeat("x", 8_000_000) + "\r\n+PONG\r\n")}, false},
		{"arrays that nest deep", []step{req("EVAL", "s", "0"), answers(strings.Repeat("*1\r\n", 100_000))}, true},
		{"more requests than anybody has in flight", []step{sends(strings.Repeat("PING\r\n", 300_000)), answers(strings.Repeat("+PONG\r\n", 300_000))}, true},
		{"a line that does not end", []step{req("PING"), answers("+" + strings.Repeat("x", 100_000))}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			rec, _ := newRecorder(t, recorder.Region{})
			e := &entries{t: t}
			tap := rec.Conn(0, node, e)
			for _, size := range []int{16 << 10, math.MaxInt} {
				if got := converse(tap, test.steps, size); got != test.steps[len(test.steps)-1].bytes {
					t.Errorf("%d bytes went out, and not what came in", len(got))
				}
			}
			finish(tap)
			if left := e.unfinished(); e.lost != test.lost || len(left) > 0 || rec.Lent() != 0 {
				t.Errorf("not understood %v, unfinished %d, %d bytes lent", e.lost, len(left), rec.Lent())
			}
		})
	}
}

// Nor is anything said of what a request may have changed that was too large to be kept.
func TestNothingIsJudgedAfterARequestThatIsTooLarge(t *testing.T) {
	for command, want := range map[string]recorder.Verdict{"MSET": recorder.Unjudged, "MGET": recorder.Missing} {
		rec, log := newRecorder(t, recorder.Region{})
		tap := rec.Tap(0, proxy.Connection{Address: node, At: time.Now()})
		for i, request := range []string{req("SET", "k", "v").bytes, strings.Replace(mset(450_000), "MSET", command, 1)} {
			at := time.Now().Add(time.Duration(i) * time.Minute)
			tap.Sent([]byte(request), at)
			tap.Delivered(len(tap.Answered(nil, []byte("+OK\r\n"), at)), at)
		}
		at := log.Moment(time.Now().Add(time.Hour))
		if got := log.Judge(itemOf(t, log, "k", ""), commands.State{Kind: commands.Absent}, at, at); got != want {
			t.Errorf("after %s: %v, want %v", command, got, want)
		}
		finish(tap)
	}
}
