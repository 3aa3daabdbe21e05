package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
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

// onChange runs the user's command at each change of the verdict, and at news of an incident of the canary, never twice at
// once. What comes while the command is busy waits, and something newer of the same takes its place: a change that of another
// change, news those of the same incident. What is told last is always how things are.
//
//	OnEvent(verdict) ─┐
//	OnSnapshot ───────┴─> waiting (one) ──────────────┬─> run, its own goroutine ─> command, the facts on its standard input
//	canary ─────────────> news (one of each incident) ┘
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
	news    []*change // of incidents, no more than the canary keeps
	skipped int       // changes that were replaced by the one that waits
	ended   bool
}

// change is one change of the verdict, or news of an incident.
type change struct {
	was      probe.Verdict
	snap     *probe.Snapshot
	incident *canary.Incident // that there is news of; nil: it is one of the verdict
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
	if o.waiting == nil {
		o.waiting = &change{was: o.was, snap: s}
	} else {
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
	o.news = slices.DeleteFunc(o.news, func(c *change) bool { return c.incident.Number == i.Number })
	if len(o.news) == canary.MaxIncidents {
		o.news = slices.Delete(o.news, 0, 1)
	}
	o.news = append(o.news, &change{was: s.Verdict, snap: s, incident: &i})
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
		c, news, skipped, ended := o.waiting, o.news, o.skipped, o.ended
		o.waiting, o.news, o.skipped = nil, nil, 0
		o.mu.Unlock()
		if c != nil {
			o.tell(ctx, c, skipped)
		}
		for _, c := range news {
			o.tell(ctx, c, 0)
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
