package recorder

import (
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// Step is what went on between the service and one region for a while.
type Step struct {
	At        drill.Moment // when it began; it lasted for the width of the Traffic
	Commands  int          // sent
	Succeeded int          // replies delivered that are no errors
	Failed    int          // errors delivered, and commands abandoned; but for what a client library tries of a server that does not know it
	Writes    int          // of the replies that succeeded: to commands that wrote
	Opened    int          // connections
}

// add adds what went on as well.
func (s *Step) add(o Step) {
	s.Commands += o.Commands
	s.Succeeded += o.Succeeded
	s.Failed += o.Failed
	s.Writes += o.Writes
	s.Opened += o.Opened
}

// Traffic is what went on between the service and one region, by steps of equal width.
type Traffic struct {
	Width time.Duration // 100 ms; in a long run, that times a power of two
	Steps []Step        // from the start on, without gaps
}

const (
	stepWidth = 100 * time.Millisecond
	// mostSteps is how many steps are kept, seven minutes of them: then two become one.
	mostSteps = 1 << 12
)

// fold makes one step of two.
func (t *Traffic) fold() {
	t.Width *= 2
	half := t.Steps[:0]
	for i := 0; i < len(t.Steps); i += 2 {
		s := t.Steps[i]
		if i+1 < len(t.Steps) {
			s.add(t.Steps[i+1])
		}
		half = append(half, s)
	}
	t.Steps = half
}

// step returns the step of a moment.
func (t *Traffic) step(at drill.Moment) *Step {
	n := int(max(at, 0) / t.Width)
	for n >= mostSteps {
		t.fold()
		n = int(max(at, 0) / t.Width)
	}
	for len(t.Steps) <= n {
		t.Steps = append(t.Steps, Step{At: drill.Moment(len(t.Steps)) * t.Width})
	}
	return &t.Steps[n]
}

// lanes is in how many parts the traffic of a region is summed up, by the number of the connection, so that connections seldom wait
// for one another.
const lanes = 4

// traffics is the traffic of one region.
type traffics [lanes]lane

type lane struct {
	mu sync.Mutex
	of Traffic
	_  [64]byte // another lane is in another cache line
}

func (t *traffics) lane(connection int) *lane { return &t[max(connection, 0)%lanes] }

func (l *lane) add(at drill.Moment, s Step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of.step(at).add(s)
}

// Traffic returns the traffic of a region so far.
func (l *Log) Traffic(region int) Traffic {
	all := Traffic{Width: stepWidth}
	for i := range l.regions[region] {
		part := &l.regions[region][i]
		part.mu.Lock()
		for all.Width < part.of.Width {
			all.fold()
		}
		for _, s := range part.of.Steps {
			all.step(s.At).add(s)
		}
		part.mu.Unlock()
	}
	return all
}
