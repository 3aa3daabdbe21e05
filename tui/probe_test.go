package tui

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/probe"
)

func TestProbeFrames(t *testing.T) {
	for _, state := range probeStates {
		for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
			m := opened(state.snap(), size[0], size[1])
			same(t, fmt.Sprintf("probe_%s_%dx%d.golden", state.name, size[0], size[1]), m.View()+"\n")
		}
	}
}

func TestProbePages(t *testing.T) {
	down := probeStates[1].snap
	for _, page := range []struct {
		name string
		keys []string
	}{
		{"link", []string{"enter"}},
		{"cell", []string{"down", "down", "down", "enter"}},
		{"region", []string{"shift+tab", "enter"}},
		{"events", []string{"e"}},
		{"help", []string{"?"}},
		{"filter", []string{"/", "e", "u"}},
		{"sorted_paused", []string{"s", "p", "tab"}},
	} {
		t.Run(page.name, func(t *testing.T) {
			m := opened(down(), 100, 30)
			press(m, page.keys...)
			if f := m.Focus(); f.From != "" {
				m.config.Feed.Put(withDetail(down(), f))
				m.Update(tickMsg(at(31.5)))
			}
			same(t, "probe_page_"+page.name+".golden", m.View()+"\n")
		})
	}
}

// withDetail adds the round trips of what is looked at.
func withDetail(s *probe.Snapshot, f probe.Focus) *probe.Snapshot {
	s.Focus = &probe.Detail{Focus: f, RTT: probe.RTT{P50: 80 * time.Millisecond, P99: 120 * time.Millisecond, Max: 131 * time.Millisecond}}
	low := 60 * time.Millisecond
	for _, n := range []uint64{3, 40, 90, 70, 20, 4, 1} {
		s.Focus.Buckets = append(s.Focus.Buckets, probe.Bucket{Low: low, High: low + low/8, Count: n})
		low += low / 8
	}
	return s
}

func TestProbeInColour(t *testing.T) {
	m := opened(probeStates[1].snap(), 80, 24)
	m.dress(painted())
	same(t, "probe_down_80x24_colour.golden", strings.ReplaceAll(m.View(), "\x1b", "␛")+"\n")
}

// within fails when a frame has a line that is too wide, or too many lines.
func within(t *testing.T, frame string, width, height int) {
	t.Helper()
	lines := strings.Split(frame, "\n")
	if len(lines) > max(height, 1) {
		t.Fatalf("%d lines on a screen of %dx%d", len(lines), width, height)
	}
	for _, line := range lines {
		if n := widthOf(line); n > width {
			t.Fatalf("%d columns on a screen of %dx%d: %q", n, width, height, line)
		}
	}
}

// probeKeys are all keys by name, those that do nothing among them.
func probeKeys(m *Probe) []string {
	keys := []string{"x", "Z", "7", " ", "東", "é", "\x1b", "jj", "backspace"}
	for _, b := range m.keys {
		keys = append(keys, b.keys...)
	}
	return keys
}

// Whatever is typed, shown or resized: no frame is ever wider or higher than the screen, and nothing panics.
func TestAProbeNeverLeavesItsScreen(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var snaps []*probe.Snapshot
	for _, state := range probeStates {
		snaps = append(snaps, state.snap())
	}
	snaps = append(snaps, nil, empty(), observed(1, "a", "b"), unlike(observed(7, "one", "a-very-long-name-of-a-region-indeed", "三")), observed(2, manyNames(12)...))
	for round := range 100 {
		width, height := 1+random.IntN(300), 1+random.IntN(80)
		if round%3 == 0 {
			width, height = 1+random.IntN(60), 1+random.IntN(15)
		}
		m := opened(snaps[random.IntN(len(snaps))], width, height)
		if random.IntN(2) == 0 {
			m.dress(painted())
		}
		keys := probeKeys(m)
		within(t, m.View(), width, height)
		for range 40 {
			switch random.IntN(12) {
			case 0:
				width, height = 1+random.IntN(300), 1+random.IntN(80)
				m.Update(tea.WindowSizeMsg{Width: width, Height: height})
			case 1:
				if s := snaps[random.IntN(len(snaps))]; s != nil {
					m.config.Feed.Put(s)
				}
				m.Update(tickMsg(at(31 + random.Float64()*100_000)))
			case 2:
				m.config.Feed.Say(at(40), randomText(random))
			default:
				m.Update(keyNamed(keys[random.IntN(len(keys))]))
			}
			within(t, m.View(), width, height)
			m.selected()
		}
	}
}

