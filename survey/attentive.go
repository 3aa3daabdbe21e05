package survey

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// attentive is an endpoint that raises the alarm in the moment in which a connection to one of its shards is lost, or a shard
// says that a slot has moved: one that has gone elsewhere, or is no more, is known as such before it can be taken for one that is
// down.
type attentive struct {
	probe.Endpoint
	shards int
	alarm  chan<- struct{} // has room for one
}

// Run runs the endpoint and watches its connections.
func (a *attentive) Run(ctx context.Context, channels [][]string, sink probe.Sink) error {
	return a.Endpoint.Run(ctx, channels, &attention{Sink: sink, alarm: a.alarm, open: make([][2]bool, a.shards)})
}

// attention is the sink of an attentive endpoint. It passes everything on.
type attention struct {
	probe.Sink
	alarm chan<- struct{}
	open  [][2]bool // by shard and role; each is used by the one goroutine that keeps this connection
}

// Opened notes that there is something to lose.
func (a *attention) Opened(shard int, role probe.Role, at time.Time) {
	a.open[shard][role] = true
	a.Sink.Opened(shard, role, at)
}

// Closed raises the alarm once for each connection that was open.
func (a *attention) Closed(shard int, role probe.Role, cause probe.Cause, err error, at time.Time) {
	if a.open[shard][role] {
		a.open[shard][role] = false
		signal(a.alarm)
	}
	a.Sink.Closed(shard, role, cause, err, at)
}

// Refused raises the alarm when the shard says that the slot is elsewhere.
func (a *attention) Refused(shard int, id uint64, cause probe.Cause, err error, at time.Time) {
	if cause == probe.Moved {
		signal(a.alarm)
	}
	a.Sink.Refused(shard, id, cause, err, at)
}

// signal leaves a token, unless there is one. It never waits.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
