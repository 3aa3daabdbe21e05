package topology

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// settledPause is the time between two looks at whether a deployment is healthy.
const settledPause = 50 * time.Millisecond

// Settled returns when all servers that run form one healthy deployment: there is one primary, of each shard where there are shards,
// all others are replicas in sync, and sentinels or nodes know each other and agree. Servers that are down are not waited for. Without
// a deadline ctx is given one of two minutes. Errors: what is missing still.
func (d *Deployment) Settled(ctx context.Context) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return d.await(ctx, func(views []View) []string { return d.shape.unsettled(d, views) })
}

// await waits until nothing is lacking, and tells what is whenever that changes.
func (d *Deployment) await(ctx context.Context, unsettled func([]View) []string) error {
	var told string
	for {
		lacking := missing(d.Roles(ctx), unsettled)
		if len(lacking) == 0 {
			return nil
		}
		text := strings.Join(lacking, "; ")
		select {
		case <-time.After(settledPause):
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", context.Cause(ctx), text)
		case <-d.ctx.Done():
			return ErrClosed
		}
		if text != told {
			told = text
			d.progress("waiting: " + abridged(lacking))
		}
	}
}

// missing is what views lack, those that do not answer before all.
func missing(views []View, unsettled func([]View) []string) []string {
	var lacking []string
	for _, v := range views {
		if v.Err != nil {
			lacking = append(lacking, "no answer from "+v.Err.Error())
		}
	}
	answering := slices.DeleteFunc(views, func(v View) bool { return v.Err != nil })
	if len(answering) == 0 && len(lacking) == 0 {
		return []string{"no server runs"}
	}
	return append(lacking, unsettled(answering)...)
}

// abridged is the first of what is lacking, and how many more there are.
func abridged(lacking []string) string {
	if len(lacking) == 1 {
		return lacking[0]
	}
	return fmt.Sprintf("%s, and %d more", lacking[0], len(lacking)-1)
}
