package cmd

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/atonce"
	"github.com/aafailover/aafailover/internal/hint"
)

// mannersFlags say how the application of a drill writes, and whether the run is written down as a history.
type mannersFlags struct {
	arrival, fencing, backoff string
	idempotent                bool
	history                   string
}

// add adds the flags, those that are plain parts of a drill straight to it.
func (f *mannersFlags) add(flags *pflag.FlagSet, d *drill.Config) {
	m := &d.Manners
	flags.StringVar(&f.arrival, "arrival", string(drill.Poisson),
		fmt.Sprintf("how requests come: %s (at random, as from many users) or %s", drill.Poisson, drill.Constant))
	flags.IntVar(&m.Pipeline, "pipeline", 1, "how many writes that are due at once may be sent together")
	flags.IntVar(&m.Keys, "keys", 0, "the most keys that the application writes (0: as many as come)")
	flags.IntVar(&m.Retry.Limit, "retries", 0, "how often the application tries again what was not acknowledged")
	flags.StringVar(&f.backoff, "backoff", "10ms..1s", "pause before a retry, given as `MIN..MAX`: it doubles from one to the next, and a random part is left out")
	flags.BoolVar(&f.idempotent, "idempotent", true, "a retry writes the same key again; false: another one, so that the write may be there twice")
	flags.StringVar(&f.fencing, "fencing", string(drill.NoFencing),
		fmt.Sprintf("how a retry finds out whether an earlier attempt was applied: %s, %s (SET NX) or %s (WATCH, MULTI, EXEC)", drill.NoFencing, drill.FencingNX, drill.FencingWatch))
	flags.IntVar(&m.Replicas, "wait", 0, "replicas that must confirm a write before the application goes on (WAIT; 0: it does not ask)")
	flags.DurationVar(&m.ReplicaWait, "wait-timeout", 100*time.Millisecond, "how long the application waits for the replicas of --wait")
	flags.Float64Var(&m.ReadOwn, "read-own-writes", 0, "share of the writes, 0 to 1, before which the application looks for its own latest one")
	flags.StringVar(&f.history, "history", "", "write the run to a `FILE` (.edn or .ndjson) as operations that Jepsen's checker takes")
}

// complete puts what was given into the drill.
func (f *mannersFlags) complete(d *drill.Config) []error {
	var errs []error
	m := &d.Manners
	m.Arrival, m.Fencing, m.Retry.Fresh = drill.Arrival(f.arrival), drill.Fencing(f.fencing), !f.idempotent
	least, most, err := parseBackoff(f.backoff)
	m.Retry.Least, m.Retry.Most = least, most
	if f.history != "" {
		var unknown error
		d.HistoryFormat, unknown = drill.HistoryFormatOf(f.history)
		err = errors.Join(err, unknown)
	}
	if err != nil {
		errs = append(errs, err)
	}
	if m.Replicas == 0 {
		m.ReplicaWait = 0
	}
	return errs
}

// parseBackoff reads MIN..MAX.
func parseBackoff(text string) (least, most time.Duration, err error) {
	low, high, ok := strings.Cut(text, "..")
	if ok {
		least, err = time.ParseDuration(low)
	}
	if ok && err == nil {
		most, err = time.ParseDuration(high)
	}
	if !ok || err != nil {
		return 0, 0, hint.Wrap(fmt.Errorf("backoff %q is not a shortest and a longest pause", text), "write it as 10ms..1s")
	}
	return least, most, nil
}

// open creates the file of the history, if there is to be one. What it returns closes it, and tells what could not be written.
func (f *mannersFlags) open(d *drill.Config) (done func() error, err error) {
	if f.history == "" {
		return func() error { return nil }, nil
	}
	file, err := atonce.Create(f.history)
	if err != nil {
		return nil, fmt.Errorf("write the history: %w", err)
	}
	d.History = file
	return func() error {
		if err := file.Close(); err != nil {
			return fmt.Errorf("write the history: %w", err)
		}
		return nil
	}, nil
}
