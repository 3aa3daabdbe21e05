package habit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// Pinger is a region that can be asked whether it answers. The error of Ping is that
// it does not, or that of the context.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Check makes the rounds of PINGs of a client until ctx ends, to all regions at the
// same time, and tells the client how they end. The pingers are those of the regions
// that the client was made with. It returns when everything that it started has
// ended; at once for a client that pings nothing.
func Check(ctx context.Context, c *Client, pingers []Pinger) {
	if c.settings.Probes == 0 {
		return
	}
	var rounds sync.WaitGroup
	for i, p := range pingers {
		rounds.Go(func() {
			for ctx.Err() == nil {
				if err := c.settings.round(ctx, p); ctx.Err() == nil {
					c.Round(c.regions[i], err, time.Now())
				}
				pause.For(ctx, c.settings.Pause)
			}
		})
	}
	rounds.Wait()
}

// round makes a round of PINGs.
func (s Settings) round(ctx context.Context, p Pinger) error {
	if s.PerRound {
		limited, cancel := context.WithTimeout(ctx, s.Timeout)
		defer cancel()
		ctx = limited
	}
	for i := range s.Probes {
		if i > 0 {
			pause.For(ctx, s.Gap)
		}
		if err := s.ping(ctx, p); err != nil {
			return fmt.Errorf("PING %d of %d: %w", i+1, s.Probes, err)
		}
	}
	return nil
}

// ping makes one PING.
func (s Settings) ping(ctx context.Context, p Pinger) error {
	if !s.PerRound {
		limited, cancel := context.WithTimeout(ctx, s.Timeout)
		defer cancel()
		ctx = limited
	}
	return p.Ping(ctx)
}
