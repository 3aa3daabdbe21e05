package redistest

import (
	"context"
	"sync"
	"testing"
	"time"
)

// Copier carries what two servers execute from each to the other, as the links
// of an Active-Active database do:
//
//	a ── replication stream ─> Stream to b ── MULTI … EXEC ─> b
//	a <─ EXEC … MULTI ── Stream to a <─ replication stream ── b
//
// It follows each server as a replica does, by PSYNC, and so sees effects: what
// was really executed, published messages included, in order, with every expiry
// made absolute. What it applies itself it marks within the same transaction, by
// a message on a channel of its own, and knows it by that when it comes back: so
// nothing echoes, also after a connection was lost.
//
// It shares no code with the lab and keeps a record of its own, which tests
// compare with what the program says. It is simpler than an Active-Active database:
// only database 0 is carried, strings alone are copied where a stream does not
// reach back, two writers of one key need not converge, and a server that comes
// back empty gets what the other one has at that moment, but not what arrives
// there afterwards of its own.
type Copier struct {
	a, b     *Server
	toA, toB *Stream
	ending   context.CancelFunc
	running  sync.WaitGroup
}

// NewCopier begins to copy between two servers, and returns once both directions
// are in step. It ends with the test.
func NewCopier(t testing.TB, a, b *Server) *Copier {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &Copier{a: a, b: b, toA: newStream(b, a), toB: newStream(a, b), ending: cancel}
	for _, s := range []*Stream{c.toA, c.toB} {
		c.running.Go(func() { s.follow(ctx) })
		c.running.Go(func() { s.apply(ctx) })
	}
	t.Cleanup(func() {
		c.close()
		if t.Failed() {
			t.Logf("the copier's last troubles: to %s: %v; to %s: %v", a.Addr, c.toA.trouble, b.Addr, c.toB.trouble)
		}
	})
	Await(t, "the copier follows both servers", func() bool { return c.toA.inStep() && c.toB.inStep() })
	return c
}

// To is the direction that ends in a server.
func (c *Copier) To(s *Server) *Stream {
	if s == c.a {
		return c.toA
	}
	return c.toB
}

// Heal ends whatever holds up a direction, of both.
func (c *Copier) Heal() {
	c.toA.Heal()
	c.toB.Heal()
}

// Held is the number of effects that were read and are not applied yet, of both
// directions. Once it is 0, what can be read on a side is on record.
func (c *Copier) Held() int { return c.toA.Held() + c.toB.Held() }

func (c *Copier) close() {
	c.ending()
	c.running.Wait()
}

// Effect is a command that a server executed, or several in one transaction.
type Effect struct {
	// Commands are the command, or those between MULTI and EXEC, with their arguments.
	Commands [][]string
	// Read is when the copier got it from where it was executed.
	Read time.Time
	// Sent and Applied are just before and just after it was executed at the
	// other side; zero where it was not.
	Sent, Applied time.Time
	// Copied says that it is a key that was copied, because the stream did not
	// reach back to the command that made it.
	Copied bool
	// Refused is what the other side answered, if that was an error.
	Refused string
}

// idle waits for as long as this package waits between two looks at something.
func idle(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}
