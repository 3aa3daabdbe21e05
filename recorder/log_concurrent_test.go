package recorder_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

// Connections enter what happens on them at the same time, on the same keys, while others look at the log.
func TestLogIsSafeForConcurrentUse(t *testing.T) {
	l := newLog(t, nil)
	const connections, each = 8, 300
	var writers, readers sync.WaitGroup
	var over atomic.Bool
	readers.Go(func() {
		for !over.Load() {
			for w := range l.Writes() {
				l.Item(w.Item)
				l.Superseded(w.N)
				l.Judge(w.Item, commands.State{Kind: commands.Absent}, w.Sent, w.Sent)
			}
			l.Traffic(us)
			l.Reads()
			l.BadReads()
			l.Errors()
			l.Connections()
			l.Dropped()
		}
	})
	for n := range connections {
		writers.Go(func() {
			c := line{l.Open(n%2, 0)}
			c.Reached(0)
			for i := range each {
				at := 10 * i
				c.does(at, at+1, fmt.Sprintf("SET k%d %d-%d", i%5, n, i), "+OK")
				c.does(at+2, at+3, fmt.Sprintf("GET k%d", i%5), "$1|x")
				id := fmt.Sprintf("%d-%d", n, i)
				c.does(at+4, at+5, fmt.Sprintf("XADD s * f %d", n), fmt.Sprintf("$%d|%s", len(id), id))
				c.does(at+6, at+7, fmt.Sprintf("HSET h%d f v", n), "-OOM")
				c.gives(at+8, at+9, fmt.Sprintf("INCR n%d", i%3))
			}
			c.Ended(proxy.End{By: proxy.ByApplication}, ms(10*each))
		})
	}
	writers.Wait()
	over.Store(true)
	readers.Wait()
	var tally drill.Tally
	for w := range l.Writes() {
		tally.Attempted++
		switch w.Outcome {
		case drill.Acknowledged:
			tally.Acknowledged++
		case drill.Rejected:
			tally.Rejected++
		case drill.Indeterminate:
			tally.Indeterminate++
		}
	}
	const n = connections * each
	if want := (drill.Tally{Attempted: 4 * n, Acknowledged: 2 * n, Rejected: n, Indeterminate: n}); tally != want {
		t.Errorf("%+v, want %+v", tally, want)
	}
	commandsSent := 0
	for _, region := range []int{us, eu} {
		for _, s := range l.Traffic(region).Steps {
			commandsSent += s.Commands
		}
	}
	if commandsSent != 5*n {
		t.Errorf("%d commands in the traffic, want %d", commandsSent, 5*n)
	}
}

// The writes of all stripes come in the order in which they were sent.
func TestWritesComeInOrder(t *testing.T) {
	l := newLog(t, nil)
	c := open(l, us)
	const n = 5000 // several pages of each stripe
	for i := range n {
		c.does(i, i, fmt.Sprintf("SET key%d v", i), "+OK")
	}
	seen := 0
	for w := range l.Writes() {
		if w.Sent != ms(seen) {
			t.Fatalf("write %d was sent at %v", seen, w.Sent)
		}
		seen++
	}
	if seen != n {
		t.Errorf("%d writes, want %d", seen, n)
	}
	for range l.Writes() {
		break // whoever has seen enough
	}
}

func TestKnownItemsTakeNoMemory(t *testing.T) {
	for _, text := range []string{"SET k v EX 60", "GET k", "HSET h f v", "HGET h f", "INCR n", "PING"} {
		x := newAgain(newLog(t, nil), text)
		if n := testing.AllocsPerRun(2000, x.once); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

// again is one command that a connection makes again and again.
type again struct {
	session *recorder.Session
	command commands.Command
	args    []commands.Argument
	reply   commands.Reply
	at      drill.Moment
}

func newAgain(l *recorder.Log, text string) *again {
	c := open(l, us)
	c.does(0, 1, "SET k v", "+OK")
	c.does(0, 1, "HSET h f v", ":1")
	c.does(0, 1, "INCR n", ":1")
	x := &again{session: c.Session, at: ms(2), reply: commands.Reply{Kind: '$', Text: []byte("v"), Length: 1}}
	x.args = argsOf(strings.Split(text, " ")...)
	x.command, _ = commands.Default().Lookup(x.args)
	return x
}

func (x *again) once() {
	x.at += 1000
	o := x.session.Begin(x.command, x.args, x.at)
	x.session.Answered(o, x.reply, x.at+300)
	x.session.Delivered(o, x.at+600)
}

func BenchmarkLog(b *testing.B) {
	for _, text := range []string{"SET k v EX 60", "GET k", "HSET h f v", "PING"} {
		b.Run(text, func(b *testing.B) {
			x := newAgain(newLog(b, func(o *recorder.LogOptions) { o.Memory = 1 << 40 }), text)
			b.ReportAllocs()
			for b.Loop() {
				x.once()
			}
		})
	}
	b.Run("SET of new keys", func(b *testing.B) {
		x := newAgain(newLog(b, func(o *recorder.LogOptions) { o.Memory = 1 << 40 }), "SET order:000000000 v")
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			key := x.args[1].Text
			for i, rest := len(key)-1, n; rest > 0; i, rest = i-1, rest/10 {
				key[i] = '0' + byte(rest%10)
			}
			x.once()
		}
	})
	b.Run("SET over many connections", func(b *testing.B) {
		l := newLog(b, func(o *recorder.LogOptions) { o.Memory = 1 << 40 })
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			x := newAgain(l, "SET k v EX 60")
			for pb.Next() {
				x.once()
			}
		})
	})
}
