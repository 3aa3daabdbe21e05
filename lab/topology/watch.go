package topology

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// watch begins to observe: each server that is no sentinel by looking at it every Options.Poll, each sentinel by what it publishes. It
// returns once all are observed: nothing that happens afterwards goes unseen. When ctx ends first, so does the deployment.
func (d *Deployment) watch(ctx context.Context) error {
	d.strangers = d.network.Strangers()
	stop := context.AfterFunc(ctx, d.cancel)
	var observed sync.WaitGroup
	for _, m := range d.members {
		observed.Add(1)
		begun := sync.OnceFunc(observed.Done)
		d.owned.Go(func() {
			defer begun()
			if m.Runs == RunsSentinel {
				d.listen(m, begun)
			} else {
				d.look(m, begun)
			}
		})
	}
	observed.Wait()
	if !stop() {
		return context.Cause(ctx)
	}
	return nil
}

// look looks at a server until the deployment is closed, and tells what has changed. begun is called after the first look.
func (d *Deployment) look(m *member, begun func()) {
	var known View // of what it said last
	silent := false
	var l *line
	defer func() {
		if l != nil {
			l.end()
		}
	}()
	var link *catchUp
	tick := time.NewTicker(d.options.Poll)
	defer tick.Stop()
	for {
		var v View
		if l, v = d.glance(m, l); d.ctx.Err() != nil {
			return
		}
		now := time.Now()
		switch {
		case v.Err != nil && !silent:
			silent = true
			d.tell(Event{At: now, Host: m.Name, Kind: EventSilent, About: m.Name, Detail: v.Err.Error()})
		case v.Err != nil:
		default:
			if silent {
				silent = false
				d.tell(Event{At: now, Host: m.Name, Kind: EventAnswers, About: m.Name})
			}
			if known.Host != "" {
				for _, e := range changes(known, v) {
					e.At = now
					d.tell(e)
				}
			}
			known = v
		}
		switch {
		case link != nil:
			link.see(v, now)
		case v.Err == nil:
			link = newCatchUp(d, m, v)
		}
		begun()
		select {
		case <-tick.C:
		case <-d.ctx.Done():
			return
		}
	}
}

// glance asks a server for its view over a line that is kept as long as it serves. That a server has closed a line, as it does with all
// of its clients when a sentinel gives it another role, is no silence: it is asked again over a new one.
func (d *Deployment) glance(m *member, l *line) (*line, View) {
	ctx, cancel := context.WithTimeoutCause(d.ctx, answerPatience, errNoAnswer)
	defer cancel()
	if l != nil {
		if replies, err := l.ask(ctx, d.questions(m)...); err == nil || ctx.Err() != nil {
			return d.kept(m, l, replies, err)
		}
		l.end()
	}
	l, err := d.call(ctx, m)
	if err != nil {
		return nil, View{Host: m.Name, Err: patienceOver(ctx, err)}
	}
	replies, err := l.ask(ctx, d.questions(m)...)
	return d.kept(m, l, replies, err)
}

// kept reads replies, and keeps the line unless something is wrong with them.
func (d *Deployment) kept(m *member, l *line, replies []resp.Value, err error) (*line, View) {
	v := d.read(m, replies, err)
	if v.Err != nil {
		l.end()
		l = nil
	}
	return l, v
}

// changes are the events that lead from one view of a server to its next, without their time.
func changes(before, now View) []Event {
	var all []Event
	say := func(kind, about, detail string) {
		all = append(all, Event{Host: now.Host, Kind: kind, About: about, Detail: detail})
	}
	if now.Epoch != before.Epoch {
		say(EventEpoch, "", strconv.FormatInt(now.Epoch, 10))
	}
	for _, peer := range slices.Sorted(maps.Keys(now.Peers)) {
		if opinion := now.Peers[peer]; opinion != before.Peers[peer] {
			say(opinionEvent(opinion), peer, opinion)
		}
	}
	if now.State != before.State {
		say(EventState, "", now.State)
	}
	switch {
	case now.Role == RoleMaster && before.Role == RoleReplica:
		say(EventPromoted, now.Host, "")
	case now.Role == RoleReplica && before.Role == RoleMaster:
		say(EventDemoted, now.Host, "")
	}
	if now.Role == RoleReplica && now.Primary != before.Primary {
		say(EventFollows, now.Primary, "")
	}
	if now.Role == RoleReplica && now.Link != before.Link {
		say(EventLink, now.Primary, now.Link)
	}
	for _, host := range slices.Sorted(maps.Keys(now.Owners)) {
		if owned := now.Owners[host]; !slices.Equal(owned, before.Owners[host]) {
			say(EventOwns, host, rangesText(owned))
		}
	}
	return all
}

func opinionEvent(opinion string) string {
	switch opinion {
	case PeerSuspected:
		return EventSuspected
	case PeerFailed:
		return EventFailed
	}
	return EventCleared
}

func rangesText(ranges []slots.Range) string {
	text := fmt.Sprint(ranges)
	return text[1 : len(text)-1]
}
