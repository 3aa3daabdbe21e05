package inside

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/pause"
)

// watchPause is the time between two looks at what a server says of itself and of others. It is what a promotion can
// be seen late by, and is no load for anybody.
const watchPause = 50 * time.Millisecond

// lookLimit bounds one look: one that is not answered says nothing.
const lookLimit = time.Second

// signs are what sentinels are listened to for. Each is about an instance: TYPE NAME HOST PORT …; for +switch-master
// NAME OLDHOST OLDPORT NEWHOST NEWPORT.
var signs = []string{"+sdown", "-sdown", "+odown", "-odown", "+switch-master", "+promoted-slave"}

// Observe is told of what the sentinels and the servers say, until it is told nil.
func (d *Deployment) Observe(tell func(promotion.Event)) {
	d.mu.Lock()
	end := d.unwatch
	d.unwatch = nil
	d.mu.Unlock()
	if end != nil {
		end()
	}
	if tell == nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	for i, h := range d.hosts {
		if h.Role == promotion.Guard {
			watching.Go(func() { d.listen(ctx, i, tell) })
			continue
		}
		watching.Go(func() { d.look(ctx, i, tell) })
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unwatch = func() {
		stop()
		watching.Wait()
	}
}

// listen tells what a sentinel says, over one connection after the other.
func (d *Deployment) listen(ctx context.Context, host int, tell func(promotion.Event)) {
	g := d.guards[slices.Index(d.options.Region.Discovery, d.hosts[host].Address)]
	sub := g.Subscribe(ctx, signs...)
	defer sub.Close()                                          //nolint:errcheck // nothing is owed
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })() // a read that waits listens to no context
	for ctx.Err() == nil {
		m, err := sub.ReceiveMessage(ctx)
		if err != nil {
			pause.For(ctx, watchPause)
			continue
		}
		e, ok := d.heard(m.Channel, m.Payload)
		if !ok {
			continue
		}
		e.At, e.Host = time.Now(), host
		tell(e)
	}
}

// heard is what a sentinel said; false where it is about another primary than ours.
func (d *Deployment) heard(sign, text string) (promotion.Event, bool) {
	e := promotion.Event{About: -1, Text: sign + " " + text}
	words := strings.Fields(text)
	if sign == "+switch-master" {
		if len(words) != 5 || words[0] != d.options.Region.Service {
			return e, false
		}
		e.Sign, e.About = promotion.BecamePrim, d.hostAt(words[3], words[4])
		return e, true
	}
	if len(words) < 4 || !slices.Contains(words, d.options.Region.Service) {
		return e, false
	}
	e.About = d.hostAt(words[2], words[3])
	switch sign {
	case "+sdown":
		e.Sign = promotion.Suspected
	case "+odown":
		e.Sign = promotion.HeldDown
	case "+promoted-slave":
		e.Sign = promotion.BecamePrim
	}
	return e, true
}

// hostAt is the host of an address; -1: none.
func (d *Deployment) hostAt(host, port string) int {
	address := net.JoinHostPort(host, port)
	return slices.IndexFunc(d.hosts, func(h promotion.Host) bool { return h.Address == address })
}

// look tells when a server becomes a primary or a replica, and in a cluster what it holds of the others.
func (d *Deployment) look(ctx context.Context, host int, tell func(promotion.Event)) {
	was, known := d.hosts[host].Role == promotion.Primary, make(map[int]promotion.Sign)
	for ; ctx.Err() == nil; pause.For(ctx, watchPause) {
		limited, cancel := context.WithTimeout(ctx, lookLimit)
		v := d.roleOf(limited, host)
		if v.err == nil && v.primary != was {
			was = v.primary
			e := promotion.Event{At: time.Now(), Host: host, About: host, Sign: promotion.BecameRepl, Text: "is a replica"}
			if v.primary {
				e.Sign, e.Text = promotion.BecamePrim, "is a primary"
			}
			tell(e)
		}
		if v.err == nil && d.options.Topology == promotion.Cluster {
			d.lookAround(limited, host, known, tell)
		}
		cancel()
	}
}

// lookAround tells what one node holds of the others, where that has changed.
func (d *Deployment) lookAround(ctx context.Context, host int, known map[int]promotion.Sign, tell func(promotion.Event)) {
	flags, err := d.flagsBy(ctx, host)
	if err != nil {
		return
	}
	for about, of := range flags {
		sign := promotion.Noted
		switch {
		case slices.Contains(of, "fail"):
			sign = promotion.HeldDown
		case slices.Contains(of, "fail?"):
			sign = promotion.Suspected
		}
		if sign != known[about] && sign != promotion.Noted {
			tell(promotion.Event{At: time.Now(), Host: host, About: about, Sign: sign, Text: "holds " + d.hosts[about].Name + " " + sign.String()})
		}
		known[about] = sign
	}
}
