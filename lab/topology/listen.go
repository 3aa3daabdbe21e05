package topology

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// listenAgain is the time between two attempts to reach a sentinel that is down.
const listenAgain = 50 * time.Millisecond

// listen tells what a sentinel publishes until the deployment is closed. begun is called when it hears it.
func (d *Deployment) listen(m *member, begun func()) {
	for d.ctx.Err() == nil {
		_ = d.subscribe(m, begun) // that it is down is no news: who killed it knows
		select {
		case <-time.After(listenAgain):
		case <-d.ctx.Done():
		}
	}
}

// subscribe tells what a sentinel publishes until the connection ends.
func (d *Deployment) subscribe(m *member, begun func()) error {
	ctx, cancel := context.WithTimeout(d.ctx, answerPatience)
	defer cancel()
	l, err := d.call(ctx, m)
	if err != nil {
		return err
	}
	defer l.end()
	if _, err := l.ask(ctx, []string{"PSUBSCRIBE", "*"}); err != nil {
		return err
	}
	begun()
	stop := context.AfterFunc(d.ctx, func() { _ = l.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		v, err := l.in.ReadValue()
		if err != nil {
			return err
		}
		if e, ok := d.published(v); ok {
			e.At, e.Host = time.Now(), m.Name
			d.tell(e)
		}
	}
}

// published reads a message: "pmessage", the pattern, the channel, which is the kind of the event, and a text.
func (d *Deployment) published(v resp.Value) (Event, bool) {
	if len(v.Elems) != 4 || v.Elems[0].Str != "pmessage" {
		return Event{}, false
	}
	kind, text := v.Elems[2].Str, v.Elems[3].Str
	if !strings.HasPrefix(kind, "+") && !strings.HasPrefix(kind, "-") {
		return Event{}, false // what sentinels and clients say to each other
	}
	return Event{Kind: kind, About: d.about(kind, strings.Fields(text)), Detail: text}, true
}

// about is the host of an event of a sentinel:
//
//	master|slave|sentinel NAME HOST PORT [@ SERVICE HOST PORT] …
//	+switch-master: SERVICE HOST PORT HOST PORT, of the old primary and of the new, which it is about
func (d *Deployment) about(kind string, words []string) string {
	switch {
	case kind == EventSwitch && len(words) == 5:
		return d.at(words[3], words[4])
	case len(words) >= 4:
		return d.at(words[2], words[3])
	}
	return ""
}

// EventSwitch is the event with which a sentinel sends clients to another primary.
const EventSwitch = "+switch-master"

// String is the event in one line, without its time.
func (e Event) String() string {
	text := fmt.Sprintf("%s %s", e.Host, e.Kind)
	if e.About != "" && e.About != e.Host {
		text += " " + e.About
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}
