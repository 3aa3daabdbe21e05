package matrix_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// table is the confusion table.
type table struct {
	mode  string
	mu    sync.Mutex
	again int // runs that were played again
	rows  map[string]*row
	took  map[class]*times
}

// row is one step of a scenario, over all its runs.
type row struct {
	scenario       string
	step           int
	expected       probe.Verdict
	got            map[probe.Verdict]int
	wrong          int // runs of the scenario in which anything was wrong; in its first row
	detected, told []time.Duration
}

// add takes in a run.
func (t *table) add(s *scenario, o *outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows, t.took = make(map[string]*row), make(map[class]*times)
	}
	t.again += o.again
	for i, r := range o.results {
		key := fmt.Sprintf("%s %03d", s.name, i)
		if t.rows[key] == nil {
			t.rows[key] = &row{scenario: s.name, step: i, expected: r.expected, got: make(map[probe.Verdict]int)}
		}
		line := t.rows[key]
		line.got[r.got]++
		if i == 0 && len(o.wrong) > 0 {
			line.wrong++
		}
		of := new(times)
		if i > 0 && s.Steps[i-1].Measures != "" {
			c := s.Steps[i-1].Measures
			if t.took[c] == nil {
				t.took[c] = new(times)
			}
			of = t.took[c]
		}
		if r.detected != nil {
			line.detected = append(line.detected, *r.detected)
			of.detected = append(of.detected, *r.detected)
		}
		if r.told != nil {
			line.told = append(line.told, *r.told)
			of.told = append(of.told, *r.told)
		}
	}
}

// String is the table, and below it how often each verdict was given where each was right. Times are from the end of the
// actions to the first snapshot with the right verdict and findings, and to the event of that verdict, in seconds.
func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var text strings.Builder
	fmt.Fprintf(&text, "\n%-46s %-20s %-30s %-28s %s\n", "scenario ("+t.mode+")", "expected", "got", "seen min/median/p99/max, s", "told, s")
	sums := make(map[[2]probe.Verdict]int)
	wrong := 0
	for _, key := range slices.Sorted(maps.Keys(t.rows)) {
		r := t.rows[key]
		name := fmt.Sprintf("%*d", 4, r.step)
		if r.step == 0 {
			name = r.scenario
			if r.wrong > 0 {
				name += fmt.Sprintf("  %d WRONG", r.wrong)
				wrong += r.wrong
			}
		}
		fmt.Fprintf(&text, "%-46s %-20s %-30s %-28s %s\n", name, r.expected, counts(r.got), spread(r.detected), spread(r.told))
		for verdict, n := range r.got {
			sums[[2]probe.Verdict{r.expected, verdict}] += n
		}
	}
	fmt.Fprintf(&text, "\n%-20s %s\n", "expected", "got")
	for _, key := range slices.SortedFunc(maps.Keys(sums), func(a, b [2]probe.Verdict) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	}) {
		fmt.Fprintf(&text, "%-20s %-20s %d\n", key[0], key[1], sums[key])
	}
	fmt.Fprintf(&text, "wrong runs: %d\n", wrong)
	if t.again > 0 {
		fmt.Fprintf(&text, "played again, because the machine stood still: %d\n", t.again)
	}
	return text.String()
}

func counts(got map[probe.Verdict]int) string {
	var all []string
	for _, v := range slices.Sorted(maps.Keys(got)) {
		all = append(all, fmt.Sprintf("%s %d", v, got[v]))
	}
	return strings.Join(all, ", ")
}

// spread returns the least, the middle, the 99th percentile and the most of some times.
func spread(times []time.Duration) string {
	if len(times) == 0 {
		return "-"
	}
	slices.Sort(times)
	short := func(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }
	at := func(share float64) string { return short(times[int(share*float64(len(times)-1)+0.5)]) }
	return at(0) + " / " + at(0.5) + " / " + at(0.99) + " / " + at(1)
}
