package cmd

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/tui"
)

// terminal returns where the dashboard is shown, and the stderr that must not tear it; false where it is not wanted or cannot be.
func (f *probeFlags) terminal(p Process) (terminal tui.Terminal, stderr *aboveLine, shown bool) {
	terminal, shown = p.dashboard()
	stderr, live := p.Stderr.(*aboveLine)
	return terminal, stderr, shown && live && !f.once && !*f.noDashboard && f.output.chosen == asTable
}

// dashboard shows a probe while it runs.
//
//	probe.Run ─ events, snapshots ─┐
//	canary ─ incidents ────────────┼─> feed ─> tui.Probe ─ q ─> end, as that of --for
//	stderr ─ lines ────────────────┘               │
//	                                            Ctrl-C ─> interrupt
type dashboard struct {
	*watching
	terminal       tui.Terminal
	stderr         *aboveLine
	end, interrupt func()
}

// run is watching.run with the dashboard open. It closes when the probe has ended, and ends the probe when it is closed.
func (d *dashboard) run(ctx context.Context) (report.ProbeResult, error) {
	d.feed = new(tui.Feed[probe.Snapshot])
	c := d.screen(ctx)
	if d.deployment.lab != nil {
		c.Playground = tui.NewPlayground(d.deployment.lab)
		defer c.Playground.Close()
	}
	screen := tui.NewProbe(c)
	d.config.Focus = screen.Focus
	lines := &aside{tell: func(line string) { d.feed.Say(time.Now(), line) }}
	d.stderr.line.cover(lines)
	shown, shut := context.WithCancel(context.WithoutCancel(ctx))
	var showing sync.WaitGroup
	showing.Go(func() {
		err := d.terminal.Show(shown, screen)
		d.stderr.line.cover(nil)
		lines.repeat(d.stderr)
		if err != nil {
			d.complain(hint.Wrap(fmt.Errorf("dashboard: %w", err), "the probe goes on without it, and Ctrl-C ends it; --no-tui opens none"))
			return
		}
		d.end()
	})
	found, err := d.watching.run(ctx)
	shut()
	showing.Wait()
	return found, err
}

// screen is what the dashboard is given.
func (d *dashboard) screen(ctx context.Context) tui.ProbeConfig {
	c := tui.ProbeConfig{
		Feed: d.feed, Title: d.title(ctx), Zone: time.Local, Write: d.write, Interrupt: d.interrupt,
		Advice: func(s *probe.Snapshot) string { return report.Advice(d.probe.moving, s) },
	}
	if d.canary != nil {
		c.Also = func() string {
			active, writes := d.canary.Writing()
			return report.CanaryText(float64(d.probe.canary), active, writes)
		}
	}
	if d.vitals != nil {
		c.Servers = d.vitals.watch.Shards
	}
	return c
}

// title says what is observed, and until when.
func (d *dashboard) title(ctx context.Context) string {
	title := ""
	switch {
	case d.deployment.builtIn:
		title = "built-in lab"
	case d.kind == report.Lab:
		title = "lab"
	}
	if until, limited := ctx.Deadline(); limited {
		if title != "" {
			title += ", "
		}
		title += "until " + until.Format(time.TimeOnly)
	}
	return title
}

// write writes a snapshot to a new file in the current folder, as -o json prints it, and returns its name.
func (d *dashboard) write(s *probe.Snapshot) (string, error) {
	found := d.result(s)
	found.Events = d.shown.kept()
	name := "aafailover-probe-" + time.Now().Format("20060102-150405.000") + ".json"
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", err
	}
	if err = report.WriteJSON(file, report.NewProbeDocument(found)); err != nil {
		_ = file.Close()
		_ = os.Remove(name) // half a document is of no use
		return "", err
	}
	return name, file.Close()
}
