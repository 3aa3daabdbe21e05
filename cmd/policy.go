package cmd

import (
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/probe"
)

// addPolicy adds a flag for every part of the probe's policy.
func addPolicy(flags *pflag.FlagSet, p *probe.Policy) {
	*p = probe.DefaultPolicy()
	flags.DurationVar(&p.Interval, "interval", p.Interval, "time between two messages on a channel")
	flags.DurationVar(&p.Deadline, "deadline", p.Deadline, "how long a message or an answer may take before it is overdue")
	flags.DurationVar(&p.Horizon, "horizon", p.Horizon, "how long an overdue message is waited for before it is lost")
	flags.IntVar(&p.Window, "window", p.Window, "messages of a cell that decide between up and degraded")
	flags.IntVar(&p.Up, "up", p.Up, "messages delivered in a row for a cell to be up")
	flags.IntVar(&p.Degraded, "degraded", p.Degraded, "messages of the window late, lost or overdue for a cell to be degraded")
	flags.IntVar(&p.Down, "down", p.Down, "messages overdue in a row for a cell to be down")
	flags.IntVar(&p.Attempts, "attempts", p.Attempts, "failed attempts to connect in a row for a shard to be down")
	flags.IntVar(&p.Unanswered, "unanswered", p.Unanswered, "unanswered pings in a row for a shard to be down")
	flags.IntVar(&p.Answered, "answered", p.Answered, "answered pings in a row for a shard to be available")
	flags.IntVar(&p.Errors, "errors", p.Errors, "error replies in a row for a shard to be impaired")
	flags.DurationVar(&p.UpFor, "up-for", p.UpFor, "how long all links of a region must be up before it is safe to return to")
	flags.DurationVar(&p.Pause, "pause", p.Pause, "how late this process may be before its observations count as no evidence")
}
