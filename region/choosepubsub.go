package region

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// Choice is what ChoosePubSub came to.
type Choice struct {
	// Mode is Classic or Sharded.
	Mode PubSub
	// Reason is why, in words, for people.
	Reason string
}

// How long the trial of ChoosePubSub takes, after the connections are made.
const (
	// trialLimit bounds it. Links are slower than this only when they are not well,
	// and of such nothing is concluded but the default.
	trialLimit = 2 * time.Second
	// trialEvery is the time between messages, of which one may be lost.
	trialEvery = 200 * time.Millisecond
	// trialGrace is what sharded messages get, at the least, after the last of the
	// classic ones has crossed, and trialPatience how many times as long as that took.
	trialGrace    = 300 * time.Millisecond
	trialPatience = 3
)

// ChoosePubSub settles Options.PubSub. Where that is Auto, it publishes both ways in
// every region, on a channel that nobody else knows, and listens in every other:
//
//   - Sharded, if sharded messages cross wherever classic ones do, and somewhere.
//   - Classic otherwise: sharded ones do not cross, or a region does not take them;
//     and where nothing can be concluded, because a region cannot be reached or
//     nothing crosses at all.
//
// maps are those of Discover, one for each region. It connects for a moment to one
// shard of every region, and takes three times Options.Timeout and two seconds at
// the most. The only error is that of ctx, with which the Choice is Classic.
func ChoosePubSub(ctx context.Context, regions []config.Region, maps []slots.Map, o Options) (Choice, error) {
	if o.PubSub != Auto {
		return Choice{o.PubSub, "as configured"}, ctx.Err()
	}
	slot, ok := commonSlot(maps)
	if !ok || len(regions) != len(maps) {
		return Choice{Classic, "no slot is served in every region: classic"}, ctx.Err()
	}
	t := newTrial(regions, maps, slot, o)
	t.run(ctx)
	return t.choice(), ctx.Err()
}

// commonSlot returns a slot that every region owns.
func commonSlot(maps []slots.Map) (int, bool) {
	candidates := slots.Cover(maps, nil)
	i := slices.IndexFunc(candidates, func(slot int) bool {
		return !slices.ContainsFunc(maps, func(m slots.Map) bool { _, owned := m.ShardOf(slot); return !owned })
	})
	if i < 0 {
		return 0, false
	}
	return candidates[i], true
}

// trial is one try of both ways between all regions.
type trial struct {
	regions  []*trialRegion
	began    time.Time
	progress chan struct{} // something was learned

	mu       sync.Mutex
	heard    [Auto]map[pair]bool // by way
	crossed  time.Time           // when the last classic message was heard for the first time between two regions
	trouble  []string            // by region: why nothing can be said of it
	refusals []string            // by region: what it answers to a sharded command
}

// pair is from which region to which, by index.
type pair struct{ from, to int }

// trialRegion is one region in a trial.
type trialRegion struct {
	door    *door
	address string // of the shard
	channel string // to which this region publishes
}

func newTrial(regions []config.Region, maps []slots.Map, slot int, o Options) *trial {
	t := &trial{progress: make(chan struct{}, 1), trouble: make([]string, len(regions)), refusals: make([]string, len(regions))}
	for way := range t.heard {
		t.heard[way] = make(map[pair]bool)
	}
	for i, r := range regions {
		d := newDoor(r, o)
		shard, _ := maps[i].ShardOf(slot) // of a slot that is common
		t.regions = append(t.regions, &trialRegion{door: d, address: maps[i].Shards[shard].Address,
			channel: slots.Channel(d.prefix, slot, r.Name+":"+rand.Text())})
	}
	return t
}

// run returns when enough was heard, or it took too long.
func (t *trial) run(ctx context.Context) {
	listeners := t.connect(ctx, subscriberBuffer, t.subscribe)
	var speakers []*conn
	if !t.troubled() {
		speakers = t.connect(ctx, publisherBuffer, func(context.Context, int, *conn) error { return nil })
	}
	if !t.troubled() {
		ctx, cancel := context.WithTimeout(ctx, trialLimit)
		t.began = time.Now()
		var trying sync.WaitGroup
		for i := range t.regions {
			trying.Go(func() { t.listen(ctx, i, listeners[i]) })
			trying.Go(func() { t.speak(ctx, i, speakers[i]) })
		}
		t.wait(ctx)
		cancel()
		trying.Wait()
	}
	for _, c := range slices.Concat(listeners, speakers) {
		if c != nil {
			_ = c.Close()
		}
	}
}

// connect opens a connection in every region that has given no trouble yet.
func (t *trial) connect(ctx context.Context, buffer int, prepare func(context.Context, int, *conn) error) []*conn {
	conns := make([]*conn, len(t.regions))
	var connecting sync.WaitGroup
	for i, r := range t.regions {
		connecting.Go(func() {
			c, err := r.door.open(ctx, r.address, observing(r.door.prefix), buffer)
			if err == nil {
				conns[i] = c
				err = prepare(ctx, i, c)
			}
			if err != nil {
				t.note(t.trouble, i, err)
			}
		})
	}
	connecting.Wait()
	return conns
}

// subscribe subscribes to the channels of all regions, both ways.
func (t *trial) subscribe(ctx context.Context, region int, c *conn) error {
	ctx, cancel := context.WithTimeout(ctx, c.door.timeout)
	defer cancel()
	defer closeWhenDone(ctx, c.Conn)()
	for way := range Auto {
		command := []string{way.words().subscribe}
		for _, r := range t.regions {
			command = append(command, r.channel)
		}
		if _, err := c.Write(resp.AppendCommand(nil, command...)); err != nil {
			return timely(ctx, err)
		}
		for range t.regions {
			v, err := c.replies.ReadValue()
			if err != nil {
				return timely(ctx, err)
			}
			if err := v.Err(); err != nil && way == Classic {
				return err
			} else if err != nil {
				t.note(t.refusals, region, err)
				break // one error answers the whole command
			}
		}
	}
	return nil
}

