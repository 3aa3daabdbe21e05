package recorder_test

import (
	"hash/maphash"
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

const (
	us = iota
	eu
)

var (
	digests = maphash.MakeSeed()
	start   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// ms is a moment.
func ms(n int) drill.Moment { return time.Duration(n) * time.Millisecond }

func newLog(t testing.TB, change func(*recorder.LogOptions)) *recorder.Log {
	t.Helper()
	o := recorder.LogOptions{Regions: 2, Start: start, Seed: digests}
	if change != nil {
		change(&o)
	}
	l, err := recorder.NewLog(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// line is a session on which commands are given as lines.
type line struct{ *recorder.Session }

func open(l *recorder.Log, region int) line { return line{l.Open(region, 0)} }

func argsOf(words ...string) []commands.Argument {
	var args []commands.Argument
	for _, w := range words {
		args = append(args, commands.Argument{Text: []byte(w), Length: len(w)})
	}
	return args
}

// sends begins a command that is given as a line.
func (c line) sends(at int, text string) recorder.Operation {
	return c.begins(at, strings.Split(text, " "))
}

// begins begins a command of words.
func (c line) begins(at int, words []string) recorder.Operation {
	args := argsOf(words...)
	known, _ := commands.Default().Lookup(args)
	return c.Begin(known, args, ms(at))
}

// does is a command that is answered, and its reply delivered at once.
func (c line) does(sent, ended int, text, reply string) {
	o := c.sends(sent, text)
	c.Answered(o, replyOf(reply), ms(ended))
	c.Delivered(o, ms(ended))
}

// gives is a command of which the service never sees the end.
func (c line) gives(sent, ended int, text string) { c.Abandoned(c.sends(sent, text), ms(ended)) }

// replyOf is a reply as it stands on the wire, without its end; nil is a null.
func replyOf(wire string) commands.Reply {
	v, err := resp.NewReader(strings.NewReader(strings.ReplaceAll(wire, "|", "\r\n") + "\r\n")).ReadValue()
	if err != nil {
		panic(err)
	}
	return commands.ReplyOf(v)
}

// digest is the digest of a value.
func digest(text string) commands.Digest { return commands.DigestOf(digests, []byte(text)) }

// itemOf finds an item by its key and part.
func itemOf(t testing.TB, l *recorder.Log, key, part string) int {
	t.Helper()
	for w := range l.Writes() {
		if i := l.Item(w.Item); i.Key == key && i.Part == part {
			return w.Item
		}
	}
	t.Fatalf("no write of %s/%s", key, part)
	return recorder.NoItem
}

func TestWritesAreHandedOutAsTheyEnded(t *testing.T) {
	l := newLog(t, nil)
	a, b := open(l, us), open(l, eu)
	a.does(10, 12, "SET k v EX 60", "+OK")
	b.does(20, 23, "SET k w NX", "$-1")
	a.does(30, 31, "SET k x", "-READONLY You can't write against a read only replica.")
	a.does(40, 41, "SET k x", "-ERR timed out by the proxy")
	unanswered := a.sends(50, "INCR n")
	answered := a.sends(51, "INCR n")
	a.Answered(answered, replyOf(":2"), ms(52))
	a.Abandoned(unanswered, ms(60))
	a.Abandoned(answered, ms(60))
	b.sends(70, "HSET h f v g w")
	b.does(80, 81, "GET k", "$1|v")
	b.does(90, 91, "XADD s * f v", "$3|5-1")

	type row struct {
		command, key, part string
		sent, ended        int
		outcome            drill.Outcome
		answered           bool
		state              commands.State
	}
	want := []row{
		{"set", "k", "", 10, 12, drill.Acknowledged, true, commands.State{Kind: commands.Is, Digest: digest("v"), Expires: time.Minute}},
		{"set", "k", "", 20, 23, drill.Acknowledged, true, commands.State{Kind: commands.Unchanged, Keeps: true}},
		{"set", "k", "", 30, 31, drill.Rejected, true, commands.State{Kind: commands.Unchanged, Keeps: true}},
		{"set", "k", "", 40, 41, drill.Indeterminate, true, commands.State{Kind: commands.Is, Digest: digest("x")}},
		{"incr", "n", "", 50, 60, drill.Indeterminate, false, commands.State{Kind: commands.Present, Keeps: true}},
		{"incr", "n", "", 51, 60, drill.Indeterminate, true, commands.State{Kind: commands.Is, Digest: digest("2"), Keeps: true}},
		{"hset", "h", "f", 70, 0, drill.Inflight, false, commands.State{Kind: commands.Is, Digest: digest("v"), Keeps: true}},
		{"hset", "h", "g", 70, 0, drill.Inflight, false, commands.State{Kind: commands.Is, Digest: digest("w"), Keeps: true}},
		{"xadd", "s", "5-1", 90, 91, drill.Acknowledged, true, commands.State{Kind: commands.Is, Keeps: true}},
	}
	var got []row
	operations := make(map[int]int)
	for w := range l.Writes() {
		i := l.Item(w.Item)
		if w.Command == "xadd" {
			w.State.Digest = 0
		}
		got = append(got, row{w.Command, i.Key, i.Part, int(w.Sent.Milliseconds()), int(w.Ended.Milliseconds()), w.Outcome, w.Answered, w.State})
		operations[w.Operation]++
		if l.Write(w.N).Sent != w.Sent {
			t.Errorf("write %d is another one by its number", w.N)
		}
	}
	slices.SortFunc(got[6:8], func(a, b row) int { return strings.Compare(a.part, b.part) })
	if !slices.Equal(got, want) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Errorf("write %d: %+v, want %+v", i, got[i], want[i])
			}
		}
		t.Errorf("%d writes, want %d", len(got), len(want))
	}
	if len(operations) != 8 {
		t.Errorf("%d operations, want 8: both fields are of one", len(operations))
	}
}

func TestTheWritesOfAnItem(t *testing.T) {
	l := newLog(t, nil)
	a, b := open(l, us), open(l, us)
	a.does(0, 1, "SET k 1", "+OK")
	a.does(2, 3, "SET k 2", "+OK")
	slow := b.sends(4, "SET k 3")
	a.does(5, 6, "SET k 4", "+OK")
	a.does(7, 8, "EXPIRE k 100", ":1")
	a.does(9, 10, "SET k 5 NX", "$-1")
	b.Answered(slow, replyOf("+OK"), ms(11))
	b.Delivered(slow, ms(11))
	a.gives(12, 13, "SET k 6")

	item := itemOf(t, l, "k", "")
	var back []int
	for n := l.Newest(item); n != recorder.NoWrite; n = l.Previous(n) {
		back = append(back, int(l.Write(n).Sent.Milliseconds()))
	}
	if want := []int{12, 9, 7, 5, 4, 2, 0}; !slices.Equal(back, want) {
		t.Errorf("sent at %v, the newest first, want %v", back, want)
	}
	if last := l.Write(l.Last(item)); last.Sent != ms(4) {
		t.Errorf("the last that was acknowledged was sent at %v, want 4ms: it was delivered after the others", last.Sent)
	}
	superseded := make(map[int]bool)
	for w := range l.Writes() {
		superseded[int(w.Sent.Milliseconds())] = l.Superseded(w.N)
	}
	for sent, want := range map[int]bool{
		0: true, 2: true, // SET k 4 was sent after both
		4: false, 5: false, // at the same time
		7: false, 9: false, // nothing was written after these
		12: false, // it may be carried out at any time
	} {
		if superseded[sent] != want {
			t.Errorf("the write that was sent at %d ms is superseded: %v, want %v", sent, superseded[sent], want)
		}
	}
}

// What becomes of a key counts for its parts, and the other way round.
func TestPartsAndTheirKeysSupersedeOneAnother(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	a.does(0, 1, "HSET h f v", ":1")
	a.does(2, 3, "DEL h", ":1")
	a.does(4, 5, "HSET h g w", ":1")
	var got []bool
	for w := range l.Writes() {
		got = append(got, l.Superseded(w.N))
	}
	if want := []bool{true, true, false}; !slices.Equal(got, want) {
		t.Errorf("superseded: %v, want %v", got, want)
	}
}

func TestTransactionsThatAreNotCarriedOut(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	o := a.sends(0, "SET k v")
	a.Refused(o, ms(5))
	a.Delivered(o, ms(6))
	for w := range l.Writes() {
		if w.Outcome != drill.Rejected || w.State.Kind != commands.Unchanged {
			t.Errorf("%+v", w)
		}
	}
}

// The entries of other databases are others, although their keys are the same.
func TestOtherDatabasesAreNotRecorded(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	a.does(0, 1, "SELECT 1", "+OK")
	a.does(2, 3, "SET k v", "+OK")
	a.does(4, 5, "SELECT 0", "+OK")
	a.does(6, 7, "SELECT 99", "-ERR DB index is out of range")
	a.does(8, 9, "SET k w", "+OK")
	a.does(10, 11, "SELECT 1", "+OK")
	a.does(12, 13, "RESET", "+RESET")
	a.does(14, 15, "SET k x", "+OK")
	n := 0
	for range l.Writes() {
		n++
	}
	if d := l.Dropped(); n != 2 || d.Otherwhere != 1 {
		t.Errorf("%d writes, and %d of other databases; want 2 and 1", n, d.Otherwhere)
	}
}

func TestOnlyWhatMatchesIsRecorded(t *testing.T) {
	l := newLog(t, func(o *recorder.LogOptions) { o.Match = []string{"order:*", "cart:[0-9]"} })
	a := open(l, us)
	for i, key := range []string{"order:1", "cart:7", "cart:x", "session:1"} {
		a.does(i, i+1, "SET "+key+" v", "+OK")
	}
	a.does(9, 10, "HSET other f v", ":1")
	var keys []string
	for w := range l.Writes() {
		keys = append(keys, l.Item(w.Item).Key)
	}
	if d := l.Dropped(); !slices.Equal(keys, []string{"order:1", "cart:7"}) || d.Unmatched != 3 {
		t.Errorf("recorded %v, and %d did not match", keys, d.Unmatched)
	}
	for _, bad := range []string{"", "a[", `a\`, `[\]`} {
		if _, err := recorder.NewLog(recorder.LogOptions{Match: []string{bad}}); err == nil {
			t.Errorf("pattern %q is taken", bad)
		}
	}
}

func TestWhatIsNotRecordedIsCounted(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	a.does(0, 1, "NOSUCH k", "-ERR unknown command 'NOSUCH'")
	a.does(1, 2, "SET "+strings.Repeat("k", commands.MostText)+" v", "+OK")
	long := argsOf("SET", "k", "v")
	long[1].Length = commands.MostText + 1
	set, _ := commands.Default().Lookup(long)
	o := a.Begin(set, long, ms(3))
	a.Answered(o, replyOf("+OK"), ms(4))
	a.Delivered(o, ms(4))
	a.NotRecorded()
	a.Abandoned(a.Begin(commands.Command{}, nil, ms(5)), ms(6))
	a.NotUnderstood(true)
	want := recorder.Dropped{Unknown: 1, Long: 1, Commands: 1, NotUnderstood: 1}
	if got := l.Dropped(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if !l.Connections()[0].NotUnderstood {
		t.Error("the connection does not tell it")
	}
}

// A command of which the keys are not known may have changed any that it names.
func TestWhatAnUnknownCommandNamesIsNotJudged(t *testing.T) {
	for _, command := range []string{"NOSUCH k FIELDS 1 f", "EVAL redis.call('del','k') 0 k"} {
		l := newLog(t, nil)
		a := open(l, us)
		for i, key := range []string{"k", "other"} {
			a.does(i, i+1, "SET "+key+" v", "+OK")
			a.does(i, i+1, "HSET hash-of-"+key+" f v", ":1")
		}
		a.does(4, 5, strings.ReplaceAll(command, " k", " k hash-of-k"), "+OK")
		a.does(6, 7, "GETEX other", "$1|v")
		for _, test := range []struct {
			key, part string
			want      recorder.Verdict
		}{
			{"k", "", recorder.Unjudged}, {"hash-of-k", "f", recorder.Unjudged},
			{"other", "", recorder.Missing}, {"hash-of-other", "f", recorder.Missing},
		} {
			item := itemOf(t, l, test.key, test.part)
			if got := l.Judge(item, commands.State{Kind: commands.Absent}, ms(10), ms(11)); got != test.want || l.Item(item).Followed != (test.want != recorder.Unjudged) {
				t.Errorf("%s: %s %s is %v, want %v", command, test.key, test.part, got, test.want)
			}
		}
	}
}

// What a connection writes that is not understood any more is not known until it has ended.
func TestNothingIsJudgedWhileAConnectionIsNotUnderstood(t *testing.T) {
	for _, harmless := range []bool{false, true} {
		l := newLog(t, nil)
		a, b := open(l, us), open(l, us)
		a.does(0, 1, "SET k v", "+OK")
		judged := func(at int) recorder.Verdict {
			return l.Judge(itemOf(t, l, "k", ""), commands.State{Kind: commands.Absent}, ms(at), ms(at))
		}
		b.NotUnderstood(harmless)
		while := judged(3)
		b.Ended(proxy.End{By: proxy.ByApplication}, ms(5))
		after := judged(6)
		a.does(7, 8, "SET k w", "+OK")
		then := judged(9)
		want := [3]recorder.Verdict{recorder.Unjudged, recorder.Unjudged, recorder.Missing}
		if harmless {
			want = [3]recorder.Verdict{recorder.Missing, recorder.Missing, recorder.Missing}
		}
		if got := [3]recorder.Verdict{while, after, then}; got != want {
			t.Errorf("harmless %v: %v, want %v", harmless, got, want)
		}
	}
}

// An error of a script may be a value: it is none of the codes that are told.
func TestAnErrorThatIsAValueIsNotTold(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	for i, reply := range []string{"-4111111111111111", "-Hunter2 x", "-ÄÖÜ", "-OUT_OF_STOCK item 7", "-READONLY no"} {
		a.does(i, i+1, "EVAL s 1 k", reply)
	}
	var codes []string
	for _, e := range l.Errors() {
		codes = append(codes, e.Code)
	}
	if want := []string{"ERR", "OUT_OF_STOCK", "READONLY"}; !slices.Equal(codes, want) {
		t.Errorf("%q, want %q", codes, want)
	}
}