// empty is a snapshot of nothing.
func empty() *probe.Snapshot { return &probe.Snapshot{Verdict: probe.Unobservable} }

// unlike gives the cells of a snapshot shards that have no equal at the other end, and a link none at all.
func unlike(s *probe.Snapshot) *probe.Snapshot {
	for i := range s.Links {
		for k := range s.Links[i].Cells {
			s.Links[i].Cells[k].ToShard = k / 2
		}
	}
	s.Links[1].Cells, s.Links[2].Rounds = nil, nil
	return s
}

func manyNames(n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint("region-", i))
	}
	return names
}

func TestEverySizeHoldsTheAnswer(t *testing.T) {
	for _, state := range probeStates {
		m := opened(state.snap(), 1, 1)
		for width := 1; width <= 300; width += 7 {
			for height := 1; height <= 80; height += 3 {
				m.Update(tea.WindowSizeMsg{Width: width, Height: height})
				frame := m.View()
				within(t, frame, width, height)
				if verdict := strings.ToUpper(strings.ReplaceAll(string(m.snap.Verdict), "_", " ")); width >= 24 && !strings.Contains(frame, verdict) {
					t.Fatalf("%dx%d does not tell %s:\n%s", width, height, verdict, frame)
				}
				if width >= 40 && height >= 10 && !strings.ContainsAny(frame, "▸") {
					t.Fatalf("%s at %dx%d does not show what is selected:\n%s", state.name, width, height, frame)
				}
			}
		}
	}
}

// On a small screen the matrix is whole before anything below it has more than it needs.
func TestASmallScreenShowsTheMatrixFirst(t *testing.T) {
	for _, height := range []int{14, 15, 20} {
		frame := opened(observed(3, "us", "eu", "ap"), 60, height).View()
		for _, region := range []string{"us", "eu", "ap"} {
			if !strings.Contains(frame, "\n "+region+"             ") {
				t.Errorf("at 60x%d the row of %s is missing:\n%s", height, region, frame)
			}
		}
	}
}

// What is selected is seen in each panel, on a small screen with more of everything than it has room for.
func TestWhatIsSelectedIsSeen(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {60, 15}, {40, 10}} {
		m := opened(observed(256, manyNames(10)...), size[0], size[1])
		press(m, "shift+tab")
		for range 10 {
			v := m.arrange()
			if want := m.selectedRegion(v); !strings.Contains(m.View(), "▸"+want) {
				t.Fatalf("%v: %s is selected, and not seen:\n%s", size, want, m.View())
			}
			press(m, "down")
		}
		if m.place != inLinks {
			t.Fatalf("beyond the last region lies panel %d", m.place)
		}
		m.link = probe.Pair{From: "region-0", To: "region-0"}
		for i := range 10 {
			frame := m.View()
			if row := lineWith(frame, "▸"); !strings.HasPrefix(row, fmt.Sprintf(" region-%d ", i)) {
				t.Fatalf("%v: link %d of the diagonal is selected, the row is %q:\n%s", size, i, row, frame)
			}
			press(m, "down", "right")
		}
		m.place = inShards
		for range 30 {
			if frame := m.View(); lineWith(frame, "◆") == "" || lineWith(frame, "▸") != lineWith(frame, "◆") {
				t.Fatalf("%v: the selected shard is not seen:\n%s", size, frame)
			}
			press(m, "right", "right", "right", "down", "right")
		}
	}
}