// listen notes what is heard in a region until ctx ends.
func (t *trial) listen(ctx context.Context, region int, c *conn) {
	defer closeWhenDone(ctx, c.Conn)()
	for {
		_, parts, err := c.replies.ReadFlat()
		if err != nil {
			return
		}
		for way := range Auto {
			if len(parts) == 3 && string(parts[0]) == way.words().message {
				t.hear(way, string(parts[1]), region)
			}
		}
	}
}

func (t *trial) hear(way PubSub, channel string, to int) {
	from := slices.IndexFunc(t.regions, func(r *trialRegion) bool { return r.channel == channel })
	if from < 0 {
		return
	}
	t.mu.Lock()
	if p := (pair{from, to}); !t.heard[way][p] {
		t.heard[way][p] = true
		if way == Classic {
			t.crossed = time.Now()
		}
	}
	t.mu.Unlock()
	t.signal()
}

// signal wakes wait.
func (t *trial) signal() {
	select {
	case t.progress <- struct{}{}:
	default:
	}
}

// speak publishes both ways in a region until ctx ends.
func (t *trial) speak(ctx context.Context, region int, c *conn) {
	for {
		for way := range Auto {
			v, err := c.ask(ctx, way.words().publish, t.regions[region].channel, "")
			switch {
			case err != nil:
				return
			case v.Err() != nil && way == Sharded:
				t.note(t.refusals, region, v.Err())
			case v.Err() != nil:
				t.note(t.trouble, region, v.Err())
			}
		}
		if !pause.For(ctx, trialEvery) {
			return
		}
	}
}

// wait returns when nothing more is to be learned, or ctx ends.
func (t *trial) wait(ctx context.Context) {
	for {
		left, done := t.left()
		if done {
			return
		}
		timer := time.NewTimer(left)
		select {
		case <-ctx.Done():
		case <-t.progress:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// left returns for how long it may be worth to wait if nothing more is heard, and
// whether all is known.
func (t *trial) left() (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := len(t.pairs())
	switch {
	case slices.ContainsFunc(t.refusals, said), slices.ContainsFunc(t.trouble, said):
		return 0, true
	case len(t.of(Sharded)) == all:
		return 0, true
	case len(t.of(Classic)) < all:
		return trialLimit, false
	}
	left := max(trialGrace, trialPatience*t.crossed.Sub(t.began)) - time.Since(t.crossed)
	return left, left <= 0
}

func (t *trial) troubled() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.trouble, said)
}

func said(text string) bool { return text != "" }

// note keeps the first error of a region.
func (t *trial) note(where []string, region int, err error) {
	err = t.regions[region].door.fail(t.regions[region].address, "try the ways to publish", err)
	text := err.Error()
	if own := new(Error); errors.As(err, &own) {
		text = short(own.Err)
	}
	t.mu.Lock()
	where[region] = cmp.Or(where[region], text)
	t.mu.Unlock()
	t.signal()
}

// pairs are the ordered pairs of regions; of one region alone its loop.
func (t *trial) pairs() []pair {
	var all []pair
	for from := range t.regions {
		for to := range t.regions {
			if from != to || len(t.regions) == 1 {
				all = append(all, pair{from, to})
			}
		}
	}
	return all
}

// of returns the pairs between which messages of a way were heard.
func (t *trial) of(way PubSub) []pair {
	return slices.DeleteFunc(t.pairs(), func(p pair) bool { return !t.heard[way][p] })
}

// choice concludes.
func (t *trial) choice() Choice {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, r := range t.regions {
		if t.trouble[i] != "" {
			return Choice{Classic, fmt.Sprintf("whether sharded messages cross regions cannot be told, since %s cannot be used (%s): classic", r.name(), t.trouble[i])}
		}
	}
	for i, r := range t.regions {
		if t.refusals[i] != "" {
			return Choice{Classic, fmt.Sprintf("%s does not take sharded messages (%s): classic", r.name(), t.refusals[i])}
		}
	}
	var classicOnly, neither []pair
	for _, p := range t.pairs() {
		switch {
		case t.heard[Sharded][p]:
		case t.heard[Classic][p]:
			classicOnly = append(classicOnly, p)
		default:
			neither = append(neither, p)
		}
	}
	switch {
	case len(classicOnly) > 0:
		return Choice{Classic, fmt.Sprintf("sharded messages do not cross %s, classic ones do: classic; "+
			"in an open-source cluster classic messages are broadcast and say nothing about a shard", t.names(classicOnly))}
	case len(neither) == len(t.pairs()):
		return Choice{Classic, "neither kind of message crosses regions now: classic"}
	case len(t.regions) == 1:
		return Choice{Sharded, "sharded messages arrive in " + t.regions[0].name() + ": used"}
	case len(neither) > 0:
		return Choice{Sharded, fmt.Sprintf("sharded messages cross regions wherever classic ones do: used; neither kind crosses %s now", t.names(neither))}
	}
	return Choice{Sharded, "sharded messages cross regions: used"}
}

func (r *trialRegion) name() string { return r.door.region.Name }

// names is "from us to eu, from us to ap".
func (t *trial) names(pairs []pair) string {
	texts := make([]string, len(pairs))
	for i, p := range pairs {
		texts[i] = "from " + t.regions[p.from].name() + " to " + t.regions[p.to].name()
	}
	return strings.Join(texts, ", ")
}
