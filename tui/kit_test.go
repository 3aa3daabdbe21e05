package tui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/probe"
)

// painted is the palette of a terminal of 16 colours.
func painted() palette {
	r := lipgloss.NewRenderer(nil)
	r.SetColorProfile(termenv.ANSI)
	return newPalette(r)
}

// words to make names of: wide characters, combining ones and colours among them.
var pieces = []string{"us", "eu", "東京", "ap-southeast", "é", "e\u0301", "●", "🇪🇺", "", " ", painted().toned("down", tone.Bad)}

func randomText(random *rand.Rand) string {
	var text strings.Builder
	for range random.IntN(6) {
		text.WriteString(pieces[random.IntN(len(pieces))])
	}
	return text.String()
}

func TestTextTakesExactlyItsColumns(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		text, width := randomText(random), random.IntN(30)
		for name, got := range map[string]string{"pad": pad(text, width), "padLeft": padLeft(text, width), "selected": painted().selected(text, width)} {
			if widthOf(got) != width {
				t.Fatalf("%s(%q, %d) = %q, %d columns", name, text, width, got, widthOf(got))
			}
		}
		if got := clip(text, width); widthOf(got) > width || widthOf(text) <= width && got != text {
			t.Fatalf("clip(%q, %d) = %q", text, width, got)
		}
		if got := ends(text, "14:02:31", width); widthOf(got) > width || !utf8.ValidString(got) {
			t.Fatalf("ends(%q, %d) = %q", text, width, got)
		}
	}
}

func TestATableIsNeverTooWide(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		columns := make([]column, 1+random.IntN(6))
		rows := make([][]string, random.IntN(5))
		for i := range columns {
			columns[i] = column{title: randomText(random), right: random.IntN(2) == 0, drop: random.IntN(4), least: random.IntN(8)}
		}
		for i := range rows {
			for range columns {
				rows[i] = append(rows[i], randomText(random))
			}
		}
		width := random.IntN(100)
		lines := table(painted(), columns, rows, random.IntN(5), width)
		if len(lines) != len(rows)+1 {
			t.Fatalf("%d rows became %d lines", len(rows), len(lines))
		}
		for _, line := range lines {
			if widthOf(line) > width {
				t.Fatalf("%d columns at a width of %d: %q", widthOf(line), width, line)
			}
		}
	}
}

func TestATableDropsItsColumnsInTheChosenOrder(t *testing.T) {
	columns := []column{{title: "region"}, {title: "state", drop: 1}, {title: "cause", drop: 3, least: 6}, {title: "p50", right: true, drop: 2}}
	rows := [][]string{{"us", "● available", "-", "0.4 ms"}, {"eu", "✖ down", "connection refused", "-"}}
	for _, c := range []struct {
		width, selected int
		want            string
	}{
		{60, noRow, " region  state        cause                  p50\n us      ● available  -                   0.4 ms\n eu      ✖ down       connection refused       -"},
		{60, 1, " region  state        cause                  p50\n us      ● available  -                   0.4 ms\n▸eu      ✖ down       connection refused       -"},
		{40, noRow, " region  state        cause          p50\n us      ● available  -           0.4 ms\n eu      ✖ down       connectio…       -"},
		{36, noRow, " region  state        cause      p50\n us      ● available  -       0.4 ms\n eu      ✖ down       conne…       -"},
		{35, noRow, " region  state           p50\n us      ● available  0.4 ms\n eu      ✖ down            -"},
		{22, noRow, " region  state\n us      ● available\n eu      ✖ down"},
		{8, 0, " region\n▸us\n eu"},
		{4, noRow, " re…\n us\n eu"},
	} {
		var got []string
		for _, line := range table(palette{}, columns, rows, c.selected, c.width) {
			got = append(got, strings.TrimRight(line, " "))
		}
		if text := strings.Join(got, "\n"); text != c.want {
			t.Errorf("at a width of %d:\n%s\nwant:\n%s", c.width, text, c.want)
		}
	}
}

// counted is a panel of numbered lines.
func counted(name string, least, most, drop, has int) panel {
	return panel{least: least, most: most, drop: drop, lines: func(height int) []string {
		var lines []string
		for i := range min(has, height) {
			lines = append(lines, fmt.Sprint(name, i+1))
		}
		return lines
	}}
}

