package probe

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// delayedEndpoint is an endpoint in virtual time that answers at once and delivers after a round trip.
type delayedEndpoint struct {
	Subscriber
	sink      Sink
	now       func() time.Time
	roundTrip time.Duration
	under     []func(at time.Time) bool // way: each delivers, when it is time
}

func (d *delayedEndpoint) Publish(shard int, id uint64, channel string, payload []byte) {
	d.sink.Accepted(shard, id, 1, d.now())
	due, text := d.now().Add(d.roundTrip), string(payload)
	d.under = append(d.under, func(at time.Time) bool {
		if at.Before(due) {
			return false
		}
		d.sink.Message(shard, []byte(channel), []byte(text), at)
		return true
	})
}

func (d *delayedEndpoint) Ping(shard int, id uint64) { d.sink.Accepted(shard, id, -1, d.now()) }

func (d *delayedEndpoint) deliver(at time.Time) {
	for len(d.under) > 0 && d.under[0](at) {
		d.under = d.under[1:]
	}
}

// An observer that gets the processor late again and again, but not by so much that it is a pause, reads what has arrived late.
// That is not the link's fault, while a link that is slow by itself is.
func TestWhatTheObserverIsLateByIsChargedToNobody(t *testing.T) {
	for _, row := range []struct {
		name            string
		roundTrip, late time.Duration
		state           LinkState
	}{
		{"in time, and the observer too", 350 * time.Millisecond, 0, LinkUp},
		{"in time, and the observer late", 350 * time.Millisecond, 300 * time.Millisecond, LinkUp},
		{"late by itself", 450 * time.Millisecond, 0, LinkLate},
	} {
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		at := start
		now := func() time.Time { return at }
		p := DefaultPolicy()
		p.Adapt, p.Deadline = false, 400*time.Millisecond
		d := &delayedEndpoint{now: now, roundTrip: row.roundTrip}
		m := slots.Map{Region: "a", Shards: []slots.Shard{{ID: "a", Slots: slots.Even(1)[0]}}}
		o, err := NewObserver(Config{Policy: p, Prefix: "p", Maps: []slots.Map{m}, Cover: []int{0}, Endpoints: []Endpoint{d}}, now)
		if err != nil {
			t.Fatal(err)
		}
		d.sink = o.Sink(0)
		d.sink.Opened(0, Publishing, at)
		d.sink.Opened(0, Subscribing, at)
		for starved := start.Add(3 * time.Second); at.Before(start.Add(20 * time.Second)); {
			d.deliver(at)
			next, _ := o.Turn()
			if at = next; row.late > 0 && !at.Before(starved) {
				at = at.Add(row.late)
				starved = at.Add(700 * time.Millisecond)
			}
		}
		if c := o.Finish().Links[0].Cells[0]; c.State != row.state || row.state == LinkUp && c.Late+c.Lost+c.Overdue > 0 {
			t.Errorf("%s: %s, %d late, %d lost, %d overdue of %d", row.name, c.State, c.Late, c.Lost, c.Overdue, c.Sent)
		}
	}
}

// Whatever is called a pause: when the observer was not running for longer than anything may take, nobody is charged with it.
func TestNoObserverMayBeLaterThanTheDeadline(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { return at }
	p := DefaultPolicy()
	p.Pause = time.Hour
	d := &delayedEndpoint{now: now, roundTrip: virtualRoundTrip}
	m := slots.Map{Region: "a", Shards: []slots.Shard{{ID: "a", Slots: slots.Even(1)[0]}}}
	paused := 0
	o, err := NewObserver(Config{Policy: p, Prefix: "p", Maps: []slots.Map{m}, Cover: []int{0}, Endpoints: []Endpoint{d}, OnEvent: func(e Event) {
		if e.Kind == EventObserver {
			paused++
		}
	}}, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, late := range []time.Duration{0, p.Deadline - time.Millisecond, p.Deadline + time.Millisecond, 10 * time.Second} {
		next, _ := o.Turn()
		before := paused
		at = next.Add(late)
		o.Turn()
		if want := late > p.Deadline; (paused > before) != want {
			t.Errorf("it is late by %v, and that is a pause: %v", late, !want)
		}
	}
}
