package drill

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Manners is how the application of a drill writes, besides how much. The zero
// value is a plain application: its requests come at random, each is one write,
// and what fails is not tried again. Whether such manners lose or double a write
// is what a drill with others shows.
type Manners struct {
	Arrival  Arrival
	Pipeline int // how many writes that are due at once may be sent together; 0: 1, each by itself
	// Keys is how many writes the application begins at the most; 0: any number. The
	// few that try whether a region takes writes, one for each slot, come on top.
	Keys    int
	Retry   Retry
	Fencing Fencing
	// Replicas is how many replicas must have a write, by WAIT, before the application
	// goes on; 0: it does not ask. WAIT does not reach across regions.
	Replicas    int
	ReplicaWait time.Duration // how long it waits for them
	ReadOwn     float64       // the share of writes before which the application looks for its own latest one; 0 to 1
}

// Bounds of the manners of an application.
const (
	MaxPipeline = 1_000
	MaxRetries  = 100
	MaxBackoff  = time.Minute
	MaxReplicas = 100
)

// check says what of the manners makes no sense, with the rest of a configuration.
func (m Manners) check(c Config) error {
	switch {
	case !m.Arrival.known():
		return fmt.Errorf("unknown arrival %q: it is %s or %s", m.Arrival, Poisson, Constant)
	case m.Pipeline < 0 || m.Pipeline > MaxPipeline:
		return fmt.Errorf("a pipeline of %d writes makes no sense: it must be 1 to %d", m.Pipeline, MaxPipeline)
	case m.Keys < 0:
		return fmt.Errorf("a limit of %d keys makes no sense: it must be 1 or more, or 0 for none", m.Keys)
	case !m.Fencing.known():
		return fmt.Errorf("unknown fencing %q: it is %s, %s or %s", m.Fencing, NoFencing, FencingNX, FencingWatch)
	case m.Fencing == FencingWatch && m.Pipeline > 1:
		return errors.New("fencing by WATCH needs an answer before each write: it cannot be combined with a pipeline")
	case m.Replicas < 0 || m.Replicas > MaxReplicas:
		return fmt.Errorf("to wait for %d replicas makes no sense: it must be 0 to %d", m.Replicas, MaxReplicas)
	case m.Replicas > 0 && (m.ReplicaWait < time.Millisecond || m.ReplicaWait >= c.WriteTimeout):
		return fmt.Errorf("to wait %v for replicas makes no sense: it must be at least 1ms, and less than the write timeout of %v", m.ReplicaWait, c.WriteTimeout)
	case !(m.ReadOwn >= 0 && m.ReadOwn <= 1): // also when it is not a number
		return fmt.Errorf("a share of %g of the writes makes no sense: it must be 0 to 1", m.ReadOwn)
	case m.Pipeline > 1 && slices.ContainsFunc(c.Stores, func(s Store) bool { _, ok := s.(Pipeline); return s != nil && !ok }):
		return errors.New("a region takes writes one at a time only: a pipeline is not possible")
	}
	return m.Retry.check()
}

// atOnce is how many writes may be sent together.
func (m Manners) atOnce() int { return max(m.Pipeline, 1) }