// lineWith returns the first line with some text in it.
func lineWith(frame, text string) string {
	for line := range strings.SplitSeq(frame, "\n") {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}

func TestProbeKeysAndHelpAreTheSame(t *testing.T) {
	m := opened(observed(3, "us", "eu", "ap"), 200, 60)
	press(m, "?")
	help := m.View()
	known := make(map[string]bool)
	for _, b := range m.keys {
		if b.help == "" || !strings.Contains(help, " "+b.shown+" ") || !strings.Contains(help, strings.Fields(b.help)[0]) {
			t.Errorf("%q is not on the help screen", b.shown)
		}
		for _, key := range b.keys {
			if known[key] {
				t.Errorf("%q is bound twice", key)
			}
			known[key] = true
		}
	}
	for r := rune(' '); r < 0x7f; r++ {
		before := opened(observed(3, "us", "eu", "ap"), 80, 24)
		frame := before.View()
		cmd := press(before, string(r))
		if !known[string(r)] && (cmd != nil || before.View() != frame) {
			t.Errorf("%q does something, and the help does not know it", r)
		}
	}
	for _, key := range []string{"up", "down", "left", "right", "h", "j", "k", "l", "enter", "esc", "tab", "shift+tab", "p", "/", "s", "e", "w", "?", "q", "pgup", "pgdown", "home", "end", "ctrl+c"} {
		if !known[key] {
			t.Errorf("%q is not bound", key)
		}
	}
}

func TestAPageThatIsLongerThanTheScreenSaysSo(t *testing.T) {
	m := opened(observed(3, "us", "eu", "ap"), 80, 24)
	press(m, "?")
	lines := len(m.helpLines())
	for _, then := range []struct {
		key  string
		want string
	}{{"home", fmt.Sprintf("1-21 of %d", lines)}, {"down", fmt.Sprintf("2-22 of %d", lines)}, {"end", fmt.Sprintf("%d-%d of %d", lines-20, lines, lines)}} {
		press(m, then.key)
		if last := lastLine(m.View()); !strings.Contains(last, then.want+" ") {
			t.Errorf("after %s the last line is %q, want %s", then.key, last, then.want)
		}
		m.View()
	}
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 60})
	if last := lastLine(m.View()); strings.Contains(last, " of ") {
		t.Errorf("where all of it is seen the last line is %q", last)
	}
}

func TestARegionThatIsDownHasNoRoundTrip(t *testing.T) {
	s := observed(3, "us", "eu", "ap")
	if line := lineWith(opened(s, 100, 30).View(), "eu          ●"); !strings.Contains(line, " ms  ") {
		t.Fatalf("available it has %q", line)
	}
	s.Regions[1].State, s.Regions[1].Cause = probe.RegionDown, probe.Refused
	if line := lineWith(opened(s, 100, 30).View(), "eu          ✖"); line == "" || strings.Contains(line, " ms  ") {
		t.Errorf("down it has %q", line)
	}
}

func TestAnOpenedShardSaysWhatBecameOfItsKeys(t *testing.T) {
	s := observed(3, "us", "eu", "ap")
	s.Link("us", "eu").Cells[0].Keys = probe.KeyEvidence{State: probe.KeysMissing, Last: at(3)}
	m := opened(s, 100, 30)
	press(m, "enter", "enter")
	if line := lineWith(m.View(), "keys"); strings.TrimSpace(line) != "keys        missing" {
		t.Errorf("it says %q", line)
	}
}

func TestTheLastLineOffersWhatIsOfUse(t *testing.T) {
	for _, on := range []struct {
		page  string
		keys  []string
		among []string
		not   []string
	}{
		{"the overview", nil, []string{"c cut", "⏎ open", "tab panel"}, []string{"esc back"}},
		{"the help, which is about nothing that could be cut", []string{"?"}, []string{"H heal", "esc back"}, []string{"c cut", "t stall", "k kill", "⏎ open", "tab panel"}},
		{"a link", []string{"enter"}, []string{"c cut", "⏎ open", "esc back"}, []string{"tab panel"}},
		{"a shard, in which there is nothing to open", []string{"enter", "enter"}, []string{"c cut", "esc back"}, []string{"⏎ open"}},
		{"a region", []string{"up", "enter"}, []string{"k kill", "esc back"}, []string{"⏎ open"}},
	} {
		m := opened(observed(3, "us", "eu", "ap"), 200, 30)
		m.keys = append((&Playground{}).bindings(m.selected), m.keys...)
		press(m, on.keys...)
		last := lastLine(m.View())
		for _, want := range on.among {
			if !strings.Contains(last, want) {
				t.Errorf("on %s the last line is %q, without %q", on.page, last, want)
			}
		}
		for _, no := range on.not {
			if strings.Contains(last, no) {
				t.Errorf("on %s the last line is %q, with %q", on.page, last, no)
			}
		}
	}
}

