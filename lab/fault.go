package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Kind names a fault.
type Kind string

// The faults, and what takes them back. Each has a file of its own that says what it does.
const (
	Cut     Kind = "cut"
	Stall   Kind = "stall"
	Slow    Kind = "slow"
	Lose    Kind = "lose"
	Echo    Kind = "echo"
	Heal    Kind = "heal"
	Hang    Kind = "hang"
	Answer  Kind = "answer"
	Kill    Kind = "kill"
	Begin   Kind = "start"
	Promote Kind = "promote"
	Move    Kind = "move"
	Reshard Kind = "reshard"
)

// AllShards is the Fault.Shard that means all of them. The shards of a region are numbered from 1, as people count them.
const AllShards = 0

// DefaultAfter is how long a promotion takes unless the fault says otherwise.
const DefaultAfter = time.Second

// Fault is something to do to a running lab. A field that a kind of fault does not take must be left at zero.
type Fault struct {
	Kind Kind `json:"kind"`

	// From and To name the link, for cut, stall, slow, lose, echo and heal: both directions, unless OneWay. Heal without any
	// name is for all links and all regions.
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	OneWay bool   `json:"one_way,omitempty"`

	// Region is for hang, answer, kill, start, promote, move and reshard, and for heal of a region.
	Region string `json:"region,omitempty"`

	// Shard is the number of a shard of Region, or of From: then it is about the streams from it, and, unless OneWay, those
	// to it. AllShards, the zero value, means all; for move it means whichever shards own the slots.
	Shard int `json:"shard,omitempty"`

	Delay  time.Duration `json:"-"`                // for slow: the one-way delay; delay_ms in JSON
	Share  float64       `json:"share,omitempty"`  // for lose: of the published messages, more than 0 and at most 1
	Error  Condition     `json:"error,omitempty"`  // for answer
	Empty  bool          `json:"empty,omitempty"`  // for start: without any data
	Fresh  bool          `json:"fresh,omitempty"`  // for start: as if no client had ever written to it, and so never stale
	After  time.Duration `json:"-"`                // for promote: until the replica takes over; 0 means DefaultAfter; after_ms in JSON
	Slots  []slots.Range `json:"slots,omitempty"`  // for move; none means all that Shard owns
	Target int           `json:"target,omitempty"` // for move: number of the shard that gets the slots
	Shards int           `json:"shards,omitempty"` // for reshard: how many the region has then
}

// ErrFault is wrapped by the errors of Inject: the fault does not make sense here, and nothing was done.
var ErrFault = errors.New("fault refused")

// Inject brings a fault about. When it returns, the fault is in force; of a promotion, the first half. Errors wrap ErrFault
// and name what is known where a name is not; where a start or a reshard fails, it is because of a listener, and the region
// stays as it is.
func (l *Lab) Inject(ctx context.Context, f Fault) error {
	l.faults.Lock()
	defer l.faults.Unlock()
	select {
	case <-l.closed:
		return refusal("the lab is closed")
	default:
	}
	if err := f.check(); err != nil {
		return err
	}
	err := l.bring(ctx, f)
	if err == nil && l.config.OnFault != nil {
		l.config.OnFault(f)
	}
	return err
}

// bring brings about a fault that makes sense by itself.
func (l *Lab) bring(ctx context.Context, f Fault) error {
	switch f.Kind {
	case Cut:
		return l.onStreams(f, cut)
	case Stall:
		return l.onStreams(f, stall)
	case Slow:
		return l.onStreams(f, slow(f.Delay))
	case Lose:
		return l.onStreams(f, lose(f.Share))
	case Echo:
		return l.onStreams(f, echoing)
	case Heal:
		return l.heal(f)
	case Hang:
		return l.onShards(f, hang)
	case Answer:
		return l.onShards(f, answerWith(conditions.Get()[f.Error]))
	case Kill:
		return l.onShards(f, kill)
	case Begin:
		return l.onShards(f, func(sh *shard) error { return start(ctx, sh, f.Empty, f.Fresh) })
	case Promote:
		return l.onShards(f, func(sh *shard) error { return promote(sh, cmp.Or(f.After, DefaultAfter)) })
	case Move:
		return l.move(f)
	default:
		return l.reshard(ctx, f)
	}
}

func refusal(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFault, fmt.Sprintf(format, args...))
}

// region finds a region by its name.
func (l *Lab) region(name string) (*region, error) {
	var known []string
	for _, r := range l.regions {
		if r.name == name {
			return r, nil
		}
		known = append(known, r.name)
	}
	return nil, refusal("unknown region %q: known are %s", name, strings.Join(known, ", "))
}

// onStreams does something to the streams that a fault of a link is about.
func (l *Lab) onStreams(f Fault, do func(*stream)) error {
	from, err := l.region(f.From)
	if err != nil {
		return err
	}
	to, err := l.region(f.To)
	if err != nil {
		return err
	}
	if from == to {
		return refusal("%s: from and to are both %s", f.Kind, f.From)
	}
	if _, err := from.some(f.Shard); err != nil {
		return refusal("%s: %v", f.Kind, err)
	}
	for s := range l.streams {
		there := s.from.region == from && s.to.region == to && s.from.is(f.Shard)
		back := s.from.region == to && s.to.region == from && s.to.is(f.Shard)
		if there || back && !f.OneWay {
			s.change(do)
		}
	}
	return nil
}

// is says whether a shard is among those that a fault is about.
func (sh *shard) is(number int) bool { return number == AllShards || number == sh.number() }

// change brings a stream into another state, and makes it act on that.
func (s *stream) change(do func(*stream)) {
	s.mu.Lock()
	do(s)
	s.mu.Unlock()
	s.signal()
}

// onShards does something to the shards that a fault of a region is about. Errors of several are joined.
func (l *Lab) onShards(f Fault, do func(*shard) error) error {
	r, err := l.region(f.Region)
	if err != nil {
		return err
	}
	shards, err := r.some(f.Shard)
	if err != nil {
		return refusal("%s: %v", f.Kind, err)
	}
	if err := f.suits(r, shards); err != nil {
		return err
	}
	var failed []error
	for _, sh := range shards {
		if err := do(sh); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// suits says whether the shards are in a state for the fault, of all together before anything is done to one: a shard that is
// down cannot hang or fail over, and one that is not has its data and cannot come back without. No other fault changes that meanwhile.
func (f Fault) suits(r *region, shards []*shard) error {
	down := f.Kind == Hang || f.Kind == Promote
	if !down && !f.Empty && !f.Fresh {
		return nil
	}
	var wrong []string
	for _, sh := range shards {
		if (State(sh.state.Load()) == Down) == down {
			wrong = append(wrong, strconv.Itoa(sh.number()))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	who := "region " + r.name
	switch {
	case len(wrong) == len(r.shards()):
	case len(wrong) == 1:
		who = "shard " + wrong[0] + " of " + who
	default:
		who = "each of the shards " + strings.Join(wrong, ", ") + " of " + who
	}
	if down {
		return refusal("%s: %s is down: start it first", f.Kind, who)
	}
	how := "empty"
	if f.Fresh {
		how = "as if it had never been written to"
	}
	return refusal("%s: %s is not down, so it cannot come back %s: kill it first", f.Kind, who, how)
}

// signalStreams makes all streams of a shard look at its state.
func (sh *shard) signalStreams() {
	for _, s := range slices.Concat(sh.outbound, sh.inbound) {
		s.signal()
	}
}
