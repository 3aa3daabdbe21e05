package report

import (
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
)

// yourRate is the rate, in writes a second, that an incident is told for besides that of the canary: an application has
// another one, and finds its own by proportion.
const yourRate = 1000

// incidentText writes what was missing in an incident, and what became of it.
func incidentText(style Style, i canary.Incident) (string, error) {
	p := drillPage{drillView: incidentView(&i), style: style}
	from, to := words.Clean(p.region(i.From)), words.Clean(p.region(i.To))
	p.line("incident", fmt.Sprintf("%d: from %s to %s at %s: %s", i.Number, from, to, style.date(i.Start.Add(i.CutOverAt)), words.Said(i.Why)))
	if silence, known := i.Silence(); known {
		p.line("RTO", fmt.Sprintf("at most %s, from the last write that %s acknowledged where it fails: %s to detect + %s to decide + %s to connect and write",
			words.Rough(silence), from, words.Rough(max(i.DetectedAt-*i.LastAck, 0)), words.Rough(i.DecidedAt-i.DetectedAt), words.Rough(i.CutOverAt-i.DecidedAt)))
	} else {
		p.line("RTO", "not known: no write had failed before an application would have moved")
	}
	p.line("RPO", fmt.Sprintf("%s missing at the cut-over, %s lost", rpoText(i.RPO.Missed, i.Unread), rpoText(i.RPO.Lost, i.Unread+i.Fates[drill.Pending])))
	p.line("missed", incidentMissed(&i, to))
	p.line("measured", againstYours(&i))
	if back := i.Return; back != nil {
		text := fmt.Sprintf("to %s at %s: %s missing there", words.Clean(p.region(back.To)), style.clock(i.Start.Add(back.At)), words.Count(back.Missing, "write"))
		if back.Unread > 0 {
			text += fmt.Sprintf(", %s could not be looked for", words.Thousands(back.Unread))
		}
		p.line("returned", text)
	} else if !i.Homeward {
		p.line("returned", "not yet")
	}
	p.windows()
	if i.MoreWindows > 0 {
		fmt.Fprintf(&p.out, "%*sand %s more windows, which were not kept\n", labelled, "", words.Thousands(i.MoreWindows))
	}
	return p.out.String(), p.err
}

// incidentMissed counts what was missed by its fate.
func incidentMissed(i *canary.Incident, to string) string {
	text := "nothing that was acknowledged was missing in " + to + " at the cut-over"
	if n := i.Missed(); n > 0 {
		var parts []string
		for _, f := range fates {
			if c := i.Fates[f]; c > 0 || f == drill.Converged || f == drill.Lost {
				parts = append(parts, fmt.Sprintf("%s %s", words.Thousands(c), f))
			}
		}
		text = fmt.Sprintf("%s acknowledged and not readable in %s at the cut-over: %s", words.Count(n, "canary write"), to, strings.Join(parts, ", "))
	}
	if i.Unread > 0 {
		text += fmt.Sprintf("; %s could not be looked for", words.Count(i.Unread, "write"))
	}
	return text
}

// againstYours says what the counts are to be seen against.
func againstYours(i *canary.Incident) string {
	text := fmt.Sprintf("on %s writes/s: your rate differs. At %s writes/s about %s would have been missed", words.Amount(i.Rate), words.Thousands(yourRate),
		words.Thousands(int(float64(i.Missed())*yourRate/i.Rate)))
	if i.Lag == (drill.Lag{}) {
		return text
	}
	low, high := i.Expected(yourRate)
	return text + fmt.Sprintf("; the lag (%s p50, %s p99) alone lets one expect %s-%s (lag × rate)", words.Rough(i.Lag.P50), words.Rough(i.Lag.P99), words.Thousands(low), words.Thousands(high))
}

// mostIncidents is how many of the last incidents a result for people tells.
const mostIncidents = 3

// CanaryText says where a canary writes and what became of its writes, without a full stop.
func CanaryText(rate float64, active string, writes drill.Tally) string {
	if active == "" {
		return "Canary: it had not begun to write"
	}
	return fmt.Sprintf("Canary: %s writes/s, now in %s: %s acknowledged, %s rejected, %s indeterminate", words.Amount(rate), words.Clean(active),
		words.Thousands(writes.Acknowledged), words.Thousands(writes.Rejected), words.Thousands(writes.Indeterminate))
}

// canary writes what the canary of a probe has found.
func (p *probePage) canary(s *canary.State) {
	if s == nil {
		return
	}
	text := CanaryText(s.Rate, s.Active, s.Writes)
	var lags []string
	for _, l := range s.Lags {
		lags = append(lags, fmt.Sprintf("%s %s / %s / %s", words.Link(l.From, l.To), words.Rough(l.P50), words.Rough(l.P99), words.Rough(l.Max)))
	}
	if len(lags) > 0 {
		text += "; from write to visible, p50 / p99 / max at most: " + strings.Join(lags, ", ")
	}
	p.out.WriteString("\n" + p.style.wrap(text+".", 0) + "\n")
	if len(s.Incidents) == 0 {
		p.out.WriteString(p.style.wrap("An application under the failover policy would not have moved.", 0) + "\n")
	}
	first := max(len(s.Incidents)-mostIncidents, 0)
	if first > 0 {
		p.out.WriteString(p.style.wrap(words.Count(first, "earlier incident")+": all in -o json.", 0) + "\n")
	}
	for _, i := range s.Incidents[first:] {
		text, err := incidentText(p.style, i)
		p.add(text, err)
	}
}
