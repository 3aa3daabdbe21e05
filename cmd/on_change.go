package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/internal/command"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// onChangeLimit is how long the command of --on-change may take: it is to tell somebody, not to mend anything.
const onChangeLimit = 30 * time.Second

// onChange runs the user's command at each change of the verdict, and at news of an incident of the canary, never twice at once. A change that comes while the command
// is busy waits, and a newer one takes its place: what is told last is always how things are.
//
//	OnEvent(verdict) ─┐
//	OnSnapshot ───────┴─> waiting (one) ─> run, its own goroutine ─> command, the facts on its standard input
type onChange struct {
	line     string
	kind     report.Deployment
	insecure []string // regions whose certificates are not checked
	stderr   io.Writer
	wake     chan struct{} // holds a token when something waits
	done     chan struct{} // closed when run has ended

	// Only the probe's goroutine uses these.
	was     probe.Verdict   // the verdict before the event that waits for its snapshot
	changed bool            // an event came, its snapshot did not yet
	latest  *probe.Snapshot // that came

	mu      sync.Mutex
	waiting *change
	skipped int // changes that were replaced by the one that waits
	ended   bool
}

// change is one change of the verdict, or news of an incident, or both.
type change struct {
	was      probe.Verdict
	snap     *probe.Snapshot
	verdict  bool             // it is one of the verdict
	incident *canary.Incident // that there is news of; nil: none
}

// newOnChange starts the goroutine that runs the command; end ends it.
func newOnChange(ctx context.Context, line string, kind report.Deployment, insecure []string, stderr io.Writer) *onChange {
	o := &onChange{line: line, kind: kind, insecure: insecure, stderr: stderr, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		defer close(o.done)
		o.run(ctx)
	}()
	return o
}

// checkOnChange says what is wrong with the command line.
func checkOnChange(line string, given bool) error {
	if given && len(bytes.TrimSpace([]byte(line))) == 0 {
		return hint.Wrap(errors.New("on-change: the command is empty"), "give a command line, such as --on-change 'cat >>changes.json'")
	}
	return nil
}

// event takes notice that the verdict has changed.
func (o *onChange) event(e probe.Event) {
	if e.Kind == probe.EventVerdict {
		if !o.changed {
			o.was = probe.Verdict(e.Was)
		}
		o.changed = true // the snapshot that it comes from follows
	}
}

// snapshot queues the change that was told, with all that is known. It never waits for the command.
func (o *onChange) snapshot(s *probe.Snapshot) {
	o.latest = s
	if !o.changed {
		return
	}
	o.changed = false
	o.mu.Lock()
	switch {
	case o.waiting == nil:
		o.waiting = &change{was: o.was, snap: s, verdict: true}
	case !o.waiting.verdict:
		o.waiting.was, o.waiting.snap, o.waiting.verdict = o.was, s, true
	default:
		o.waiting.snap = s
		o.skipped++
	}
	o.mu.Unlock()
	o.signal()
}

// incident queues news of an incident of the canary, with all that is known besides. It never waits for the command, and may
// be called by another goroutine than the probe's.
func (o *onChange) incident(s *probe.Snapshot, i canary.Incident) {
	o.mu.Lock()
	if o.waiting == nil {
		o.waiting = &change{was: s.Verdict, snap: s}
	}
	o.waiting.incident = &i
	o.mu.Unlock()
	o.signal()
}

func (o *onChange) signal() {
	select {
	case o.wake <- struct{}{}:
	default: // run has not looked since the last time
	}
}

// end waits until the last change has been told: what the end of a run brings out has no snapshot after it.
func (o *onChange) end() {
	if o.latest != nil {
		o.snapshot(o.latest)
	}
	o.mu.Lock()
	o.ended = true
	o.mu.Unlock()
	o.signal()
	<-o.done
}

// run tells one change after the other until end.
func (o *onChange) run(ctx context.Context) {
	// An interrupted probe still tells what it found last.
	ctx = context.WithoutCancel(ctx)
	for range o.wake {
		o.mu.Lock()
		c, skipped, ended := o.waiting, o.skipped, o.ended
		o.waiting, o.skipped = nil, 0
		o.mu.Unlock()
		if c != nil {
			o.tell(ctx, c, skipped)
		}
		if ended {
			return
		}
	}
}

// tell runs the command. What it prints is the user's business, and goes to stderr: stdout is for results.
func (o *onChange) tell(ctx context.Context, c *change, skipped int) {
	var facts bytes.Buffer
	document := report.NewChangeDocument(o.kind, o.insecure, c.was, skipped, c.snap)
	if c.incident != nil {
		document.About(*c.incident)
	}
	if err := report.WriteLine(&facts, document); err != nil {
		complain(o.stderr, err, "")
		return
	}
	out, err := command.Command{Line: o.line, Stdin: facts.Bytes(), Limit: onChangeLimit}.Run(ctx)
	_, _ = o.stderr.Write(out)
	if err != nil {
		complain(o.stderr, hint.Wrap(fmt.Errorf("on-change: told of %s: %w", c.snap.Verdict, err),
			"the command gets the facts as JSON on its standard input, and has "+onChangeLimit.String()), "")
	}
}