func TestTheDocumentationNamesEveryKey(t *testing.T) {
	page, err := os.ReadFile("../docs/dashboard.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range NewProbe(ProbeConfig{Playground: &Playground{}}).keys {
		for _, name := range strings.Fields(b.shown) {
			if utf8.RuneCountInString(name) == 1 {
				name = "`" + name + "`"
			}
			if !strings.Contains(string(page), name) {
				t.Errorf("%s is not in docs/dashboard.md", name)
			}
		}
	}
}

func TestOpeningAndGoingBack(t *testing.T) {
	m := opened(probeStates[1].snap(), 100, 30)
	if f := m.Focus(); f != (probe.Focus{}) {
		t.Errorf("the overview looks at %v", f)
	}
	for _, step := range []struct {
		key   string
		focus probe.Focus
		is    string // on the screen
		on    string // what is selected
	}{
		{"enter", probe.Focus{From: "us", To: "eu", Slot: -1}, "a message may take", "us→eu"}, // what is worst is selected from the beginning
		{"down", probe.Focus{From: "us", To: "eu", Slot: -1}, "▸shard 3", "us→eu"},
		{"enter", probe.Focus{From: "us", To: "eu", Slot: 10923}, "us shard 3 at 10.0.1.13:6379", "us→eu shard 3"},
		{"left", probe.Focus{From: "us", To: "eu", Slot: 5461}, "us shard 2 at 10.0.1.12:6379", "us→eu shard 2"},
		{"esc", probe.Focus{From: "us", To: "eu", Slot: -1}, "▸shard 2", "us→eu"},
		{"?", probe.Focus{}, "this page", ""},
		{"?", probe.Focus{From: "us", To: "eu", Slot: -1}, "▸shard 2", "us→eu"},
		{"esc", probe.Focus{}, "from \\ to", "us→eu"},
		{"shift+tab", probe.Focus{}, "▸us (local)", "us"},
		{"enter", probe.Focus{}, "10.0.1.11:6379", "us"},
		{"esc", probe.Focus{}, "from \\ to", "us"},
	} {
		press(m, step.key)
		if m.Focus() != step.focus || !strings.Contains(m.View(), step.is) || m.selected().String() != step.on {
			t.Fatalf("after %q the focus is %+v, selected is %q:\n%s", step.key, m.Focus(), m.selected(), m.View())
		}
	}
}

func TestAFilterNarrowsWhatItIsAbout(t *testing.T) {
	m := opened(probeStates[1].snap(), 120, 40)
	press(m, "/", "u", "s", "-", ">", "e", "u")
	frame := m.View()
	for _, want := range []string{"/us->eu", "(no regions, 1 link, no shards, no events)", "·"} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is missing in\n%s", want, frame)
		}
	}
	if strings.Contains(frame, "142") || !strings.Contains(frame, "✖ down") {
		t.Errorf("the filter leaves other links:\n%s", frame)
	}
	press(m, "backspace", "enter", "q")
	if m.filter != "us->e" || m.typing {
		t.Errorf("the filter is %q", m.filter)
	}
	press(m, "esc")
	if m.filter != "" || strings.Contains(m.View(), "/us") {
		t.Errorf("esc leaves the filter %q", m.filter)
	}
	press(m, "/", "q", "esc")
	if m.filter != "" || m.typing {
		t.Errorf("esc leaves the filter %q", m.filter)
	}
}

