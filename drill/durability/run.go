package durability

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/lab/powercut"
	"github.com/aafailover/aafailover/lab/process"
)

// ErrUnsupported is in the error of a row that this machine cannot measure.
var ErrUnsupported = errors.New("not possible on this machine")

// Config says what is measured, and on what.
type Config struct {
	Binary process.Binary
	// Upgrade is what an upgrade leads to; the zero Binary: to the same program.
	Upgrade process.Binary
	// Program is what witnesses fsyncs for power cuts: this program, which must take
	// the command powercut.Command.
	Program string
	Cases   []Case
	// Rate is the writes a second that the application of each row attempts.
	Rate float64
	// WritesFor is how long it writes before the crash.
	WritesFor time.Duration
	// Repeat is how often each case is measured; the row shows the worst. The crashes
	// are spread over a second, since that is the rhythm of what servers do on disk.
	// 0: once.
	Repeat int
	// AtOnce is how many cases are measured at a time. Only with 1 do their latencies
	// not disturb each other. 0: 1.
	AtOnce int
	// Folder is where the servers have theirs; "" is that of the system.
	Folder string

	// Begun and Ended, unless they are nil, are told of each case that begins and of
	// each row that is there, one call at a time.
	Begun func(Case)
	Ended func(Row)
	// Log, unless it is nil, is told in the same way what was found of programs that were killed, one line each.
	Log func(string)
}

// Bounds of a configuration.
const (
	MinRate      = 10
	MaxRate      = 100_000
	MinWritesFor = 300 * time.Millisecond
	MaxWritesFor = 10 * time.Minute
	MaxRepeat    = 1000
	MaxAtOnce    = 16
)

// Check says what of a configuration makes no sense.
func (c Config) Check() error {
	var errs []error
	if !(c.Rate >= MinRate && c.Rate <= MaxRate) { // also when it is not a number
		errs = append(errs, fmt.Errorf("rate %g: must be %d to %d", c.Rate, MinRate, MaxRate))
	}
	if c.WritesFor < MinWritesFor || c.WritesFor > MaxWritesFor {
		errs = append(errs, fmt.Errorf("writes-for %v: must be %v to %v", c.WritesFor, MinWritesFor, MaxWritesFor))
	}
	if c.Repeat < 0 || c.Repeat > MaxRepeat {
		errs = append(errs, fmt.Errorf("repeat %d: must be 1 to %d", c.Repeat, MaxRepeat))
	}
	if c.AtOnce < 0 || c.AtOnce > MaxAtOnce {
		errs = append(errs, fmt.Errorf("at-once %d: must be 1 to %d", c.AtOnce, MaxAtOnce))
	}
	return errors.Join(errs...)
}

// patience is how long a row may take on top of its writing: starting servers,
// loading what they kept, and waiting for a machine that does other things.
const patience = 90 * time.Second

// Run measures the cases of a configuration that was checked and returns their
// rows, in the order of the cases. Where ctx ends first, the rows that are there by
// then. Nothing that it started is left when it returns.
func Run(ctx context.Context, c Config) []Row {
	c.Repeat, c.AtOnce = max(c.Repeat, 1), max(c.AtOnce, 1)
	if c.Upgrade == (process.Binary{}) {
		c.Upgrade = c.Binary
	}
	m := &matrix{Config: c, rows: make([]*Row, len(c.Cases))}
	if c.Log != nil {
		m.Log = func(line string) { m.tell(func() { c.Log(line) }) }
	}
	if slices.ContainsFunc(c.Cases, Case.witnessed) {
		m.noPowerCut = m.powerCuts(ctx)
	}
	var all sync.WaitGroup
	places := make(chan struct{}, c.AtOnce)
	for i := range c.Cases {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { <-places }()
			m.measure(ctx, i)
		})
	}
	all.Wait()
	var rows []Row
	for _, row := range m.rows {
		if row != nil {
			rows = append(rows, *row)
		}
	}
	return rows
}

// powerCuts returns why no power can be cut on this machine; nil when it can, or when there is no folder to try it in, which
// every row will say of its own. It is tried in the folder of a group, which the next group removes when this program is
// killed meanwhile.
func (c Config) powerCuts(ctx context.Context) error {
	group, err := process.NewGroup(ctx, c.Binary, process.Options{Dir: c.Folder, Log: c.Log})
	if err != nil {
		return nil
	}
	defer group.Close() //nolint:errcheck // what cannot be removed is left to the group of the first row
	return powercut.Supported(ctx, c.Program, group.Folder())
}

// matrix is a run.
type matrix struct {
	Config
	noPowerCut error // why there can be none; nil: there can

	mu   sync.Mutex
	rows []*Row // by the place of their case; nil: not there yet
}

// measure makes the row of a case, unless ctx ends first.
func (m *matrix) measure(ctx context.Context, i int) {
	of := m.Cases[i]
	m.tell(func() {
		if m.Begun != nil {
			m.Begun(of)
		}
	})
	row := of.row(m.Rate)
	if of.witnessed() && m.noPowerCut != nil {
		row.Unmeasured = fmt.Errorf("%w: %w", ErrUnsupported, m.noPowerCut)
	} else {
		repeats := make([]Row, m.Repeat)
		for k := range repeats {
			repeats[k] = m.once(ctx, of, time.Second*time.Duration(k)/time.Duration(m.Repeat))
			if ctx.Err() != nil {
				return // what ended early shows nothing
			}
		}
		row = worstOf(repeats)
	}
	m.tell(func() {
		m.rows[i] = &row
		if m.Ended != nil {
			m.Ended(row)
		}
	})
}

func (m *matrix) tell(what func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	what()
}

// once measures a case one time.
func (m *matrix) once(ctx context.Context, of Case, delay time.Duration) (row Row) {
	row = of.row(m.Rate)
	row.Notes = slices.Clone(row.Notes) // each measurement adds its own
	ctx, cancel := context.WithTimeoutCause(ctx, m.WritesFor+patience, fmt.Errorf("it took longer than %v", m.WritesFor+patience))
	defer cancel()
	b, err := newBench(ctx, &m.Config, of, &row)
	if err != nil {
		row.Unmeasured = err
		return row
	}
	b.delay = delay
	err = of.play(ctx, b)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	cancel() // of whatever is still under way
	if err == nil {
		err = b.app.unheard()
	}
	row.Unmeasured = errors.Join(err, b.close())
	return row
}
