package docs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/simulate"
)

// What the page says of the defaults of client libraries is what they are simulated by.
func TestTheDefaultsOfClientLibrariesAreThoseSimulated(t *testing.T) {
	t.Parallel()
	rows := map[string][]string{} // the cells of the table, by the first of the row
	for line := range strings.Lines(readDocument(t, "client-libraries.md")) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		if len(cells) > 5 {
			rows[cells[0]] = cells[1:]
		}
	}
	short := func(d time.Duration) string {
		switch {
		case d == 0:
			return "0"
		case d%time.Minute == 0:
			return fmt.Sprint(int(d/time.Minute), " min")
		case d%time.Second == 0:
			return fmt.Sprint(int(d/time.Second), " s")
		}
		return fmt.Sprint(d.Milliseconds(), " ms")
	}
	for i, c := range simulate.Clients() {
		limit := short(c.Timeout)
		if c.PerRound {
			limit += " a round"
		}
		for row, want := range map[string]string{
			"":                             c.Name,
			"a check every":                short(c.Pause),
			"PINGs in a check":             fmt.Sprintf("%d, %s apart", c.Probes, short(c.Gap)),
			"each may take":                limit,
			"away at least":                short(c.Grace),
			"looks for the way back every": short(c.Return),
		} {
			if len(rows[row]) != len(simulate.Clients()) || rows[row][i] != want {
				t.Errorf("%s, %q: %q, and not %q", c.Name, row, rows[row], want)
			}
		}
	}
}
