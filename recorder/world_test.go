package recorder_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// entries is what a test finds of a connection: one line for each command, "SET k v = OK", as it ended.
type entries struct {
	t           testing.TB
	operations  []operation
	notRecorded int
	lost        bool
	ended       bool
}

type operation struct {
	words    string
	reply    string
	answered bool
	over     string
	sent, at drill.Moment
}

func (e *entries) Reached(drill.Moment) {}

func (e *entries) Begin(_ commands.Command, args []commands.Argument, at drill.Moment) recorder.Operation {
	var words []string
	for _, a := range args {
		words = append(words, argument(a))
	}
	e.operations = append(e.operations, operation{words: strings.Join(words, " "), sent: at})
	return recorder.Operation(len(e.operations) - 1)
}

func argument(a commands.Argument) string {
	switch {
	case a.Whole():
		return string(a.Text)
	case len(a.Text) == 0:
		return fmt.Sprintf("<%d hidden, %x>", a.Length, a.Digest)
	}
	return fmt.Sprintf("<%.3s… of %d, %d kept, %x>", a.Text, a.Length, len(a.Text), a.Digest)
}

func (e *entries) operation(o recorder.Operation, over bool) *operation {
	op := &e.operations[o]
	if op.over != "" || op.answered && !over {
		e.t.Errorf("%s = %s was over: %s", op.words, op.reply, op.over)
	}
	return op
}

func (e *entries) Answered(o recorder.Operation, r commands.Reply, _ drill.Moment) {
	op := e.operation(o, false)
	op.reply, op.answered = text(r), true
}

func (e *entries) Refused(o recorder.Operation, _ drill.Moment) {
	op := e.operation(o, false)
	op.reply, op.answered = "refused", true
}

func (e *entries) Delivered(o recorder.Operation, at drill.Moment) {
	op := e.operation(o, true)
	if op.over, op.at = "delivered", at; !op.answered {
		e.t.Errorf("%s was delivered, and not answered", op.words)
	}
}

func (e *entries) Abandoned(o recorder.Operation, at drill.Moment) {
	op := e.operation(o, true)
	op.over, op.at = "abandoned", at
}

func (e *entries) NotRecorded()                  { e.notRecorded++ }
func (e *entries) NotUnderstood(bool)            { e.lost = true }
func (e *entries) Ended(proxy.End, drill.Moment) { e.ended = true }

// text is a reply in one line.
func text(r commands.Reply) string {
	var b strings.Builder
	switch r.Kind {
	case resp.Integer, resp.Bool:
		fmt.Fprint(&b, r.Int)
	case resp.Null:
		b.WriteString("null")
	case resp.Array, resp.Map, resp.Set, resp.Push:
		b.WriteString("[")
		for i, e := range r.Elements {
			b.WriteString(strings.Repeat(" ", min(i, 1)) + text(e))
		}
		if r.Truncated {
			b.WriteString("…")
		}
		b.WriteString("]")
	case resp.Error, resp.BulkError:
		b.WriteString("-" + string(r.Text))
	default:
		b.Write(r.Text)
		if len(r.Text) < r.Length {
			fmt.Fprintf(&b, "… of %d, %x", r.Length, r.Digest)
		}
	}
	return b.String()
}

// lines are the operations, in the order in which they began.
func (e *entries) lines() []string {
	var lines []string
	for _, op := range e.operations {
		line := op.words + " = " + op.reply
		if op.over == "abandoned" {
			line += " (abandoned)"
		}
		lines = append(lines, line)
	}
	if e.lost {
		lines = append(lines, "not understood")
	}
	return lines
}

// unfinished are those that never ended.
func (e *entries) unfinished() []string {
	var words []string
	for _, op := range e.operations {
		if op.over == "" {
			words = append(words, op.words)
		}
	}
	return words
}

// newRecorder returns a Recorder of one region, whose nodes are behind fronts as address says.
func newRecorder(t testing.TB, region recorder.Region) (*recorder.Recorder, *recorder.Log) {
	t.Helper()
	log, err := recorder.NewLog(recorder.LogOptions{Regions: 1, Start: time.Now(), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return recorder.New(recorder.Options{Log: log, Regions: []recorder.Region{region}}), log
}

// step is bytes of one of the two sides.
type step struct {
	sent  bool // by the service
	bytes string
}

// req is a request as clients send it.
func req(words ...string) step {
	return step{sent: true, bytes: string(resp.AppendCommand(nil, words...))}
}

// sends are bytes of the service, and answers such of the region.
func sends(bytes string) step   { return step{sent: true, bytes: bytes} }
func answers(bytes string) step { return step{bytes: bytes} }

// converse plays steps to a Tap, each in pieces of at most size bytes, delivers what goes out at once, and returns it.
func converse(tap proxy.Tap, steps []step, size int) string {
	var out []byte
	var now time.Time
	for _, s := range steps {
		for piece := range slices.Chunk([]byte(s.bytes), size) {
			now = now.Add(time.Millisecond)
			if s.sent {
				tap.Sent(piece, now)
				clear(piece)
				continue
			}
			before := len(out)
			out = tap.Answered(out, piece, now)
			clear(piece)
			tap.Delivered(len(out)-before, now)
		}
	}
	return string(out)
}

// finish ends a connection as the service does.
func finish(tap proxy.Tap) string {
	out := tap.Answered(nil, nil, time.Time{})
	tap.Ended(proxy.End{By: proxy.ByApplication}, time.Time{})
	return string(out)
}
