package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind names a fault.
type Kind string

// The faults, and what takes them back. Each has a file of its own that says what it does.
const (
	Cut   Kind = "cut"
	Stall Kind = "stall"
	Slow  Kind = "slow"
	Heal  Kind = "heal"
	Hang  Kind = "hang"
	Kill  Kind = "kill"
	Begin Kind = "start"
)

// AllShards is the Fault.Shard that means all of them. The shards of a region are numbered from 1, as people count them.
const AllShards = 0

// Fault is something to do to a running lab.
type Fault struct {
	Kind Kind `json:"kind"`

	// From and To name the link, for cut, stall, slow and heal: both directions, unless OneWay. Heal without any name is
	// for all links and all hung regions.
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	OneWay bool   `json:"one_way,omitempty"`

	// Region is for hang, kill and start, and for heal of a hung region.
	Region string `json:"region,omitempty"`

	// Shard is the number of a shard of Region, or of From: then it is about the streams from it, and, unless OneWay, those
	// to it. AllShards, the zero value, means all.
	Shard int `json:"shard,omitempty"`

	Delay time.Duration `json:"-"`               // for slow: the one-way delay; delay_ms in JSON
	Empty bool          `json:"empty,omitempty"` // for start: without any data
}

// ErrFault is wrapped by the errors of Inject: the fault does not make sense here, and nothing was done.
var ErrFault = errors.New("fault refused")

// longestDelay bounds the delay of a slow link: with more it is not told from a stalled one.
const longestDelay = time.Hour

// Inject brings a fault about. When it returns, the fault is in force. Errors wrap ErrFault and name what is known
// where a name is not; where a start fails, it is because of its listener, and the region stays as it is.
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
	switch f.Kind {
	case Cut:
		return l.onStreams(f, cut)
	case Stall:
		return l.onStreams(f, stall)
	case Slow:
		return l.onStreams(f, slow(f.Delay))
	case Heal:
		return l.heal(f)
	case Hang:
		return l.onShards(f, hang)
	case Kill:
		return l.onShards(f, kill)
	default:
		return l.onShards(f, func(sh *shard) error { return start(ctx, sh, f.Empty) })
	}
}

func refusal(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFault, fmt.Sprintf(format, args...))
}

// check says what is wrong with the fault itself, whatever the lab.
func (f Fault) check() error {
	kinds := []Kind{Cut, Stall, Slow, Heal, Hang, Kill, Begin}
	if !slices.Contains(kinds, f.Kind) {
		return refusal("unknown kind %q: known are %s", f.Kind, join(kinds))
	}
	ofLink := slices.Contains([]Kind{Cut, Stall, Slow}, f.Kind)
	ofRegion := slices.Contains([]Kind{Hang, Kill, Begin}, f.Kind)
	named := f.From != "" || f.To != ""
	switch {
	case ofLink && (f.From == "" || f.To == ""), f.Kind == Heal && (f.From == "") != (f.To == ""):
		return refusal("%s: a link needs two regions, from and to", f.Kind)
	case ofLink && f.Region != "", f.Kind == Heal && named && f.Region != "":
		return refusal("%s: it is about a link; region %s is one name too many", f.Kind, f.Region)
	case ofRegion && f.Region == "":
		return refusal("%s: it needs a region", f.Kind)
	case ofRegion && (named || f.OneWay):
		return refusal("%s: it is about a region, not a link", f.Kind)
	case f.Kind == Slow && (f.Delay <= 0 || f.Delay > longestDelay):
		return refusal("slow: a delay of %v: must be more than 0 and at most %v", f.Delay, longestDelay)
	case f.Kind != Slow && f.Delay != 0:
		return refusal("%s: only slow takes a delay", f.Kind)
	case f.Kind != Begin && f.Empty:
		return refusal("%s: only start can be empty", f.Kind)
	}
	return nil
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
	shards, err := from.some(f.Shard)
	if err != nil {
		return refusal("%s: %v", f.Kind, err)
	}
	for _, sh := range shards {
		for _, s := range sh.outbound {
			if s.to.region != to {
				continue
			}
			s.change(do)
			if !f.OneWay {
				s.reverse.change(do)
			}
		}
	}
	return nil
}

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
// down cannot hang, and one that is not has its data and cannot come back without. No other fault changes that meanwhile.
func (f Fault) suits(r *region, shards []*shard) error {
	down := f.Kind == Hang
	if !down && !f.Empty {
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
	case len(wrong) == len(r.shards):
	case len(wrong) == 1:
		who = "shard " + wrong[0] + " of " + who
	default:
		who = "each of the shards " + strings.Join(wrong, ", ") + " of " + who
	}
	if down {
		return refusal("%s: %s is down: start it first", f.Kind, who)
	}
	return refusal("%s: %s is not down, so it cannot come back empty: kill it first", f.Kind, who)
}

// signalStreams makes all streams of a shard look at its state.
func (sh *shard) signalStreams() {
	for _, s := range slices.Concat(sh.outbound, sh.inbound) {
		s.signal()
	}
}

func join(kinds []Kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}
