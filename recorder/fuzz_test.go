package recorder_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/recorder"
)

// FuzzConn has a service and a region send anything, in pieces of any size. What goes out is what came in, what is entered does not
// depend on the pieces, and every command ends once.
func FuzzConn(f *testing.F) {
	for _, test := range conversations {
		var sent, answered string
		for _, s := range test.steps {
			if s.sent {
				sent += s.bytes
			} else {
				answered += s.bytes
			}
		}
		f.Add([]byte(sent), []byte(answered))
	}
	for _, test := range rewritings {
		f.Add([]byte(req(strings.Fields(test.words)...).bytes), []byte(test.reply))
	}
	f.Fuzz(func(t *testing.T, sent, answered []byte) {
		if len(sent)+len(answered) > 1<<16 {
			return
		}
		random := rand.New(rand.NewPCG(uint64(len(sent)), uint64(len(answered)))) //nolint:gosec // what is repeatable is not to be secret
		whole, out := talk(t, sent, answered, func() int { return math.MaxInt })
		if !bytes.Equal(out, answered) {
			t.Fatalf("%q went out as %q", answered, out)
		}
		pieces, out := talk(t, sent, answered, func() int { return 1 + random.IntN(9) })
		if !bytes.Equal(out, answered) {
			t.Fatalf("%q went out as %q", answered, out)
		}
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Fatalf("%q, %q: pieces make a difference:\n%s", sent, answered, diff)
		}
	})
}

// talk has both sides send what they have to say, in pieces, and returns what was entered and what went out.
func talk(t *testing.T, sent, answered []byte, size func() int) (lines []string, out []byte) {
	rec, _ := newRecorder(t, recorder.Region{})
	e := &entries{t: t}
	tap := rec.Conn(0, node, e)
	for _, s := range []step{{sent: true, bytes: string(sent)}, {bytes: string(answered)}} {
		for b := s.bytes; len(b) > 0; {
			n := min(size(), len(b))
			out = append(out, converse(tap, []step{{sent: s.sent, bytes: b[:n]}}, n)...)
			b = b[n:]
		}
	}
	out = append(out, finish(tap)...)
	if left := e.unfinished(); len(left) > 0 || rec.Lent() != 0 {
		t.Fatalf("%q, %q: unfinished %q, %d bytes lent", sent, answered, left, rec.Lent())
	}
	return e.lines(), out
}

// FuzzRewriting has a region answer anything to what is rewritten: what goes out is RESP where that was.
func FuzzRewriting(f *testing.F) {
	for _, test := range rewritings {
		f.Add(test.words, []byte(test.reply))
	}
	f.Fuzz(func(t *testing.T, words string, reply []byte) {
		command := strings.Fields(words)
		if len(command) == 0 {
			return
		}
		rec, _ := newRecorder(t, recorder.Region{Address: fronts})
		e := &entries{t: t}
		tap := rec.Conn(0, node, e)
		out := converse(tap, []step{req(command...), answers(string(reply))}, 5) + finish(tap)
		if rec.Rewriting() == (recorder.Rewriting{}) && out != string(reply) {
			t.Fatalf("%q went out as %q", reply, out)
		}
		before, after := resp.NewReader(bytes.NewReader(reply)), resp.NewReader(strings.NewReader(out))
		for {
			a, errA := before.ReadValue()
			b, errB := after.ReadValue()
			if (errA == nil) != (errB == nil) || a.Kind != b.Kind && a.Kind != resp.Array && !a.IsNull() || len(a.Elems) != len(b.Elems) {
				t.Fatalf("%q went out as %q: %v, %v and %v, %v", reply, out, a, errA, b, errB)
			}
			if errA != nil {
				return
			}
		}
	})
}

// FuzzRequests compares what is entered with what a Reader reads.
func FuzzRequests(f *testing.F) {
	for _, test := range conversations {
		for _, s := range test.steps {
			if s.sent {
				f.Add([]byte(s.bytes))
			}
		}
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		if bytes.ContainsAny(sent, "\"'\v\f\x00") || bytes.Count(sent, []byte("\r")) != bytes.Count(sent, []byte("\r\n")) || len(sent) > 1<<16 {
			return // a Reader makes no more than letters of these in inline commands
		}
		rec, _ := newRecorder(t, recorder.Region{})
		e := &entries{t: t}
		converse(rec.Conn(0, node, e), []step{sends(string(sent))}, math.MaxInt)
		r := resp.NewReader(bytes.NewReader(sent))
		for i := 0; ; i++ {
			args, err := r.ReadCommand()
			var wrong *resp.ProtocolError
			switch {
			case errors.As(err, &wrong):
				return // one that a Scanner may still wait for
			case err != nil:
				if i < len(e.operations) {
					t.Fatalf("%q: %d commands, where a Reader reads %d: %v", sent, len(e.operations), i, err)
				}
				return
			case i == len(e.operations) && e.lost:
				return // silence in a transaction, replication
			case i >= len(e.operations):
				t.Fatalf("%q: %d commands, where a Reader reads %q", sent, i, args)
			}
			if got, want := e.operations[i].words, string(bytes.Join(args, []byte(" "))); got != want && !strings.Contains(got, "hidden") && len(want) < 4000 {
				t.Fatalf("%q: entered %q, read %q", sent, got, want)
			}
		}
	})
}

// FuzzReplies compares what is entered with what a Reader reads.
func FuzzReplies(f *testing.F) {
	for _, test := range conversations {
		for _, s := range test.steps {
			if !s.sent {
				f.Add([]byte(s.bytes))
			}
		}
	}
	const most = 100
	asked := []byte(strings.Repeat(req("GET", "k").bytes, most))
	f.Fuzz(func(t *testing.T, answered []byte) {
		if len(answered) > 1<<16 || bytes.Contains(answered, []byte("QUEUED")) || bytes.Contains(answered, []byte("=")) {
			return // of verbatim strings a Reader leaves out the format
		}
		rec, _ := newRecorder(t, recorder.Region{})
		e := &entries{t: t}
		tap := rec.Conn(0, node, e)
		converse(tap, []step{sends(string(asked)), answers(string(answered))}, 11)
		r := resp.NewReader(bytes.NewReader(answered))
		for i := 0; i < most; {
			v, err := r.ReadValue()
			if err != nil {
				return
			}
			if v.Kind == resp.Push {
				continue
			}
			want := commands.ReplyOf(v)
			for j := range want.Elements {
				want.Elements[j].Elements = nil
			}
			if got := e.operations[i]; got.reply != text(want) || !got.answered {
				t.Fatalf("%q: reply %d entered as %q, read %q", answered, i, got.reply, text(want))
			}
			i++
		}
	})
}
