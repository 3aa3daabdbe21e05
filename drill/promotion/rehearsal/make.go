package rehearsal

import (
	"context"
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/lab/topology"
)

// Make does a step to hosts.
func (d *Deployment) Make(ctx context.Context, do promotion.Verb, hosts []int) error {
	switch do {
	case promotion.Part:
		var names []string
		for _, i := range hosts {
			names = append(names, d.hosts[i].Name)
		}
		return d.lab.Partition(names)
	case promotion.Join:
		return d.lab.Heal()
	}
	for _, i := range hosts {
		if err := d.makeOne(ctx, do, i); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deployment) makeOne(ctx context.Context, do promotion.Verb, i int) error {
	name := d.hosts[i].Name
	switch do {
	case promotion.Kill:
		return d.lab.Kill(name)
	case promotion.Hang:
		return d.lab.Hang(name)
	case promotion.GoOn:
		return d.lab.GoOn(name)
	case promotion.Start:
		return d.start(ctx, name)
	case promotion.Empty:
		return d.lab.Empty(name)
	case promotion.FillDisk:
		return d.lab.DiskFull(name)
	case promotion.FreeDisk:
		return d.lab.DiskFree(name)
	case promotion.SaveRDB:
		return d.readers[i].Save(ctx).Err()
	case promotion.CorruptAOF:
		_, err := d.lab.CorruptAOF(name, topology.Flipped)
		return err
	case promotion.TruncateAOF:
		_, err := d.lab.CorruptAOF(name, topology.Truncated)
		return err
	case promotion.CorruptRDB:
		_, err := d.lab.CorruptRDB(name, topology.Flipped)
		return err
	}
	return fmt.Errorf("nobody knows how to %s %s", do, name)
}

// start starts a server again. One that ends by itself refuses what is on its disk.
func (d *Deployment) start(ctx context.Context, name string) error {
	err := d.lab.StartAgain(ctx, name)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return &promotion.RefusedError{Said: complaint(d.lab.Log(name), err.Error())}
}

// complaint is the last thing that a server warned of in its log before it said that it ends; otherwise where it warned of
// nothing.
func complaint(log, otherwise string) string {
	const warning, ends = " # ", "Terminating server" // the level, behind the time; what tells nobody why
	said := otherwise
	for line := range strings.Lines(log) {
		if _, text, ok := strings.Cut(strings.TrimSpace(line), warning); ok && !strings.HasPrefix(text, ends) {
			said = text
		}
	}
	return said
}

// Ping asks a server for a sign of life, from the host of the application.
func (d *Deployment) Ping(ctx context.Context, host int) error {
	return d.readers[host].Ping(ctx).Err()
}

// Read tells for each key whether a server has it.
func (d *Deployment) Read(ctx context.Context, host int, keys []string) ([]bool, error) {
	values, err := d.readers[host].MGet(ctx, keys...).Result()
	if err != nil {
		return nil, err
	}
	found := make([]bool, len(values))
	for i, v := range values {
		found[i] = v != nil
	}
	return found, nil
}

// State asks every server what it is.
func (d *Deployment) State(ctx context.Context) (promotion.State, error) {
	views := d.lab.Roles(ctx)
	s := promotion.State{Primaries: make([][]int, len(d.shards))}
	offsets := make(map[string]int64)
	for _, v := range views {
		if v.Err != nil {
			return s, v.Err
		}
		offsets[v.Host] = v.Offset
		if v.Role == topology.RoleMaster {
			i := d.index[v.Host]
			shard := d.hosts[i].Shard
			s.Primaries[shard] = append(s.Primaries[shard], i)
		}
	}
	for _, v := range views {
		if v.Role == topology.RoleReplica && v.Offset != offsets[v.Primary] {
			s.Behind = fmt.Sprintf("%s is %d bytes behind %s", v.Host, offsets[v.Primary]-v.Offset, v.Primary)
		}
	}
	return s, nil
}

// Resyncs counts how replicas caught up.
func (d *Deployment) Resyncs(context.Context) (promotion.Resync, error) {
	var sum promotion.Resync
	for _, one := range d.lab.Resyncs() {
		if !one.Full {
			sum.Partial++
			continue
		}
		sum.Full++
		sum.Took = max(sum.Took, one.Took())
		switch {
		case one.Bytes < 0:
			sum.Bytes = -1
		case sum.Bytes >= 0:
			sum.Bytes += one.Bytes
		}
	}
	return sum, nil
}

// Observe is told of what the servers say.
func (d *Deployment) Observe(tell func(promotion.Event)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.observe = tell
}

// hear hands on what the lab observed.
func (d *Deployment) hear(e topology.Event) {
	d.mu.Lock()
	tell := d.observe
	host, known := d.index[e.Host]
	about, aboutKnown := d.index[e.About]
	d.mu.Unlock()
	if tell == nil {
		return
	}
	if !known {
		host = -1
	}
	if !aboutKnown {
		about = -1
	}
	tell(promotion.Event{At: e.At, Host: host, Sign: signOf(e.Kind), About: about, Text: textOf(e)})
}

// signOf is what an event means for a failover.
func signOf(kind string) promotion.Sign {
	switch kind {
	case topology.EventSuspected, "+sdown":
		return promotion.Suspected
	case topology.EventFailed, "+odown":
		return promotion.HeldDown
	case topology.EventPromoted:
		return promotion.BecamePrim
	case topology.EventDemoted:
		return promotion.BecameRepl
	}
	return promotion.Noted
}

// textOf is an event in words.
func textOf(e topology.Event) string {
	text := e.Kind
	if e.About != "" && e.About != e.Host {
		text += " " + e.About
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}