func TestSorting(t *testing.T) {
	s := observed(40, "us", "eu", "ap")
	cutCell(s, "ap", "us", 30, 7)
	s.Link("us", "eu").Cells[9].RTT.P50 = time.Second
	m := opened(s, 100, 30)
	first := func() string {
		v := m.arrange()
		return fmt.Sprint(s.Regions[v.regions[0]].Name, " ", s.Regions[v.ends[0]].Name)
	}
	for _, want := range []string{"us us", "us us", "ap ap"} { // us and ap are both at an end of what is down
		if got := first(); got != want {
			t.Errorf("%v: %s is first, want %s", m.sort, got, want)
		}
		press(m, "s")
	}
	press(m, "s")
	if v := m.cellsOf(s.Link("ap", "us")); v.cells[0] != 30 {
		t.Errorf("worst first: cell %d", v.cells[0])
	}
	press(m, "s")
	if v := m.cellsOf(s.Link("us", "eu")); v.cells[0] != 9 {
		t.Errorf("slowest first: cell %d", v.cells[0])
	}
	if !strings.Contains(m.View(), "slowest first") {
		t.Errorf("it is not said how it is sorted:\n%s", m.View())
	}
}

func TestAPausedScreenStandsStill(t *testing.T) {
	m := opened(observed(3, "us", "eu", "ap"), 100, 30)
	press(m, "p")
	frame := m.View()
	if !strings.Contains(frame, "PAUSED at 14:02:31") {
		t.Errorf("it is not said that it is paused:\n%s", frame)
	}
	m.config.Feed.Put(probeStates[1].snap())
	m.config.Feed.Event(probe.Event{At: at(35), Kind: probe.EventVerdict, State: "replication_failure", Shard: -1, Slot: -1, Detail: "meanwhile"})
	m.Update(tickMsg(at(40)))
	if m.View() != frame {
		t.Errorf("it has changed:\n%s", m.View())
	}
	press(m, "p")
	m.Update(tickMsg(at(41)))
	if after := m.View(); !strings.Contains(after, "REPLICATION FAILURE") || !strings.Contains(after, "meanwhile") || strings.Contains(after, "PAUSED") {
		t.Errorf("it goes on with\n%s", after)
	}
}

// What a key has done is told for as long as ever, and at its own time, however long the screen has stood still before.
func TestAPausedScreenSaysWhatAKeyHasDone(t *testing.T) {
	m := opened(observed(3, "us", "eu", "ap"), 100, 30)
	m.config.Write = func(*probe.Snapshot) (string, error) { return "probe-1.json", nil }
	press(m, "p")
	m.Update(tickMsg(at(90)))
	m.Update(press(m, "w")())
	m.Update(tickMsg(at(91)))
	if !strings.Contains(lastLine(m.View()), "written to probe-1.json") {
		t.Errorf("a second later the last line is %q", lastLine(m.View()))
	}
	m.Update(tickMsg(at(101)))
	if !strings.Contains(lastLine(m.View()), "PAUSED at 14:02:31") {
		t.Errorf("later the last line is %q", lastLine(m.View()))
	}
	m.config.Feed.Event(probe.Event{At: at(60), Kind: probe.EventVerdict, State: "degraded", Shard: -1, Slot: -1, Detail: "meanwhile"})
	press(m, "p")
	m.Update(tickMsg(at(102)))
	before, after, found := strings.Cut(m.View(), "14:03:30  said")
	if !found || !strings.Contains(before, "meanwhile") || !strings.Contains(after, "probe-1.json") {
		t.Errorf("in the log it is not at its time:\n%s", m.View())
	}
}

func TestWritingASnapshot(t *testing.T) {
	var written *probe.Snapshot
	path, failed := "probe-1.json", error(nil)
	m := opened(observed(3, "us", "eu", "ap"), 100, 30)
	m.config.Write = func(s *probe.Snapshot) (string, error) {
		written = s
		return path, failed
	}
	for _, want := range []string{"written to probe-1.json", "not written: disk full"} {
		m.Update(press(m, "w")())
		if written != m.snap || !strings.Contains(lastLine(m.View()), want) {
			t.Errorf("the last line is %q, want %q", lastLine(m.View()), want)
		}
		press(m, "down")
		if strings.Contains(lastLine(m.View()), want) || !strings.Contains(m.View(), want) {
			t.Errorf("after a key it stays only in the log:\n%s", m.View())
		}
		failed = errors.New("disk full")
	}
}

func lastLine(frame string) string { return frame[strings.LastIndex(frame, "\n")+1:] }

