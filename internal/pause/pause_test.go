package pause_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

func TestForWaitsForItsTimeOrTheEndOfItsContext(t *testing.T) {
	for _, row := range []struct {
		name        string
		d, ends     time.Duration // ends: of the context; 0 is never
		want        bool
		wantElapsed time.Duration
	}{
		{"the whole time", time.Minute, 0, true, time.Minute},
		{"until the context ends", time.Minute, time.Second, false, time.Second},
		{"no time", 0, 0, true, 0},
		{"less than none", -time.Second, 0, true, 0},
		{"no time, and the context has ended", 0, -1, false, 0},
		{"some time, and the context has ended", time.Minute, -1, false, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if row.ends != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.ends)
					defer cancel()
				}
				began := time.Now()
				if got := pause.For(ctx, row.d); got != row.want || time.Since(began) != row.wantElapsed {
					t.Errorf("%t after %v, want %t after %v", got, time.Since(began), row.want, row.wantElapsed)
				}
			})
		})
	}
}
