package drill

import (
	"context"
	"time"
)

// WriteFor lets the application of a configuration write to one region for a
// while, with nothing else around it.
func WriteFor(ctx context.Context, c Config, region int, d time.Duration) (Tally, Application) {
	start := time.Now()
	l := NewLedger(c.Prefix, c.Run, c.Cover)
	w := newWriter(l, func() Moment { return time.Since(start) }, c)
	w.start(ctx, c.Stores[region], region)
	pause(ctx, d)
	w.drain()
	return l.Tally(), w.application()
}
