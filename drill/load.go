package drill

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// Load lets the application of a configuration write to one region for a while,
// with nothing else around it, and returns its ledger, which holds every write:
// what a benchmark compares with other programs that write.
func Load(ctx context.Context, c Config, region int, d time.Duration) (*Ledger, Application) {
	l := NewLedger(c.Prefix, c.Run, c.Cover)
	w := newWriter(l, time.Now(), c)
	w.start(ctx, c.Stores[region], region)
	pause.For(ctx, d)
	w.drain()
	return l, w.application()
}
