package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/aafailover/aafailover/internal/command"
	"github.com/aafailover/aafailover/internal/filelock"
)

// mostReported bounds what is reported of a command's output, in bytes.
const mostReported = 2 << 10

// longestPause bounds the pause between two attempts to undo.
const longestPause = 30 * time.Second

// ErrNotUndone is in the error of Watch when it gave up: a fault may be in force.
var ErrNotUndone = errors.New("a fault of a drill could not be undone")

// Watch is the watchdog's side: it takes orders from in until they end, runs their commands one at a time and replies on out.
// When the orders end while something is to be undone, it undoes that, and says so on said. It is the whole of a process, and
// takes the signals that would end it. The error is ErrNotUndone.
func Watch(in io.Reader, out, said io.Writer) error {
	defer withstand()()
	orders := make(chan order)
	go func() {
		defer close(orders)
		decode := json.NewDecoder(bufio.NewReader(in))
		for {
			var o order
			if decode.Decode(&o) != nil {
				return // the end of the drill, or nothing that it says can be relied on
			}
			orders <- o
		}
	}()
	g := &guard{orders: orders, out: json.NewEncoder(out), said: said, rules: rules{Attempts: 1}}
	defer g.close()
	for o, ok := g.next(); ok; o, ok = g.next() {
		g.obey(o)
	}
	return g.abandoned()
}

// maxWaiting bounds the orders that wait. A drill gives the next one when it has a reply, or has given up waiting for it.
const maxWaiting = 64

// standing is an undo that is to be run before the end.
type standing struct {
	number int // of the order that made the fault
	task   Task
}

// guard is the state of Watch.
type guard struct {
	orders <-chan order
	out    *json.Encoder
	said   io.Writer
	rules  rules
	log    *os.File // nil: none
	undos  []standing

	waiting []order // that came while a command ran, in their order
	ended   bool    // there are no more orders
}

// next returns the next order. When the drill has ended, what it still wanted is none: a fault must not be made any more, and
// what is in force is undone anyway.
func (g *guard) next() (o order, ok bool) {
	switch {
	case g.ended:
		return order{}, false
	case len(g.waiting) > 0:
		o, g.waiting = g.waiting[0], g.waiting[1:]
		return o, true
	}
	o, ok = <-g.orders
	g.ended = !ok
	return o, ok
}

func (g *guard) obey(o order) {
	r := reply{Number: o.Number}
	var err error
	switch {
	case o.Do == doGuard && o.Rules != nil:
		err = g.begin(*o.Rules)
	case o.Do == doFault && o.Task != nil && o.Undo != nil:
		g.undos = append(g.undos, standing{o.Number, *o.Undo}) // before it is made
		r.Output, err = g.run("inject", o.Number, *o.Task, true)
	case o.Do == doUndo && o.Task != nil:
		if r.Output, err = g.run("heal", o.Number, *o.Task, false); err == nil {
			g.drop(o.Of)
		}
	case o.Do == doStop:
		return // it was for something that has ended
	default:
		err = fmt.Errorf("unknown order %q", o.Do)
	}
	g.reply(r, err)
}

// reply tells what became of an order.
func (g *guard) reply(r reply, err error) {
	if err != nil {
		r.Error = err.Error()
	}
	_ = g.out.Encode(r) // whoever does not read it any more is at its end, which comes next
}

// meanwhile takes an order that comes while that of a number is carried out. It tells whether that is to be stopped: a command
// that was killed can take its time to end, and an order that comes then has its turn afterwards.
func (g *guard) meanwhile(o order, running int) (stop bool) {
	switch {
	case o.Do == doStop && o.Number == running:
		return true
	case o.Do == doStop:
		g.waiting = slices.DeleteFunc(g.waiting, func(w order) bool {
			if w.Number == o.Number {
				g.reply(reply{Number: w.Number}, errCalledOff)
			}
			return w.Number == o.Number
		})
	case len(g.waiting) >= maxWaiting:
		g.reply(reply{Number: o.Number}, errTooMany)
	default:
		g.waiting = append(g.waiting, o)
	}
	return false
}

