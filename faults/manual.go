package faults

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// DefaultWithin is what Manual.Within means when it is zero.
const DefaultWithin = 5 * time.Minute

// Manual lets the operator make the faults. It says what is to be done and returns when the operator said that it is, or when
// it was seen, whichever is first:
//
//	Do ──> "make us unreachable, then press Enter" ──┬── a line from Lines ──┐
//	                                                 └── Seen ───────────────┴──> in force
//
// The fault then came into force at some time between the begin and the end of Do, and nothing can tell better.
type Manual struct {
	// Say is where the operator reads, one line at a time.
	Say io.Writer
	// Lines are what the operator enters: see Lines. Nil, or closed: nobody is at the keyboard, and only Seen counts.
	Lines <-chan string
	// Seen returns true when an action has become visible, and false when ctx ended first; nil: nobody looks. See Sight.
	Seen func(ctx context.Context, a drill.Action) bool
	// Holds tells whether things look as after an action; nil: nobody looks. See Sight.
	Holds func(a drill.Action) bool
	// Within is how long the operator has for each action; 0: DefaultWithin.
	Within time.Duration

	done    []drill.Action // that may be in force, in their order
	pending bool           // nobody said, nor saw, that the last of them is made
	blind   bool           // nor could anybody see that it is not: before it was asked for things did not look as after its undo either
}

var _ drill.Fault = (*Manual)(nil)

// ErrNobody is in the error of an action that no operator made in time.
var ErrNobody = errors.New("nobody did it")

// maxLines bounds the lines that are kept for whoever takes them.
const maxLines = 64

// Lines returns the lines of a reader, which nobody needs to take: of more than maxLines that nobody took, the later ones are
// dropped. All that were entered are in the channel, so that whoever empties it forgets them all. It is closed at the reader's
// end. Its goroutine ends then, or with the process: a read from a terminal cannot be called off.
func Lines(r io.Reader) <-chan string {
	lines := make(chan string, maxLines)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(r); scan.Scan(); {
			select {
			case lines <- scan.Text():
			default:
			}
		}
	}()
	return lines
}

// Check says when nobody could tell that a fault was made. An operator can make every scenario.
func (m *Manual) Check(s drill.Scenario) error {
	if m.Lines == nil && m.Seen == nil {
		return cannot(s, "hand", []string{"nobody is at the keyboard, and nobody looks"}, "run the drill on a terminal")
	}
	return nil
}

// Do asks for an action and waits until it was made. Errors: ErrNobody, or that of the context.
func (m *Manual) Do(ctx context.Context, a drill.Action) error {
	if !a.Kind.Undoes() {
		m.blind = m.Holds != nil && !m.Holds(undoOf(a))
		m.done, m.pending = append(m.done, a), true // before it is asked for: it may be made although the wait is called off
	}
	if err := m.ask(ctx, a, asked(a)); err != nil {
		return err
	}
	m.pending = false
	if a.Kind.Undoes() {
		m.done = slices.DeleteFunc(m.done, func(made drill.Action) bool { return undoes(a, made) })
	}
	return nil
}

// Heal asks the operator to take back what was asked for, the last thing first. What nobody made, as far as anybody can tell,
// is not waited for.
func (m *Manual) Heal(ctx context.Context) error {
	for len(m.done) > 0 {
		last := m.done[len(m.done)-1]
		if m.pending && m.Holds != nil && (m.blind || m.Holds(undoOf(last))) {
			_, _ = fmt.Fprintf(m.Say, "not seen: %v; if you made it, undo it: %s\n", last, asked(undoOf(last)))
			m.done, m.pending = m.done[:len(m.done)-1], false
			continue
		}
		if err := m.ask(ctx, undoOf(last), "undo it: "+asked(undoOf(last))); err != nil {
			return err
		}
		m.done = m.done[:len(m.done)-1]
	}
	return nil
}

// ask says what to do and waits for it.
func (m *Manual) ask(ctx context.Context, a drill.Action, what string) error {
	within := cmp.Or(m.Within, DefaultWithin)
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("%v: %w within %v", a, ErrNobody, within))
	defer cancel()
	m.forget()
	how := ", then press Enter"
	if m.Lines == nil {
		how = "; it is awaited"
	}
	_, _ = fmt.Fprintf(m.Say, "now: %s%s (within %v)\n", what, how, within)

	seen := make(chan struct{})
	var looking sync.WaitGroup
	if m.Seen != nil {
		looking.Go(func() {
			if m.Seen(ctx, a) {
				close(seen)
			}
		})
	}
	err := m.await(ctx, seen)
	cancel()
	looking.Wait()
	if err == nil {
		_, _ = fmt.Fprintf(m.Say, "noted: %v\n", a)
	}
	return err
}

// await waits for a line, or for seen.
func (m *Manual) await(ctx context.Context, seen <-chan struct{}) error {
	for {
		if m.Lines == nil && m.Seen == nil {
			return fmt.Errorf("%w: the input has ended, and nobody looks", ErrNobody)
		}
		select {
		case _, ok := <-m.Lines:
			if ok {
				return nil
			}
			m.Lines = nil // the end of the input is no word of the operator
		case <-seen:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// forget drops what was entered before it was asked for.
func (m *Manual) forget() {
	for {
		select {
		case _, ok := <-m.Lines:
			if !ok {
				m.Lines = nil
				return
			}
		default:
			return
		}
	}
}

// asked is what an operator is asked for.
func asked(a drill.Action) string {
	region := a.Region
	if a.Shard != drill.AllShards {
		region = fmt.Sprintf("shard %d of %s", a.Shard, cmp.Or(a.Region, a.From))
	}
	between := "between " + a.From + " and " + a.To
	if a.OneWay {
		between = "from " + a.From + " to " + a.To
	}
	switch a.Kind {
	case drill.Kill:
		return "make " + region + " unreachable, so that it refuses connections"
	case drill.Hang:
		return "make " + region + " hang, so that it takes connections and answers nothing"
	case drill.Start:
		switch {
		case a.Empty:
			return "bring " + region + " back without its data"
		case a.Fresh:
			return "bring " + region + " back as if it had never been written to"
		}
		return "bring " + region + " back"
	case drill.Cut:
		return "cut the replication " + between
	case drill.Stall:
		return "hold up the replication " + between + ", without closing its connections"
	case drill.Slow:
		return fmt.Sprintf("slow the replication %s down by %v", between, a.Delay)
	case drill.Mend:
		return "let the replication " + between + " go on"
	}
	return a.String()
}
