package probe_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// deployment is an Active-Active database of a few lines: what is published in one region arrives, after the delay of
// the link, in every region. It lives in the simulated time of a test.
type deployment struct {
	mu      sync.Mutex
	regions []*fake
	// Of each link, by source and target; loops included.
	delay [][]time.Duration
	cut   [][]bool
	loss  [][]float64
	held  [][][]func() // what a stalled link keeps; nil when it is not stalled
	echo  bool         // everything arrives twice
	// redial is the time between two attempts to connect.
	redial time.Duration
	// cutShard cuts every link of this source shard only.
	cutShard func(from, to, shard int) bool
	random   *rand.Rand
}

// fake is one region of a deployment: a probe.Endpoint.
type fake struct {
	of     *deployment
	index  int
	shards int
	sink   probe.Sink
	open   []bool               // by shard
	mode   []mode               // by shard
	names  []string             // of the shards; nil for the usual ones
	ran    int                  // how often Run was called
	denied error                // every PUBLISH is answered with NOPERM
	reply  probe.Cause          // every PING is answered with this error
	slow   func() time.Duration // what a PING takes; nil is a millisecond
}

type mode int

const (
	serving mode = iota
	refusing
	hanging
)

func deploy(delay time.Duration, shards ...int) *deployment {
	n := len(shards)
	d := &deployment{redial: 250 * time.Millisecond, random: rand.New(rand.NewPCG(1, 2))}
	for i, s := range shards {
		d.regions = append(d.regions, &fake{of: d, index: i, shards: s, open: make([]bool, s), mode: make([]mode, s)})
		d.delay = append(d.delay, make([]time.Duration, n))
		d.cut = append(d.cut, make([]bool, n))
		d.loss = append(d.loss, make([]float64, n))
		d.held = append(d.held, make([][]func(), n))
		for to := range n {
			d.delay[i][to] = delay
		}
		d.delay[i][i] = time.Millisecond
	}
	return d
}

var names = []string{"us", "eu", "ap", "sa"}

// config returns the Config that observes the deployment.
func (d *deployment) config() probe.Config {
	t := d.topology()
	return probe.Config{Policy: probe.DefaultPolicy(), Prefix: "aafailover", Maps: t.Maps, Endpoints: t.Endpoints, Cover: t.Cover}
}

// topology returns how the deployment is sharded at present.
func (d *deployment) topology() probe.Topology {
	var t probe.Topology
	for i, r := range d.regions {
		m := slots.Map{Region: names[i], Source: slots.ClusterSlots}
		for k, ranges := range slots.Even(r.shards) {
			id := fmt.Sprintf("%s-%d", names[i], k+1)
			if r.names != nil {
				id = r.names[k]
			}
			m.Shards = append(m.Shards, slots.Shard{ID: id, Address: fmt.Sprintf("10.0.%d.%d:6379", i, k), Slots: ranges})
		}
		t.Maps = append(t.Maps, m)
		t.Endpoints = append(t.Endpoints, r)
	}
	t.Cover = slots.Cover(t.Maps, nil)
	return t
}

// reshard gives eu so many shards, which are talked to over new connections.
func (d *deployment) reshard(shards int) *fake {
	const eu = 1
	r := &fake{of: d, index: eu, shards: shards, open: make([]bool, shards), mode: make([]mode, shards)}
	d.set(func() { d.regions[eu] = r })
	return r
}

// set changes the deployment.
func (d *deployment) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// cutOff cuts or mends links.
func (d *deployment) cutOff(from, to int, cut bool) { d.set(func() { d.cut[from][to] = cut }) }

// stall makes a link keep what it carries.
func (d *deployment) stall(from, to int) { d.set(func() { d.held[from][to] = []func(){} }) }

// heal makes a stalled link deliver what it kept.
func (d *deployment) heal(from, to int) {
	d.mu.Lock()
	held := d.held[from][to]
	d.held[from][to] = nil
	d.mu.Unlock()
	for _, deliver := range held {
		deliver()
	}
}

