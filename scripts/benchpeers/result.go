package main

import (
	"slices"
	"time"
)

// measured is an experiment that was made: what docs/performance.json keeps of it.
type measured struct {
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	At      time.Time `json:"at"`
	Commit  string    `json:"commit"`
	Machine string    `json:"machine"`
	Runs    int       `json:"runs"`
	Lines   []result  `json:"lines"`
	Notes   []string  `json:"notes,omitempty"` // Markdown
}

// result is what came out for one line.
type result struct {
	Name    string  `json:"name"`
	What    string  `json:"what"`
	Peer    string  `json:"peer,omitempty"`
	Unit    string  `json:"unit"`
	Ours    summary `json:"ours"`
	Theirs  summary `json:"theirs,omitzero"` // of the peer
	Ratio   summary `json:"ratio,omitzero"`  // ours by the peer's of the same repetition
	Excess  summary `json:"excess,omitzero"` // ours less the peer's of the same repetition
	Aim     string  `json:"aim,omitempty"`
	Reached bool    `json:"reached"`
	// Score is what the guard compares: a ratio, or an amount that no other machine changes.
	Score float64 `json:"score"`
	// MoreIsBetter says which way the score gets worse.
	MoreIsBetter bool `json:"more_is_better"`
}

// summary is of the repetitions.
type summary struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// summarize returns the zero value of none. The median of an even number is the mean of the two in the middle.
func summarize(values []float64) summary {
	if len(values) == 0 {
		return summary{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return summary{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1]}
}

// reduce makes a result of the readings of a line. The yardstick has, for each repetition, how long the fixed work took just
// before it.
func reduce(l line, readings []reading, yardstick []float64) result {
	var ours, theirs, ratios, excesses, scores []float64
	for i, r := range readings {
		ours = append(ours, r.ours)
		scores = append(scores, score(l, r, yardstick[i]))
		if l.peer == "" {
			continue
		}
		theirs = append(theirs, r.peer)
		excesses = append(excesses, r.ours-r.peer)
		if r.peer != 0 {
			ratios = append(ratios, r.ours/r.peer)
		}
	}
	out := result{
		Name: l.name, What: l.what, Peer: l.peer, Unit: l.unit,
		Ours: summarize(ours), Theirs: summarize(theirs), Ratio: summarize(ratios), Excess: summarize(excesses),
		Score: summarize(scores).Median, MoreIsBetter: l.aim.atLeast || l.unit == perSecond,
	}
	out.Aim, out.Reached = l.aim.text(l.unit), l.aim.reached(out)
	return out
}

// score is what of a reading can be compared with that of another day.
func score(l line, r reading, yardstick float64) float64 {
	switch {
	case l.peer != "" && r.peer != 0:
		return r.ours / r.peer
	case isTime(l.unit):
		return r.ours / yardstick
	case l.unit == perSecond:
		return r.ours * yardstick
	}
	return r.ours
}
