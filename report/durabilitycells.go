package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill/durability"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// column of a durability table. The smallest widths of a terminal on which it is shown tells what can be spared first.
type durabilityColumn struct {
	title string
	from  int
	cell  func(durability.Row) string
	shown func(durability.Row) bool // in tables of which a row is such; nil: in all
}

func durabilityColumns() []durabilityColumn {
	return []durabilityColumn{
		{title: "promised", cell: func(r durability.Row) string { return promisedCell(r.Promise) }},
		{title: "measured", cell: measuredCell},
		{title: "lost", cell: ofMeasured(func(r durability.Row) string { return words.Thousands(r.Loss.Lost) })},
		{title: "acknowledged", from: 90, cell: ofMeasured(func(r durability.Row) string { return words.Thousands(r.Writes.Acknowledged) })},
		{title: "unconfirmed", from: 96, cell: ofMeasured(func(r durability.Row) string { return words.Thousands(r.Writes.Unconfirmed) }),
			shown: func(r durability.Row) bool { return r.Writes.Unconfirmed > 0 }},
		{title: "refused", from: 72, cell: ofMeasured(func(r durability.Row) string { return words.Thousands(r.Writes.Rejected) }),
			shown: func(r durability.Row) bool { return r.Writes.Rejected > 0 }},
		{title: "resync", cell: ofMeasured(func(r durability.Row) string {
			if r.Resync == nil {
				return "-"
			}
			return words.Rough(r.Resync.Took)
		}), shown: func(r durability.Row) bool { return r.Resync != nil }},
		{title: "over the link", from: 72, cell: ofMeasured(func(r durability.Row) string {
			if r.Resync == nil {
				return "-"
			}
			return words.Bytes(float64(r.Resync.Bytes))
		}), shown: func(r durability.Row) bool { return r.Resync != nil }},
		{title: "downtime", cell: ofMeasured(func(r durability.Row) string {
			if r.Downtime == nil {
				return "-"
			}
			return words.Rough(*r.Downtime)
		}), shown: func(r durability.Row) bool { return r.Downtime != nil }},
		{title: "p50", from: 80, cell: ofMeasured(func(r durability.Row) string { return latencyCell(r.Latency.P50) })},
		{title: "p99", from: 70, cell: ofMeasured(func(r durability.Row) string { return latencyCell(r.Latency.P99) })},
	}
}

func ofMeasured(cell func(durability.Row) string) func(durability.Row) string {
	return func(r durability.Row) string {
		if !r.Measured() {
			return "-"
		}
		return cell(r)
	}
}

// nothingLost is an RPO of nothing: a word such as "none" could be taken for no promise.
const nothingLost = "0 s"

func promisedCell(p durability.Promise) string {
	switch {
	case p.Unbounded:
		return "unbounded"
	case p.RPO == 0:
		return nothingLost
	}
	return words.Rough(p.RPO)
}

// measuredCell is the RPO that was measured.
func measuredCell(r durability.Row) string {
	switch {
	case !r.Measured() || r.Writes.Confirmed() == 0: // what was never there cannot be lost
		return "-"
	case r.Loss.Everything:
		return "> " + words.Rough(r.Loss.RPO)
	case r.Loss.Lost == r.Loss.Unconfirmed:
		return nothingLost
	}
	return words.Rough(r.Loss.RPO)
}

// latencyCell is a latency: what a setting costs is often a fraction of a millisecond.
func latencyCell(d time.Duration) string {
	if d < time.Millisecond {
		return words.Thousands(d.Microseconds()) + " µs"
	}
	return words.Rough(d)
}

func keptTone(r durability.Row) tone.Tone {
	switch {
	case !r.Kept():
		return tone.Bad
	case r.Loss.Lost > 0:
		return tone.Poor
	}
	return tone.Good
}

// slowBelow is the share of the rate that was asked for, below which the row says so.
const slowBelow = 0.9

// remarksOn is what has to be said to a row beside its numbers.
func remarksOn(r durability.Row, rate float64) []string {
	if !r.Measured() {
		return []string{"not measured: " + words.Said(r.Unmeasured.Error())}
	}
	var all []string
	if !r.Kept() {
		all = append(all, fmt.Sprintf("lost more than promised (%s)", r.Promise.Because))
	}
	if r.Writes.Confirmed() == 0 {
		all = append(all, "no write was confirmed, so there is no RPO to measure")
	}
	if r.Loss.Unconfirmed > 0 {
		all = append(all, fmt.Sprintf("of the lost, %s had not been confirmed, which the application was told", words.Count(r.Loss.Unconfirmed, "write")))
	}
	if r.Resync != nil {
		all = append(all, kindOfResync(*r.Resync))
	}
	if r.PowerCut != nil {
		all = append(all, cutText(*r.PowerCut))
	}
	if r.PerSecond < slowBelow*rate && r.Writes.Rejected == 0 {
		all = append(all, fmt.Sprintf("%s writes/s were all that it took", words.Amount(r.PerSecond)))
	}
	if len(r.Draws) > 1 {
		all = append(all, drawsText(r.Draws))
	}
	return append(all, r.Notes...)
}

// drawsText says between what the repeats of a row lay.
func drawsText(draws []time.Duration) string {
	least, most := slices.Min(draws), slices.Max(draws)
	if most == 0 {
		return fmt.Sprintf("%d times 0 s", len(draws))
	}
	return fmt.Sprintf("the worst of %d: %s to %s", len(draws), words.Rough(least), words.Rough(most))
}

// cutText says what the power cut was measured by.
func cutText(c durability.Cut) string {
	taken := "all that was written had been fsynced"
	switch {
	case c.Bytes > 0:
		taken = words.Bytes(float64(c.Bytes)) + " had been written and not fsynced"
	case c.Syncs == 0:
		return "nothing had been written to a file"
	}
	if c.Syncs == 0 {
		return taken + ", without any fsync"
	}
	return fmt.Sprintf("%s; %s of %s on average", taken, words.Count(c.Syncs, "fsync"), latencyCell(c.Syncing/time.Duration(c.Syncs)))
}

func kindOfResync(s durability.Resync) string {
	switch {
	case s.Full > 0:
		return "full resync"
	case s.Partial > 0:
		return "partial resync"
	}
	return "no resync"
}
