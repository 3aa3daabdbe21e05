package recorder_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

// nowhere is what nothing is entered into: what is measured is the conn alone.
type nowhere struct{}

func (nowhere) Reached(drill.Moment) {}
func (nowhere) Begin(commands.Command, []commands.Argument, drill.Moment) recorder.Operation {
	return 0
}
func (nowhere) Answered(recorder.Operation, commands.Reply, drill.Moment) {}
func (nowhere) Refused(recorder.Operation, drill.Moment)                  {}
func (nowhere) Delivered(recorder.Operation, drill.Moment)                {}
func (nowhere) Abandoned(recorder.Operation, drill.Moment)                {}
func (nowhere) NotRecorded()                                              {}
func (nowhere) NotUnderstood(bool)                                        {}
func (nowhere) Ended(proxy.End, drill.Moment)                             {}

var exchanges = []struct {
	name    string
	request string
	reply   string
}{
	{"SET", req("SET", "key:000000012345", "xxx").bytes, "+OK\r\n"},
	{"GET", req("GET", "key:000000012345").bytes, string(resp.AppendBulk(nil, strings.Repeat("x", 100)))},
	{"SET of 10 kB", req("SET", "key:000000012345", strings.Repeat("x", 10_000)).bytes, "+OK\r\n"},
	{"MGET of 10", req("MGET", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j").bytes, "*10\r\n" + strings.Repeat("$5\r\nhello\r\n", 10)},
	{"MULTI", req("MULTI").bytes + req("SET", "a", "1").bytes + req("INCR", "b").bytes + req("EXEC").bytes, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:7\r\n"},
}

// exchange has a service send what it sends many times together, and the region answer.
func exchange(tap proxy.Tap, sent, answered, dst []byte, at time.Time) []byte {
	tap.Sent(sent, at)
	dst = tap.Answered(dst[:0], answered, at)
	tap.Delivered(len(dst), at)
	return dst
}

// BenchmarkConn is the conn alone, BenchmarkTap that with a Log.
func BenchmarkConn(b *testing.B) {
	benchmark(b, func(r *recorder.Recorder) proxy.Tap { return r.Conn(0, node, nowhere{}) })
}

func BenchmarkTap(b *testing.B) {
	benchmark(b, func(r *recorder.Recorder) proxy.Tap { return r.Tap(0, proxy.Connection{Address: node, At: time.Now()}) })
}

func benchmark(b *testing.B, tapOf func(*recorder.Recorder) proxy.Tap) {
	for _, depth := range []int{1, 16} {
		for _, x := range exchanges {
			b.Run(x.name+map[int]string{1: "", 16: " by 16"}[depth], func(b *testing.B) {
				rec, _ := newRecorder(b, recorder.Region{})
				tap := tapOf(rec)
				sent, answered := []byte(strings.Repeat(x.request, depth)), []byte(strings.Repeat(x.reply, depth))
				var dst []byte
				at := time.Now()
				b.ReportAllocs()
				for n := 0; n < b.N; n += depth {
					dst = exchange(tap, sent, answered, dst, at)
				}
			})
		}
	}
}

func TestAnExchangeDoesNotAllocate(t *testing.T) {
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) {
			rec, _ := newRecorder(t, recorder.Region{})
			tap := rec.Conn(0, node, nowhere{})
			sent, answered := []byte(strings.Repeat(x.request, 16)), []byte(strings.Repeat(x.reply, 16))
			dst := make([]byte, 0, 2*len(answered))
			half, at := len(sent)/2, time.Now()
			if n := testing.AllocsPerRun(200, func() {
				tap.Sent(sent[:half], at)
				tap.Sent(sent[half:], at)
				dst = tap.Answered(dst[:0], answered[:3], at)
				dst = tap.Answered(dst, answered[3:], at)
				tap.Delivered(len(dst), at)
			}); n > 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}