var (
	errCalledOff = errors.New("called off before it began")
	errTooMany   = fmt.Errorf("more than %d orders wait for a command to end", maxWaiting)
)

func (g *guard) begin(r rules) error {
	g.rules = r
	if r.Log != "" {
		log, err := os.OpenFile(r.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if free, err := filelock.Try(log); err != nil || !free {
			return errors.Join(err, log.Close(), fmt.Errorf("another watchdog has the log %s", r.Log))
		}
		g.close()
		g.log = log
	}
	g.note("watching run %s", r.Run)
	return nil
}

func (g *guard) drop(numbers []int) {
	var kept []standing
	for _, u := range g.undos {
		gone := false
		for _, number := range numbers {
			gone = gone || u.number == number
		}
		if !gone {
			kept = append(kept, u)
		}
	}
	g.undos = kept
}

// run runs a command, that of an order, until it ends, the drill wants it stopped, or, if it is one that must not outlive the
// drill, the orders end.
func (g *guard) run(what string, number int, t Task, mortal bool) (output string, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g.note("%s: begins", what)
	began := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var out []byte
		out, err = command.Command{Line: t.Line, Env: t.Env, Limit: t.Limit}.Run(ctx)
		output = string(out[:min(len(out), mostReported)])
	}()
	orders := g.orders
	if g.ended {
		orders = nil // of which the end was seen
	}
	for {
		select {
		case o, ok := <-orders:
			switch {
			case ok:
				if g.meanwhile(o, number) {
					cancel()
				}
				continue
			case mortal:
				g.note("%s: the drill has ended, so it is killed", what)
				cancel()
			}
			orders, g.ended = nil, true
		case <-done:
			took := time.Since(began).Round(time.Millisecond)
			if err != nil {
				g.note("%s: failed after %v: %v", what, took, err)
			} else {
				g.note("%s: done in %v", what, took)
			}
			return output, err
		}
	}
}

// abandoned undoes what the drill has left in force, the last thing first, each until it succeeds or all attempts are used up.
func (g *guard) abandoned() error {
	if len(g.undos) == 0 {
		g.note("run %s has ended, and "+saidNothing, g.rules.Run)
		return nil
	}
	g.tell("drill %s ended before it had healed what it made: healing that now", g.rules.Run)
	pause := g.rules.Pause
	for attempt := 1; ; attempt++ {
		var failed error
		for i := len(g.undos) - 1; i >= 0; i-- {
			u := g.undos[i]
			if _, err := g.run("heal", u.number, u.task, false); err != nil {
				failed = err
				continue
			}
			g.drop([]int{u.number})
		}
		switch {
		case failed == nil:
			g.tell("drill %s: "+saidHealed, g.rules.Run)
			return nil
		case attempt >= g.rules.Attempts:
			g.tell("drill %s: could not be healed in %d attempts: %v. It is up to you: run the heal command by hand", g.rules.Run, attempt, failed)
			return fmt.Errorf("%w: %w", ErrNotUndone, failed)
		}
		time.Sleep(pause)
		pause = min(2*pause, longestPause)
	}
}

// tell says something to whoever may be there to read it.
func (g *guard) tell(format string, args ...any) {
	g.note(format, args...)
	_, _ = fmt.Fprintf(g.said, "aafailover: watchdog: "+format+"\n", args...)
}

// note writes a line to the log. There is nobody to tell that it could not be written.
func (g *guard) note(format string, args ...any) {
	if g.log != nil {
		_, _ = fmt.Fprintf(g.log, time.Now().UTC().Format(time.RFC3339Nano)+" "+format+"\n", args...)
	}
}

func (g *guard) close() {
	if g.log != nil {
		_ = g.log.Close()
	}
}
