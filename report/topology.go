package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/words"
)

// TopologyText writes several scenarios of one topology side by side, and under each what to learn from it.
func TopologyText(w io.Writer, style Style, t promotion.Topology, all []PromotionResult) error {
	text, err := topologyTable(style, all)
	if err != nil {
		return err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n\n", style.wrap(fmt.Sprintf("%s: %s", t, topologyCounts(all)), 0))
	out.WriteString(text)
	out.WriteString("\n" + style.wrap("RTO: from the fault to the first write that the new primary acknowledged, in three parts. lost: acknowledged writes that are gone; "+
		"second: those of them that a client was promised which stayed with the old primary. away: the longest time for which some shard took no write.", 1) + "\n\n")
	for _, r := range all {
		finding := PromotionFinding(r.Record)
		if r.Record.Drill.Verdict != drill.Pass {
			finding = words.Said(r.Record.Drill.Reason) + ". " + finding
		}
		if finding != "" {
			out.WriteString(style.wrap(r.Record.Scenario.Name+": "+finding, 1) + "\n")
		}
	}
	if text := firstRedirection(all); text != "" {
		out.WriteString("\n" + style.wrap(text, 1) + "\n")
	}
	for _, limit := range topologyLimits(all) {
		out.WriteString("\n" + style.wrap("limits: "+words.Said(limit), 1) + "\n")
	}
	_, err = io.WriteString(w, out.String())
	return err
}

// topologyTable has a row for each scenario, and as many columns as fit: the parts of the RTO are left out first.
func topologyTable(style Style, all []PromotionResult) (string, error) {
	named := append(left("scenario", "result"), right("RTO", "lost", "away", "second", "detect", "elect", "redirect")...)
	rows := convert(all, func(r PromotionResult) []string { return topologyRow(style, r.Record) })
	text := ""
	for _, columns := range []int{9, 6, 4} {
		var err error
		text, err = style.table(named[:columns], convert(rows, func(row []string) []string { return row[:columns] }))
		if err != nil || widthOf(text) <= style.columns() {
			return text, err
		}
	}
	return text, nil
}

// topologyRow is one scenario.
func topologyRow(style Style, rec *promotion.Record) []string {
	d := rec.Drill
	rto, detect, elect, redirect, away, lost, second := "-", "-", "-", "-", "-", "-", "-"
	rough := func(d *time.Duration) string {
		if d == nil {
			return "?"
		}
		return words.Rough(*d)
	}
	if p, ok := rec.Parts(); ok {
		rto, detect, elect, redirect = words.Rough(p.Total), rough(p.Detection), rough(p.Election), rough(p.Redirection)
	}
	longest := time.Duration(-1)
	for _, s := range rec.Shards {
		longest = max(longest, s.Gap)
	}
	if longest >= 0 {
		away = words.Rough(longest)
	}
	if rec.SyncedAt != nil {
		lost = words.Thousands(d.Count(drill.Lost))
		if rec.SplitBrain != nil {
			second = words.Thousands(rec.SplitBrain.Lost)
		}
	}
	return []string{words.Clean(rec.Scenario.Name), style.marked(string(d.Verdict), ""), rto, lost, away, second, detect, elect, redirect}
}

// topologyCounts says how many scenarios passed.
func topologyCounts(all []PromotionResult) string {
	passed := 0
	for _, r := range all {
		if r.Record.Drill.Verdict == drill.Pass {
			passed++
		}
	}
	engine := ""
	if len(all) > 0 {
		engine = ", " + words.Clean(all[0].Engine)
	}
	return fmt.Sprintf("%d of %s passed%s", passed, words.Count(len(all), "scenario"), engine)
}

// firstRedirection says once why clients took long to get to a new primary: it is the same for all scenarios in which they did.
func firstRedirection(all []PromotionResult) string {
	for _, r := range all {
		if text := (promotionView{drillView{r.Record.Drill}, r.Record}).redirection(); text != "" {
			return fmt.Sprintf("redirect (%s): %s", words.Clean(r.Record.Scenario.Name), text)
		}
	}
	return ""
}

// topologyLimits are those of all, each once.
func topologyLimits(all []PromotionResult) []string {
	var limits []string
	seen := make(map[string]bool)
	for _, r := range all {
		for _, limit := range r.Record.Limits {
			if !seen[limit] {
				seen[limit] = true
				limits = append(limits, limit)
			}
		}
	}
	return limits
}