// become changes how a shard of a region behaves; -1 is all of them.
func (r *fake) become(shard int, m mode) {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	for i := range r.mode {
		if shard >= 0 && i != shard {
			continue
		}
		r.mode[i] = m
		if m == refusing && r.open[i] && r.sink != nil {
			r.open[i] = false
			r.sink.Closed(i, probe.Publishing, probe.Reset, errReset, time.Now())
			r.sink.Closed(i, probe.Subscribing, probe.Reset, errReset, time.Now())
		}
	}
}

var (
	errReset   = errors.New("10.0.0.1:6379: connection reset by peer")
	errRefused = errors.New("10.0.0.1:6379: connect: connection refused")
)

// Run opens the connections of the shards that serve, and tells of failed attempts by the others.
func (r *fake) Run(ctx context.Context, channels [][]string, sink probe.Sink) error {
	if len(channels) != r.shards {
		return fmt.Errorf("%d shards subscribed, not %d", len(channels), r.shards)
	}
	r.of.set(func() { r.sink = sink; r.ran++ })
	defer r.of.set(func() { clear(r.open) })
	ticker := time.NewTicker(r.of.redial)
	defer ticker.Stop()
	for {
		r.of.set(r.dial)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (r *fake) dial() {
	for i := range r.mode {
		if r.open[i] {
			continue
		}
		for _, role := range []probe.Role{probe.Publishing, probe.Subscribing} {
			switch r.mode[i] {
			case serving:
				r.sink.Opened(i, role, time.Now())
				r.open[i] = true
			case refusing:
				r.sink.Closed(i, role, probe.Refused, errRefused, time.Now())
			case hanging:
			}
		}
	}
}

func (r *fake) Publish(shard int, id uint64, channel string, payload []byte) {
	d := r.of
	d.mu.Lock()
	defer d.mu.Unlock()
	sink := r.sink // what is answered belongs to the connection of now
	switch {
	case r.mode[shard] == hanging && r.open[shard]:
		return
	case !r.open[shard]:
		go sink.Refused(shard, id, probe.Refused, errRefused, time.Now())
		return
	case r.denied != nil:
		go sink.Refused(shard, id, probe.Permission, r.denied, time.Now())
		return
	}
	time.AfterFunc(time.Millisecond, func() { sink.Accepted(shard, id, 1, time.Now()) })
	slot := slots.Of(channel)
	text := append([]byte(nil), payload...)
	for to := range d.regions {
		d.carry(r.index, to, shard, slot, channel, text)
	}
}

// carry takes a message from one region to another. d.mu is held.
func (d *deployment) carry(from, to, shard, slot int, channel string, text []byte) {
	if d.cut[from][to] || d.random.Float64() < d.loss[from][to] || (d.cutShard != nil && from != to && d.cutShard(from, to, shard)) {
		return
	}
	deliver := func() {
		d.mu.Lock()
		target := d.regions[to]
		d.mu.Unlock()
		target.deliver(slot, channel, text)
		if d.echo {
			target.deliver(slot, channel, text)
		}
	}
	if d.held[from][to] != nil {
		d.held[from][to] = append(d.held[from][to], deliver)
		return
	}
	time.AfterFunc(d.delay[from][to], deliver)
}

func (r *fake) deliver(slot int, channel string, text []byte) {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	shard := slices.IndexFunc(slots.Even(r.shards), func(of []slots.Range) bool { return of[0].First <= slot && slot <= of[0].Last })
	if r.mode[shard] == serving && r.open[shard] {
		r.sink.Message(shard, []byte(channel), text, time.Now())
	}
}

func (r *fake) Ping(shard int, id uint64) {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	sink := r.sink
	switch {
	case r.mode[shard] == hanging && r.open[shard]:
	case !r.open[shard]:
		go sink.Refused(shard, id, probe.Refused, errRefused, time.Now())
	case r.reply != probe.NoCause:
		go sink.Refused(shard, id, r.reply, errors.New("an error reply"), time.Now())
	default:
		takes := time.Millisecond
		if r.slow != nil {
			takes = r.slow()
		}
		time.AfterFunc(takes, func() { sink.Accepted(shard, id, -1, time.Now()) })
	}
}
