package durability

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/lab/powercut"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/proxy"
)

// bench is what one measurement of a case works with: servers in a folder of their
// own, and one application. close ends all of it.
type bench struct {
	config *Config
	of     Case
	row    *Row
	delay  time.Duration // added to the time of writing, so that repeats crash at different moments

	group *process.Group
	nodes []*node
	link  *link // between primary and replicas; nil: they are connected directly
	app   *application
	began time.Time
}

// newBench prepares a measurement.
func newBench(ctx context.Context, c *Config, of Case, row *Row) (*bench, error) {
	group, err := process.NewGroup(ctx, c.Binary, process.Options{Dir: c.Folder, Log: c.Log})
	if err != nil {
		return nil, err
	}
	b := &bench{config: c, of: of, row: row, group: group, began: time.Now()}
	b.app = &application{
		ledger: drill.NewLedger("aafailover", of.Name, []int{0}),
		now:    func() drill.Moment { return time.Since(b.began) },
		step:   time.Duration(float64(time.Second) / c.Rate), waiting: of.waiting,
	}
	return b, nil
}

// close ends everything, whatever has become of the context of the measurement.
func (b *bench) close() error {
	b.app.stop()
	var errs []error
	if b.link != nil {
		errs = append(errs, b.link.Close())
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, n := range b.nodes {
		if n.witness != (powercut.Witness{}) {
			errs = append(errs, n.Kill(), n.witness.Discard(ctx)) // it writes to the folder that is about to go
		}
	}
	return errors.Join(append(errs, b.group.Close())...)
}

// server starts a server with the settings of the case, under the eyes of the power
// cut where the case ends in one.
func (b *bench) server(ctx context.Context, name string) (*node, error) {
	n, err := b.prepare(name, b.config.Binary)
	if err != nil {
		return nil, err
	}
	return n, n.Start(ctx)
}

// prepare is server without the start, of a program that need not be that of the
// others.
func (b *bench) prepare(name string, program process.Binary) (*node, error) {
	n := &node{name: name}
	c := process.Config{Name: name, Settings: b.of.settings}
	if b.of.witnessed() {
		below := filepath.Join(b.group.Folder(), name)
		n.witness = powercut.Witness{Program: b.config.Program, Folder: below, Record: below + ".witness"}
		c.Wrap = n.witness.Wrap()
	}
	var err error
	if n.Server, err = b.group.Add(c); err != nil {
		return nil, err
	}
	b.nodes = append(b.nodes, n)
	if program != b.config.Binary {
		return n, n.Replace(program)
	}
	return n, nil
}

// deployment starts a primary, and the replicas of the case, which have caught up
// when it returns.
func (b *bench) deployment(ctx context.Context, linked bool) (primary *node, replicas []*node, err error) {
	if primary, err = b.server(ctx, "primary"); err != nil {
		return nil, nil, err
	}
	for i := range b.of.replicas {
		r, err := b.server(ctx, fmt.Sprintf("replica-%d", i+1))
		if err != nil {
			return nil, nil, err
		}
		replicas = append(replicas, r)
	}
	if err := b.connect(ctx, primary, replicas, linked); err != nil {
		return nil, nil, err
	}
	return primary, replicas, nil
}

// connect makes servers follow the primary, over the link where there is to be one,
// and waits until the primary counts them.
func (b *bench) connect(ctx context.Context, primary *node, replicas []*node, linked bool) error {
	address := primary.Addr()
	if linked || b.of.far > 0 {
		b.link = newLink()
		if err := b.link.Set(proxy.Slow{Delay: b.of.far}); err != nil {
			return err
		}
		var err error
		if address, err = b.link.Addr(primary.Addr()); err != nil {
			return err
		}
	}
	for _, r := range replicas {
		if err := r.follow(ctx, address); err != nil {
			return err
		}
	}
	return primary.await(ctx, "the replicas follow", "replication", func(fields map[string]string) bool {
		return online(fields) == len(replicas)
	})
}

// write begins to write to a server, and returns after d, as writeOn does.
func (b *bench) write(ctx context.Context, to *node, d time.Duration) error {
	b.app.address = to.Addr()
	if err := b.app.start(ctx); err != nil {
		return err
	}
	return b.writeOn(ctx, d)
}

// leastAnswers is how many writes are answered, however long that takes, before
// something happens: without any nothing could be lost, and nothing be learned.
const leastAnswers = 10

// writeOn lets the application write for a while.
func (b *bench) writeOn(ctx context.Context, d time.Duration) error {
	enough := b.answers() + leastAnswers
	for wait := d; pause.For(ctx, wait); wait = lookPause {
		if b.answers() >= enough {
			return nil
		}
	}
	return fmt.Errorf("wait until writes are answered: %w", ctx.Err())
}

func (b *bench) answers() int {
	tally := b.app.ledger.Tally()
	return tally.Acknowledged + tally.Rejected
}

// length is how long the application writes before the crash.
func (b *bench) length() time.Duration { return b.config.WritesFor + b.delay }

// crash ends servers, all at once, in the way of the case, and then the writing.
// Without power on its side nothing comes over the link any more, and all that was
// under way counts as lost.
func (b *bench) crash(ctx context.Context, nodes ...*node) error {
	b.measure()
	var all errgroup.Group
	for _, n := range nodes {
		all.Go(n.Kill)
	}
	if b.link != nil && b.of.Crash == PowerCut {
		all.Go(func() error { return b.link.Set(proxy.Reset{}) })
	}
	err := all.Wait()
	b.app.stop()
	if err != nil || !b.of.witnessed() {
		return err
	}
	b.row.PowerCut = new(Cut)
	for _, n := range nodes {
		loss, err := n.witness.Cut(ctx, survival)
		if err != nil {
			return fmt.Errorf("%s (%s): cut the power: %w", n.name, n.Addr(), err)
		}
		b.row.PowerCut.add(loss)
	}
	return nil
}

// survival is which names of files survive a power cut.
const survival = powercut.Ordered

// logFile is the log of a server, which is not among its data.
const logFile = "log"

func (c *Cut) add(loss powercut.Loss) {
	for _, f := range loss.Files {
		if f.Name != logFile && f.Kept < f.Had {
			c.Files++
			c.Bytes += f.Had - f.Kept
		}
	}
	c.Syncs += loss.Syncs.Count
	c.Syncing += loss.Syncs.Took
	c.LongestSync = max(c.LongestSync, loss.Syncs.Longest)
}

// measure takes down what the writes took while nothing was broken.
func (b *bench) measure() {
	at := b.app.now()
	b.row.Latency = latencyOf(b.app.ledger, at)
	if b.app.ledger.Len() > 0 {
		b.row.PerSecond = float64(b.app.ledger.Tally().Acknowledged) / (at - b.app.ledger.Entry(0).Sent).Seconds()
	}
}

// promote makes the replica with the most data a primary, once all have taken in
// what they got.
func (b *bench) promote(ctx context.Context, replicas []*node) (*node, error) {
	offsets := make(map[*node]int64)
	for _, r := range replicas {
		err := r.await(ctx, "the link to the primary is down", "replication", func(fields map[string]string) bool {
			offsets[r] = offset(fields)
			return fields["master_link_status"] == "down"
		})
		if err != nil {
			return nil, err
		}
	}
	best := slices.MaxFunc(replicas, func(a, b *node) int { return cmp.Compare(offsets[a], offsets[b]) })
	_, err := best.do(ctx, "REPLICAOF", "NO", "ONE")
	return best, err
}

// readAtOnce is how many keys are asked for together.
const readAtOnce = 500

// look reads every key of the ledger from a server and compares. The application
// must have ended. The RPO is that at the crash.
func (b *bench) look(ctx context.Context, at *node) error { return b.lookSince(ctx, at, math.MaxInt64) }

// lookSince is look for an application that went on: the RPO is that at the moment
// of its cut-over.
func (b *bench) lookSince(ctx context.Context, at *node, cutOver drill.Moment) error {
	c, err := dial(ctx, at.Addr())
	if err != nil {
		return fmt.Errorf("%s (%s): read back: %w", at.name, at.Addr(), err)
	}
	defer c.close()
	l := b.app.ledger
	var present drill.Numbers
	for first := 0; first < l.Len(); first += readAtOnce {
		var keys []string
		for n := first; n < min(first+readAtOnce, l.Len()); n++ {
			keys = append(keys, l.Key(n))
		}
		found, err := c.exist(keys)
		if err != nil {
			return fmt.Errorf("%s (%s): read back: %w", at.name, at.Addr(), err)
		}
		for i, there := range found {
			if there {
				present.Add(first + i)
			}
		}
	}
	b.row.Writes, b.row.Loss = Compare(l, &b.app.unconfirmed, &present, cutOver)
	return nil
}
