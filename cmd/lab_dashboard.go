package cmd

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/tui"
)

// labLookInterval is the time between two looks of the dashboard at its lab.
const labLookInterval = 500 * time.Millisecond

// watchLab shows a lab until its dashboard is closed or ctx ends, and then prints what was done to it: the dashboard is gone,
// and what was rehearsed is still of interest.
func watchLab(ctx context.Context, terminal tui.Terminal, running *lab.Lab, feed *tui.Feed[lab.Status], control string, stdout io.Writer) error {
	play := tui.NewPlayground(running)
	looking, stop := context.WithCancel(ctx)
	var looks sync.WaitGroup
	looks.Go(func() { lookAtLab(looking, running, feed) })
	screen := tui.NewLab(tui.LabConfig{Feed: feed, Control: control, Zone: time.Local, Playground: play})
	err := terminal.Show(ctx, screen)
	stop()
	looks.Wait()
	play.Close()
	return errors.Join(err, report.LabEndedText(stdout, screen.Log()))
}

// lookAtLab puts into a feed how a lab is, until ctx ends.
func lookAtLab(ctx context.Context, running *lab.Lab, feed *tui.Feed[lab.Status]) {
	tick := time.NewTicker(labLookInterval)
	defer tick.Stop()
	for {
		status, err := running.Status(ctx)
		if err != nil {
			return // ctx has ended
		}
		feed.Put(&status)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
