package region

import (
	"context"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/handshake"
	"github.com/aafailover/aafailover/probe"
)

// reserved is a connection that authenticates when it is first written to; see
// ClientDial.
type reserved struct {
	*guard
	door     *door
	to       target
	password string
	asked    *handshake.Request

	first   sync.Once
	refused error // why it could not authenticate

	mu    sync.Mutex
	until time.Time // the deadline for writing; zero: none
}

// Write authenticates before it writes for the first time. That counts against the
// deadline for writing, and takes the region's timeout at the most.
func (c *reserved) Write(b []byte) (int, error) {
	c.first.Do(func() { c.refused = c.authenticate() })
	if c.refused != nil {
		return 0, c.refused
	}
	return c.guard.Write(b)
}

func (c *reserved) authenticate() error {
	if c.password == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.door.timeout) // a Write is given no context
	defer cancel()
	c.mu.Lock()
	until := c.until
	c.mu.Unlock()
	if !until.IsZero() {
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	err := c.door.greet(ctx, c.guard, c.to, c.password, c.asked, func(g *guard, password string) (string, error) {
		return authenticating, c.door.authenticate(g, handshakeReader(g), password)
	})
	if CauseOf(err) == probe.Authentication {
		c.door.region.Password.Rejected(c.password) // and is read again for the next connection
	}
	return err
}

// SetWriteDeadline bounds writing, and so the authentication before the first one.
func (c *reserved) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	c.until = t
	c.mu.Unlock()
	return c.guard.SetWriteDeadline(t)
}

// SetDeadline bounds reading and writing.
func (c *reserved) SetDeadline(t time.Time) error {
	c.mu.Lock()
	c.until = t
	c.mu.Unlock()
	return c.guard.SetDeadline(t)
}