func TestWhatIsSaidIsShown(t *testing.T) {
	m := opened(observed(3, "us", "eu", "ap"), 100, 30)
	m.config.Feed.Say(at(31), "hint: \x1b[2Jmind the gap")
	m.Update(tickMsg(at(32)))
	if !strings.Contains(lastLine(m.View()), "mind the gap") || strings.Contains(m.View(), "\x1b") {
		t.Errorf("the last line is %q", lastLine(m.View()))
	}
	m.Update(tickMsg(at(60)))
	if strings.Contains(lastLine(m.View()), "mind the gap") || !strings.Contains(m.View(), "mind the gap") {
		t.Errorf("later it is only in the log:\n%s", m.View())
	}
}

func TestTheEndsOfAProbe(t *testing.T) {
	interrupted := 0
	m := opened(observed(3, "us", "eu", "ap"), 100, 30)
	m.config.Interrupt = func() { interrupted++ }
	if cmd := press(m, "q"); cmd == nil || cmd() != tea.Quit() || interrupted != 0 {
		t.Error("q does not quit")
	}
	press(m, "/")
	if cmd := press(m, "q"); cmd != nil {
		t.Error("q in a filter is a letter")
	}
	if cmd := press(m, "ctrl+c"); cmd == nil || interrupted != 1 {
		t.Error("Ctrl-C does not interrupt while a filter is typed")
	}
}

// Keys that come in one piece over a slow connection are all heeded.
func TestKeysThatComeTogether(t *testing.T) {
	m := opened(observed(3, "us", "eu", "ap"), 100, 30)
	m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("hjjl")})
	if v := m.arrange(); v.row != 2 || v.col != 1 {
		t.Errorf("link %d, %d is selected", v.row, v.col)
	}
	m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("/euq")})
	if m.filter != "euq" {
		t.Errorf("the filter is %q", m.filter)
	}
	if m.Update(tea.KeyMsg{Type: tea.KeyEsc}); m.filter != "" {
		t.Errorf("the filter is %q", m.filter)
	}
	if _, cmd := m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q"), Paste: true}); cmd != nil {
		t.Error("what is pasted is no key")
	}
}

func TestSparklinesOfRounds(t *testing.T) {
	rounds := func(of ...probe.Round) []probe.Round { return append(of, probe.Round{Waiting: 3}) }
	ms := func(n int) probe.Round { return probe.Round{Delivered: 3, P50: time.Duration(n) * time.Millisecond} }
	for _, c := range []struct {
		why    string
		rounds []probe.Round
		want   string
	}{
		{"a link that is as always is flat, whatever its length", rounds(ms(140), ms(145), ms(141)), " ▁▁▁"},
		{"twice as long is at the top", rounds(ms(70), ms(140)), "  ▁█"},
		{"less than two milliseconds do not look like much", rounds(ms(0), ms(1)), "  ▁▅"},
		{"missing altogether, in part, and no evidence", rounds(ms(70), probe.Round{Missing: 3}, probe.Round{Missing: 1, Delivered: 2, P50: 70 * time.Millisecond}, probe.Round{NoEvidence: 3}), "▁✖× "},
		{"what is under way is left out", rounds(ms(70), probe.Round{Waiting: 3}, probe.Round{Waiting: 3}), "   ▁"},
		{"and so is a round that looks well as long as a part of it is waited for", rounds(probe.Round{Missing: 1, Delivered: 2, P50: 1}, probe.Round{Waiting: 1, Delivered: 2, P50: 1}), "   ×"},
		{"late ones count", rounds(ms(70), probe.Round{Late: 3, P50: time.Second}), "  ▁█"},
		{"nothing yet", nil, "    "},
	} {
		if got := roundsSpark(c.rounds, 4); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

func BenchmarkProbeFrame(b *testing.B) {
	m := opened(probeStates[4].snap(), 200, 60)
	m.dress(painted())
	for b.Loop() {
		m.config.Feed.Event(probe.Event{At: at(40), Kind: probe.EventCell, From: "us", To: "eu", Shard: -1, Slot: 1, State: "down"})
		m.Update(tickMsg(at(31)))
		m.View()
	}
}