func TestAStackGivesEachPanelWhatItNeeds(t *testing.T) {
	panels := []panel{counted("head", 1, 1, 0, 1), counted("table", 2, 3, 0, 3), counted("log", 1, 0, 1, 9), counted("keys", 1, 1, 2, 1)}
	for _, c := range []struct {
		height int
		want   string
	}{
		{12, "head1  table1 table2 table3  log1 log2 log3 log4  keys1"},
		{9, "head1  table1 table2 table3  log1  keys1"},
		{8, "head1 table1 table2 table3 log1 log2 log3 keys1"}, // what a table has to show comes before empty lines
		{5, "head1 table1 table2 log1 keys1"},
		{4, "head1 table1 table2 log1"},
		{3, "head1 table1 table2"},
		{1, "head1"},
		{0, ""},
	} {
		if got := strings.Join(stack(panels, c.height), " "); got != c.want {
			t.Errorf("%d lines: %q, want %q", c.height, got, c.want)
		}
	}
}

func TestAStackIsNeverTooHigh(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		panels := make([]panel, 1+random.IntN(6))
		for i := range panels {
			least := random.IntN(5)
			panels[i] = counted("p", least, random.IntN(3)*(least+random.IntN(5)), random.IntN(4), random.IntN(20))
		}
		if height := random.IntN(40); len(stack(panels, height)) > height {
			t.Fatalf("%d lines at a height of %d", len(stack(panels, height)), height)
		}
	}
}

func TestSparklines(t *testing.T) {
	for _, c := range []struct {
		why     string
		points  []point
		ceiling float64
		width   int
		want    string
	}{
		{"the newest at the right end", []point{{value: 1}, {value: 8}}, 0, 5, "   ▂█"},
		{"only the last ones fit", []point{{value: 8}, {value: 1}, {value: 8}}, 0, 2, "▂█"},
		{"a ceiling makes lines comparable", []point{{value: 4}}, 8, 1, "▅"},
		{"a mark instead of a value, which does not count", []point{{value: 9, mark: '✖'}, {mark: gapMark}, {value: 1}}, 0, 3, "✖ █"},
		{"nothing at all is a flat line", []point{{}, {}}, 0, 2, "▁▁"},
		{"no room", []point{{value: 1}}, 0, 0, ""},
	} {
		if got := spark(c.points, c.ceiling, c.width); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

func TestBars(t *testing.T) {
	for _, c := range []struct {
		value, most float64
		width       int
		want        string
	}{
		{8, 8, 4, "████"}, {4, 8, 4, "██"}, {1, 8, 4, "▌"}, {.001, 8, 4, "▏"}, {0, 8, 4, ""}, {9, 8, 2, "██"}, {1, 0, 4, ""}, {1, 1, 0, ""},
	} {
		if got := bar(c.value, c.most, c.width); got != c.want {
			t.Errorf("%g of %g in %d columns: %q, want %q", c.value, c.most, c.width, got, c.want)
		}
	}
}

func TestAFeedKeepsTheNewest(t *testing.T) {
	var f Feed[int]
	if latest, events := f.take(); latest != nil || events != nil {
		t.Fatalf("an empty feed: %v, %v", latest, events)
	}
	one, two := 1, 2
	f.Put(&one)
	f.Put(&two)
	for slot := range 3 * maxEvents {
		f.Event(probe.Event{Slot: slot})
	}
	latest, events := f.take()
	if *latest != 2 {
		t.Errorf("the newest value is %d", *latest)
	}
	if n := len(events); n < maxEvents/2 || n > maxEvents || events[n-1].Slot != 3*maxEvents-1 || events[0].Slot != 3*maxEvents-n {
		t.Errorf("%d events, from %d to %d", n, events[0].Slot, events[n-1].Slot)
	}
	if latest, events := f.take(); latest != &two || len(events) != 0 {
		t.Errorf("taken again: %v, %d events", latest, len(events))
	}
}

func TestAPaletteWithoutColourPaintsNothing(t *testing.T) {
	var p palette
	if got := p.toned("x", tone.Bad) + p.bold.on("x") + p.faint.on("x") + p.marked("down"); got != "xxx✖ down" || !p.plain() {
		t.Errorf("%q, plain %t", got, p.plain())
	}
	if got := painted().marked("down"); got != "\x1b[31m✖ down\x1b[0m" || painted().plain() {
		t.Errorf("%q", got)
	}
}
