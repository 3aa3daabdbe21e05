package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/command"
)

// DefaultCommandLimit is what CommandOptions.Limit means when it is zero.
const DefaultCommandLimit = time.Minute

// CommandOptions are the user's commands and what they are told.
type CommandOptions struct {
	Inject string // the command line that makes a fault
	Heal   string // the one that undoes it; it must do no harm when there is nothing to undo
	// Limit is how long each may take; 0: DefaultCommandLimit. Then all that it started is killed.
	Limit time.Duration
	// From, To, Run and Scenario are told in the environment: the region that the application leaves, the one where it is expected
	// to go, the run's id and the scenario's name.
	From, To, Run, Scenario string
	// Tell is told what became of each command, and the beginning of what it printed, as one line of text; nil: nobody.
	Tell func(text string)
}

// Command makes faults by the user's own commands, which a Watchdog runs: it heals when the drill cannot.
//
//	Do(kill us) ──> inject      Do(start us) ──> heal      Heal ──> heal, once for each fault that is in force
//
// In the environment of both are AAFAILOVER_FROM, _TO and _RUN, and of the action AAFAILOVER_ACTION_KIND, _REGION, _FROM, _TO,
// _ONE_WAY, _SHARD, _DELAY_MS, _EMPTY, _FRESH and _SCENARIO: a heal that Heal runs is told of the action that it undoes.
type Command struct {
	options  CommandOptions
	watchdog *Watchdog
	done     []commanded // that may be in force, in their order
}

// commanded is a fault that a command made.
type commanded struct {
	action drill.Action
	number int // of the watchdog
}

var _ drill.Fault = (*Command)(nil)

// NewCommand returns the faults of commands that the watchdog runs.
func NewCommand(o CommandOptions, w *Watchdog) *Command {
	o.Limit = cmp.Or(o.Limit, DefaultCommandLimit)
	return &Command{options: o, watchdog: w}
}

// Check says when a command is missing. Whether the commands can make a scenario is the user's to know.
func (c *Command) Check(s drill.Scenario) error {
	var reasons []string
	if strings.TrimSpace(c.options.Inject) == "" {
		reasons = append(reasons, "there is no inject command")
	}
	if strings.TrimSpace(c.options.Heal) == "" {
		reasons = append(reasons, "there is no heal command")
	}
	return cannot(s, "commands", reasons, "give both --inject and --heal")
}

// Do runs the inject command, or the heal command for an action that undoes others. The error says that it failed; what the
// command made nevertheless is healed by Heal.
func (c *Command) Do(ctx context.Context, a drill.Action) error {
	if a.Kind.Undoes() {
		return c.undo(ctx, a, a, func(made commanded) bool { return undoes(a, made.action) })
	}
	number, output, err := c.watchdog.Fault(ctx, c.task(c.options.Inject, a), c.task(c.options.Heal, a))
	if number != 0 {
		c.done = append(c.done, commanded{a, number})
	}
	c.tell("inject", a, output, err)
	if err != nil {
		return fmt.Errorf("inject command: %v: %w", a, err)
	}
	return nil
}

// Heal runs the heal command for each fault that is in force, the last one first.
func (c *Command) Heal(ctx context.Context) error {
	var failed []error
	for _, last := range slices.Backward(slices.Clone(c.done)) {
		if err := c.undo(ctx, undoOf(last.action), last.action, func(made commanded) bool { return made == last }); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// undo runs the heal command, which is told of an action, and forgets what it undid. Without a watchdog the drill is the only
// one who can. Once begun it runs to its end, or to its limit, also when the drill is interrupted: half a heal, begun again at
// once, helps nobody.
func (c *Command) undo(ctx context.Context, undo, told drill.Action, undone func(commanded) bool) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("heal command: %v: %w", undo, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.options.Limit+stopPatience)
	defer cancel()
	var numbers []int
	for _, made := range c.done {
		if undone(made) {
			numbers = append(numbers, made.number)
		}
	}
	task := c.task(c.options.Heal, told)
	output, err := c.watchdog.Undo(ctx, task, numbers...)
	if errors.Is(err, ErrWatchdog) {
		var out []byte
		out, err = command.Command{Line: task.Line, Env: task.Env, Limit: task.Limit}.Run(ctx)
		output = string(out[:min(len(out), mostReported)])
	}
	c.tell("heal", undo, output, err)
	if err != nil {
		return fmt.Errorf("heal command: %v: %w", undo, err)
	}
	c.done = slices.DeleteFunc(c.done, undone)
	return nil
}

func (c *Command) task(line string, a drill.Action) Task {
	env := map[string]string{
		"FROM": c.options.From, "TO": c.options.To, "RUN": c.options.Run,
		"ACTION_SCENARIO": c.options.Scenario, "ACTION_KIND": string(a.Kind), "ACTION_REGION": a.Region, "ACTION_FROM": a.From, "ACTION_TO": a.To,
		"ACTION_ONE_WAY": strconv.FormatBool(a.OneWay), "ACTION_SHARD": strconv.Itoa(a.Shard),
		"ACTION_DELAY_MS": strconv.FormatInt(a.Delay.Milliseconds(), 10),
		"ACTION_EMPTY":    strconv.FormatBool(a.Empty), "ACTION_FRESH": strconv.FormatBool(a.Fresh),
	}
	t := Task{Line: line, Limit: c.options.Limit}
	for name, value := range env {
		t.Env = append(t.Env, "AAFAILOVER_"+name+"="+value)
	}
	slices.Sort(t.Env)
	return t
}

// tell tells what became of a command.
func (c *Command) tell(what string, a drill.Action, output string, err error) {
	if c.options.Tell == nil {
		return
	}
	text := what + " command: " + a.String() + ": "
	if err != nil {
		text += err.Error()
	} else {
		text += "done"
	}
	if words := strings.Fields(printable(output)); len(words) > 0 {
		text += ": it printed " + strconv.Quote(strings.Join(words, " "))
	}
	c.options.Tell(text)
}

// printable is a text without what a terminal would obey.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
