package simulate

import (
	"context"
	"errors"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// place is a region of the world: a [probe.Endpoint] whose connections and servers are models.
type place struct {
	world  *world
	index  int
	sink   probe.Sink
	shards []server
	state  health
}

// health is what is the matter with a region.
type health uint8

const (
	well     health = iota
	refusing        // its process is gone
	hanging         // it accepts connections, and says nothing
)

// server is a shard with the connections to it.
type server struct {
	connected  bool // to publish
	subscribed bool
	life       int       // of the connection to publish on: what belongs to an earlier one comes to nothing
	listening  int       // the same of the subscription
	waiting    []request // for answers, the oldest first
	last       instant   // when the last answer comes: answers are in order
	cause      probe.Cause
	pause      [2]instant // from when to when the server does nothing
}

// request is a PUBLISH or PING that waits for its answer.
type request struct {
	id uint64
	at instant
}

// promptRedial is how long after the loss of a connection that had lasted the first attempt to make it again is.
const promptRedial = 50 * time.Millisecond

var (
	errTimeout = errors.New("no answer in time")
	errReset   = errors.New("connection reset by peer")
	errRefused = errors.New("connection refused")
)

// Run is not used: the world runs itself.
func (p *place) Run(context.Context, [][]string, probe.Sink) error { return nil }

// Publish implements [probe.Publisher].
func (p *place) Publish(shard int, id uint64, channel string, payload []byte) {
	if p.request(shard, id) {
		p.world.send(p.index, shard, channel, payload)
	}
}

// Ping implements [probe.Publisher].
func (p *place) Ping(shard int, id uint64) { p.request(shard, id) }

// request plans the answer to something that is sent now, and tells whether it gets to the server.
func (p *place) request(shard int, id uint64) bool {
	w, s := p.world, &p.shards[shard]
	if !s.connected {
		p.sink.Refused(shard, id, s.cause, nil, epoch.Add(w.now))
		return false
	}
	s.waiting = append(s.waiting, request{id, w.now})
	limit := w.now + w.q.Connections.Timeout
	if p.state != well {
		w.agenda.add(event{at: limit, what: expiry, region: p.index, shard: shard, id: id, life: s.life})
		return false
	}
	half := w.delay() / 2
	s.last = max(s.last, p.awake(shard, w.now+half)+half)
	w.agenda.add(event{at: s.last, what: answer, region: p.index, shard: shard, id: id, life: s.life})
	if s.last > limit {
		w.agenda.add(event{at: limit, what: expiry, region: p.index, shard: shard, id: id, life: s.life})
	}
	return true
}

// arrived says that a message arrives over a subscription.
func (p *place) arrived(shard, life int, m *message) {
	if s := &p.shards[shard]; p.state == well && s.subscribed && life == s.listening {
		p.sink.Message(shard, m.channel, m.payload, epoch.Add(p.world.now))
	}
}

// awake returns when a server does what gets to it then.
func (p *place) awake(shard int, at instant) instant {
	if pause := p.shards[shard].pause; at >= pause[0] && at < pause[1] {
		return pause[1]
	}
	return at
}

// answered says that an answer arrives.
func (p *place) answered(shard, life int, id uint64) {
	s := &p.shards[shard]
	if p.state != well || life != s.life || !s.connected {
		return
	}
	for i, r := range s.waiting {
		if r.id == id {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			p.sink.Accepted(shard, id, -1, epoch.Add(p.world.now))
			return
		}
	}
}

// expired gives up the connection to publish on when a request was not answered for too long.
func (p *place) expired(shard, life int, id uint64) {
	s := &p.shards[shard]
	if life != s.life || !s.connected {
		return
	}
	for _, r := range s.waiting {
		if r.id == id {
			p.close(shard, probe.Timeout, errTimeout)
			return
		}
	}
}

// open opens the connections of a shard that are not open.
func (p *place) open(shard int) {
	s, at := &p.shards[shard], epoch.Add(p.world.now)
	if !s.connected {
		s.connected, s.waiting, s.last = true, s.waiting[:0], p.world.now
		p.sink.Opened(shard, probe.Publishing, at)
	}
	if !s.subscribed {
		s.subscribed = true
		p.sink.Opened(shard, probe.Subscribing, at)
	}
}

// close loses the connection to publish on, and tries again after a pause.
func (p *place) close(shard int, cause probe.Cause, err error) {
	s, at := &p.shards[shard], epoch.Add(p.world.now)
	for _, r := range s.waiting {
		p.sink.Refused(shard, r.id, cause, err, at)
	}
	s.connected, s.waiting, s.cause = false, s.waiting[:0], cause
	s.life++
	p.sink.Closed(shard, probe.Publishing, cause, err, at)
	p.again(shard, min(promptRedial, p.world.q.Connections.Redial))
}

// deaf loses the subscription; with the connection to publish on it is made again.
func (p *place) deaf(shard int, cause probe.Cause, err error) {
	s := &p.shards[shard]
	s.subscribed = false
	s.listening++
	p.sink.Closed(shard, probe.Subscribing, cause, err, epoch.Add(p.world.now))
}

// again plans the next attempt to connect, after a pause and as long as it takes to fail or succeed.
func (p *place) again(shard int, pause time.Duration) {
	takes := p.world.delay()
	if p.state == hanging {
		takes = p.world.q.Connections.Timeout
	}
	p.world.agenda.add(event{at: p.world.now + pause + takes, what: redial, region: p.index, shard: shard, life: p.shards[shard].life})
}

// redial is an attempt to connect that has come to its end.
func (p *place) redial(shard, life int) {
	s := &p.shards[shard]
	if life != s.life || s.connected {
		return
	}
	if p.state == well {
		p.open(shard)
		return
	}
	cause, err := probe.Refused, errRefused
	if p.state == hanging {
		cause, err = probe.Timeout, errTimeout
	}
	s.cause = cause
	at := epoch.Add(p.world.now)
	p.sink.Closed(shard, probe.Publishing, cause, err, at)
	if !s.subscribed {
		p.sink.Closed(shard, probe.Subscribing, cause, err, at)
	}
	p.again(shard, p.world.q.Connections.Redial)
}

// refuse ends the process of a region.
func (p *place) refuse() {
	p.state = refusing
	for shard := range p.shards {
		p.close(shard, probe.Reset, errReset)
		p.deaf(shard, probe.Reset, errReset)
	}
}

// hang lets a region say nothing any more. What it was asked before is not answered, either.
func (p *place) hang() {
	p.state = hanging
	for shard := range p.shards {
		s := &p.shards[shard]
		if len(s.waiting) > 0 {
			r := s.waiting[0]
			p.world.agenda.add(event{at: r.at + p.world.q.Connections.Timeout, what: expiry, region: p.index, shard: shard, id: r.id, life: s.life})
		}
	}
}

// heal lets a region be well again; connections are made at the next attempt.
func (p *place) heal() { p.state = well }

// pause lets a shard do nothing for a while, from now on.
func (p *place) pause(shard int, length time.Duration) {
	p.shards[shard].pause = [2]instant{p.world.now, p.world.now + length}
}
