package recorder_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

func TestTraffic(t *testing.T) {
	l := newLog(t, nil)
	for range 9 { // more than there are lanes
		c := line{l.Open(us, ms(50))}
		c.does(60, 110, "SET k v", "+OK")
		c.does(120, 130, "GET k", "$1|v")
		c.does(140, 150, "SET k v", "-OOM command not allowed")
		c.gives(210, 399, "PING")
	}
	want := []recorder.Step{
		{At: 0, Opened: 9, Commands: 9},
		{At: ms(100), Commands: 18, Succeeded: 18, Writes: 9, Failed: 9},
		{At: ms(200), Commands: 9},
		{At: ms(300), Failed: 9},
	}
	got := l.Traffic(us)
	if got.Width != ms(100) || !slices.Equal(got.Steps, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if other := l.Traffic(eu); len(other.Steps) != 0 {
		t.Errorf("of the other region: %+v", other)
	}
}

// A run of hours takes no more memory for its traffic than one of minutes, and nothing of it is lost.
func TestTrafficOfALongRun(t *testing.T) {
	l := newLog(t, nil)
	c, other := open(l, us), open(l, us)
	const every = 250 // ms
	n := 0
	for at := 0; at < int(3*time.Hour/time.Millisecond); at += every {
		c.does(at, at+1, "PING", "+PONG")
		n++
	}
	other.does(0, 1, "PING", "+PONG") // whose lane has not got as far
	got := l.Traffic(us)
	if got.Width != 100*time.Millisecond<<5 || len(got.Steps) > 1<<12 {
		t.Errorf("%d steps of %v", len(got.Steps), got.Width)
	}
	sum := 0
	for i, s := range got.Steps {
		sum += s.Commands
		if s.At != drill.Moment(i)*got.Width {
			t.Fatalf("step %d begins at %v", i, s.At)
		}
	}
	if sum != n+1 {
		t.Errorf("%d commands, want %d", sum, n+1)
	}
}

func TestConnectionsAndTheirEnds(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	reset := &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	for _, test := range []struct {
		what             string
		reached, waiting bool // for an answer
		end              proxy.End
		code             string
		told             bool // it counts as an error
	}{
		{"closed by the service when it was done", true, false, proxy.End{By: proxy.ByApplication}, "closed", false},
		{"reset by the service when it was done", true, false, proxy.End{By: proxy.ByApplication, Err: reset}, "reset", false},
		{"closed by the service while it waited", true, true, proxy.End{By: proxy.ByApplication}, "timeout", true},
		{"given up before it was there", false, false, proxy.End{By: proxy.ByApplication}, "timeout", true},
		{"refused by the region", false, false, proxy.End{By: proxy.ByRegion, Err: refused}, "refused", true},
		{"no answer from the region", false, true, proxy.End{By: proxy.ByRegion, Err: os.ErrDeadlineExceeded}, "timeout", true},
		{"no such host", false, false, proxy.End{By: proxy.ByRegion, Err: errors.New("no such host")}, "unreachable", true},
		{"reset by the region", true, true, proxy.End{By: proxy.ByRegion, Err: reset}, "reset", true},
		{"closed by the region", true, true, proxy.End{By: proxy.ByRegion, Err: io.EOF}, "closed", true},
		{"closed by the region while nothing was asked", true, false, proxy.End{By: proxy.ByRegion}, "closed", false},
		{"accepted by the proxy, and reset at once", false, false, proxy.End{By: proxy.ByProxy, Err: syscall.ECONNRESET}, "reset", true},
		{"reset by the proxy", true, true, proxy.End{By: proxy.ByProxy, Err: syscall.ECONNRESET}, "reset", true},
	} {
		t.Run(test.what, func(t *testing.T) {
			l := newLog(t, nil)
			c := line{l.Open(eu, ms(5))}
			want := recorder.Connection{Region: eu, Opened: ms(5), Reached: -1, First: -1, Ended: ms(90), By: test.end.By, Code: test.code}
			if test.reached {
				c.Reached(ms(6))
				c.does(7, 8, "GET k", "-LOADING")
				c.does(7, 8, "PING", "+PONG")
				c.does(9, 10, "PING", "+PONG")
				want.Reached, want.First, want.Commands = ms(6), ms(8), 3
			}
			if test.waiting {
				c.gives(20, 90, "PING")
				want.Commands++
				want.Unanswered = 1
			}
			c.Ended(test.end, ms(90))
			if got := l.Connections(); len(got) != 1 || got[0] != want {
				t.Errorf("%+v, want %+v", got, want)
			}
			var errs []recorder.Errors
			if test.reached {
				errs = append(errs, recorder.Errors{Region: eu, Code: "LOADING", Count: 1, First: ms(8), Last: ms(8)})
			}
			if test.told {
				errs = append(errs, recorder.Errors{Region: eu, Code: test.code, Count: 1, First: ms(90), Last: ms(90)})
			}
			if got := l.Errors(); !slices.Equal(got, errs) {
				t.Errorf("%+v, want %+v", got, errs)
			}
		})
	}
}

func TestErrorsAreCountedByCode(t *testing.T) {
	l := newLog(t, nil)
	a, b := open(l, us), open(l, eu)
	a.does(0, 30, "GET k", "-MOVED 12 h:1")
	a.does(0, 10, "GET k", "-MOVED 13 h:1")
	a.does(0, 20, "GET k", "-something went wrong")
	b.does(0, 40, "GET k", "-MOVED 13 h:1")
	b.does(0, 41, "GET k", "$-1")
	want := []recorder.Errors{
		{Region: us, Code: "ERR", Count: 1, First: ms(20), Last: ms(20)},
		{Region: us, Code: "MOVED", Count: 2, First: ms(10), Last: ms(30)},
		{Region: eu, Code: "MOVED", Count: 1, First: ms(40), Last: ms(40)},
	}
	if got := l.Errors(); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A server that makes codes up does not fill the memory.
func TestCodesAreBounded(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	for i := range 1000 {
		a.does(0, 1, "GET k", "-CODE"+strings.Map(func(digit rune) rune { return digit - '0' + 'A' }, strconv.Itoa(i)))
	}
	got := l.Errors()
	i := slices.IndexFunc(got, func(e recorder.Errors) bool { return e.Code == "other" })
	if len(got) != 256 || i < 0 || got[i].Count != 1000-255 {
		t.Errorf("%d codes, of which other is %d", len(got), i)
	}
}

// What finds no room is counted, what it makes uncertain is not judged, and what is known goes on.
func TestMemoryOfTheLogIsBounded(t *testing.T) {
	l := newLog(t, func(o *recorder.LogOptions) { o.Memory = 1 << 20 })
	a := open(l, us)
	const n = 50_000
	key := func(i int) string { return fmt.Sprintf("SET key%d v", i) }
	for i := range n {
		a.does(i, i, key(i), "+OK")
	}
	kept := 0
	for range l.Writes() {
		kept++
	}
	d := l.Dropped()
	if kept == 0 || d.Writes.Acknowledged == 0 || kept+d.Writes.Acknowledged != n || d.Writes.Attempted != d.Writes.Acknowledged {
		t.Fatalf("%d writes kept, and dropped: %+v", kept, d)
	}
	if kept < 4000 {
		t.Errorf("only %d writes found room in 1 MiB", kept)
	}
	// The first key is known: it is judged until a write of it finds no room.
	item := itemOf(t, l, "key0", "")
	open(l, eu).does(n, n+1, "GET key0", "$-1")
	if reads := l.Reads(); len(reads) != 1 || reads[0].Verdict != recorder.Missing {
		t.Errorf("%+v", reads)
	}
	for i := range 2000 { // more than there can be room for on the page that was begun last
		a.does(n+2, n+3, "SET key0 w", "+OK")
		if !l.Item(item).Followed {
			break
		}
		if i == 1999 {
			t.Fatal("it is followed on and on")
		}
	}
	open(l, eu).does(n+4, n+5, "GET key0", "$-1")
	if reads := l.Reads(); len(reads) != 2 || reads[0].Verdict != recorder.Unjudged {
		t.Errorf("%+v", reads)
	}
	a.does(n, n+1, "SET other v", "-OOM")
	if got := l.Dropped().Writes; got.Rejected != 1 {
		t.Errorf("%+v", got)
	}
}

// A part of a key that found no room leaves the key uncertain, and nothing else.
func TestPartsThatFindNoRoom(t *testing.T) {
	l := newLog(t, func(o *recorder.LogOptions) { o.Memory = 1 << 20 })
	a := open(l, us)
	a.does(0, 1, "HSET h f v", ":1")
	for i := 0; l.Dropped().Writes.Acknowledged == 0; i++ {
		a.does(2, 3, fmt.Sprintf("HSET h %d v", i), ":1")
	}
	b := open(l, eu)
	b.does(4, 5, "HGET h f", "$1|v")
	if r := l.Reads(); len(r) != 1 || r[0].Verdict != recorder.Current {
		t.Errorf("the field that is known: %+v", r)
	}
	a.does(6, 7, "DEL h", ":1")
	b.does(10, 11, "EXISTS h", ":1") // a field that came after, for all that is known
	if bad := l.BadReads(); len(bad) > 0 {
		t.Errorf("%+v", bad)
	}
}

func TestBadReadsAreBounded(t *testing.T) {
	l := newLog(t, nil)
	a := open(l, us)
	a.does(0, 1, "SET k v", "+OK")
	for i := range recorder.MostBadReads + 5 {
		a.does(10+i, 11+i, "GET k", "$-1")
	}
	if bad := l.BadReads(); len(bad) != recorder.MostBadReads || bad[0].At != ms(11) {
		t.Errorf("%d bad reads, from %v on", len(bad), bad[0].At)
	}
	if reads := l.Reads(); len(reads) != 1 || reads[0].Count != recorder.MostBadReads+5 {
		t.Errorf("%+v", reads)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	l := newLog(t, nil)
	for range recorder.MostConnections {
		l.Open(us, 0)
	}
	c := open(l, us)
	c.Reached(0)
	c.does(0, 1, "SET k v", "+OK")
	c.Ended(proxy.End{By: proxy.ByApplication}, ms(2))
	if got := l.Dropped().Connections; got != 1 || len(l.Connections()) != recorder.MostConnections {
		t.Errorf("%d connections, and %d more", len(l.Connections()), got)
	}
	for w := range l.Writes() {
		if w.Connection != -1 {
			t.Errorf("the write is one of connection %d", w.Connection)
		}
	}
}
