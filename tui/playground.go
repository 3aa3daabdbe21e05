package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/lab"
)

// Laboratory is a lab, in this process or in another.
type Laboratory interface {
	Status(ctx context.Context) (lab.Status, error)
	Inject(ctx context.Context, f lab.Fault) error
}

// Playground makes faults in a lab for the keys of a dashboard. A nil one is none: it has no keys.
type Playground struct {
	lab    Laboratory
	orders chan order    // bounded: keys are typed faster than a lab of another process answers
	closed chan struct{} // no order is begun any more
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// playMoves is how many keys can wait for those before them.
const playMoves = 16

// playPatience bounds what one key takes: a lab is on this machine.
const playPatience = 10 * time.Second

// order is a key that was typed on a selection.
type order struct {
	verb verb
	on   selection
	told chan playedMsg // takes one without waiting
}

// playedMsg says what a key of the playground has done.
type playedMsg struct {
	text   string // in words, like "cut us→eu shard 2"; or of what was to be done, and failed
	failed error
}

// String returns it in words, as a line.
func (m playedMsg) String() string {
	if m.failed == nil {
		return m.text
	}
	return m.text + ": " + words.Said(m.failed.Error())
}

// NewPlayground returns the playground of a lab. Close ends it.
func NewPlayground(l Laboratory) *Playground {
	ctx, stop := context.WithCancel(context.Background())
	p := &Playground{lab: l, orders: make(chan order, playMoves), closed: make(chan struct{}), stop: stop}
	p.done.Go(func() { p.work(ctx) })
	return p
}

// Close waits for the fault that is just being made, and makes none any more. It may be called once.
func (p *Playground) Close() {
	if p == nil {
		return
	}
	p.stop()
	close(p.closed)
	p.done.Wait()
}

// work makes faults one after the other, in the order of the keys.
func (p *Playground) work(ctx context.Context) {
	for {
		select {
		case <-p.closed:
			return
		case o := <-p.orders:
			if ctx.Err() != nil {
				return
			}
			o.told <- p.carryOut(ctx, o)
		}
	}
}

// carryOut does what a key says. What is down is asked just before.
func (p *Playground) carryOut(ctx context.Context, o order) playedMsg {
	ctx, cancel := context.WithTimeout(ctx, playPatience)
	defer cancel()
	status, err := p.lab.Status(ctx)
	if err != nil {
		return playedMsg{o.verb.toDo(o.on), err}
	}
	faults, err := o.verb.faults(o.on, status)
	if err != nil {
		return playedMsg{o.verb.toDo(o.on), err}
	}
	var failed []error
	for _, f := range faults {
		if err := p.lab.Inject(ctx, f); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		return playedMsg{o.verb.toDo(o.on), errors.Join(failed...)}
	}
	return playedMsg{o.verb.did(o.on), nil}
}

// press gives an order and returns what waits for its result.
func (p *Playground) press(v verb, on selection) tea.Cmd {
	o := order{v, on, make(chan playedMsg, 1)}
	select {
	case p.orders <- o:
	default:
		return func() tea.Msg {
			return playedMsg{v.toDo(on), errors.New("the lab has not yet done what was asked before")}
		}
	}
	return func() tea.Msg {
		select {
		case m := <-o.told:
			return m
		case <-p.closed:
			return nil
		}
	}
}

// bindings are the keys of the playground for a screen on which something is selected; none for a nil one.
func (p *Playground) bindings(selected func() selection) []binding {
	if p == nil {
		return nil
	}
	var last struct {
		verb verb
		on   selection
	}
	press := func(v verb) func(string) tea.Cmd {
		return func(string) tea.Cmd {
			on := selected()
			if v == heal && last.verb == heal && last.on == on {
				on = selection{} // everything
			}
			last.verb, last.on = v, on
			return p.press(v, on)
		}
	}
	return []binding{
		{keys: []string{"c"}, shown: "c", short: "cut", do: press(cut),
			help: "cut the link or its shard, one way; a region or its shard is cut off from all others"},
		{keys: []string{"t"}, shown: "t", short: "stall", do: press(stall),
			help: "stall it: it looks up and delivers only after it was healed"},
		{keys: []string{"k"}, shown: "k", short: "kill", do: press(kill), help: "kill the region or the shard"},
		{keys: []string{"H"}, shown: "H", short: "heal", do: press(heal),
			help: "heal what is selected, and start what was killed in it; once more heals everything"},
	}
}

// verb is what a key does.
type verb uint8

const (
	_ verb = iota
	cut
	stall
	kill
	heal
)

// toDo says what a verb does to a selection.
func (v verb) toDo(on selection) string {
	return v.words(on, [...]string{cut: "cut", stall: "stall", kill: "kill", heal: "heal"}[v])
}

// did says the same once it is done, and what else can be: whoever heals something may mean what is broken elsewhere.
func (v verb) did(on selection) string {
	done := v.words(on, [...]string{cut: "cut", stall: "stalled", kill: "killed", heal: "healed"}[v])
	if v == heal && on != (selection{}) {
		done += " (H once more heals everything)"
	}
	return done
}

func (v verb) words(on selection, word string) string {
	whole := !on.isLink()
	switch {
	case on == selection{} && v == heal:
		return word + " everything"
	case on == selection{}:
		return word
	case v == cut && whole:
		return word + " " + on.String() + " off"
	case v == stall && whole:
		return word + " all links of " + on.String()
	}
	return word + " " + on.String()
}

// faults are what a verb comes to in a lab that is in some state.
func (v verb) faults(on selection, status lab.Status) ([]lab.Fault, error) {
	if on == (selection{}) {
		if v == heal {
			return append([]lab.Fault{{Kind: lab.Heal}}, starts(status.Regions, lab.AllShards)...), nil
		}
		return nil, errors.New("nothing is selected")
	}
	at := slices.IndexFunc(status.Regions, func(r lab.RegionStatus) bool { return r.Name == on.source() })
	if at < 0 {
		return nil, fmt.Errorf("the lab has no region %s", on.source())
	}
	region := status.Regions[at]
	shard, err := on.numberIn(region)
	if err != nil {
		return nil, err
	}
	kinds := map[verb]lab.Kind{cut: lab.Cut, stall: lab.Stall, heal: lab.Heal}
	if on.isLink() {
		if v == kill {
			return nil, errors.New("a link cannot be killed: select a region, or a shard of one")
		}
		return []lab.Fault{{Kind: kinds[v], From: on.from, To: on.to, OneWay: true, Shard: shard}}, nil
	}
	if v == kill {
		return []lab.Fault{{Kind: lab.Kill, Region: region.Name, Shard: shard}}, nil
	}
	var faults []lab.Fault
	if v == heal {
		faults = append(faults, lab.Fault{Kind: lab.Heal, Region: region.Name, Shard: shard})
	}
	for _, other := range status.Regions {
		if other.Name != region.Name {
			faults = append(faults, lab.Fault{Kind: kinds[v], From: region.Name, To: other.Name, Shard: shard})
		}
	}
	if v == heal {
		faults = append(faults, starts([]lab.RegionStatus{region}, shard)...)
	}
	if len(faults) == 0 {
		return nil, errors.New("there is no other region")
	}
	return faults, nil
}

// starts starts the regions of which a shard is down, or that shard. Those that are not down are left as they are.
func starts(regions []lab.RegionStatus, shard int) []lab.Fault {
	var faults []lab.Fault
	for _, r := range regions {
		if slices.ContainsFunc(r.Shards, func(s lab.ShardStatus) bool {
			return s.State == lab.Down && (shard == lab.AllShards || shard == s.Number)
		}) {
			faults = append(faults, lab.Fault{Kind: lab.Begin, Region: r.Name, Shard: shard})
		}
	}
	return faults
}

// numberIn is the number by which a lab knows the selected shard.
func (s selection) numberIn(r lab.RegionStatus) (int, error) {
	if s.shard == lab.AllShards || s.address == "" {
		return s.shard, nil
	}
	at := slices.IndexFunc(r.Shards, func(shard lab.ShardStatus) bool { return shard.Address == s.address })
	if at < 0 {
		return 0, fmt.Errorf("%s has no shard at %s any more", r.Name, s.address)
	}
	return r.Shards[at].Number, nil
}
