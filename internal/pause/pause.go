// Package pause waits as a goroutine must that somebody can end: for a time, or until its context ends.
package pause

import (
	"context"
	"time"
)

// For waits for d, and returns false when ctx ended first. It does not wait when d is 0 or less.
func For(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
