package tui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/lab"
)

// at is when all frames are drawn.
var labAt = time.Date(2026, 5, 4, 14, 2, 31, 0, time.UTC)

// labOf is a lab that is well, in use, and not quite empty.
func labOf(names []string, shards int) *lab.Status {
	st := &lab.Status{Backlog: lab.DefaultBacklog}
	for i, name := range names {
		r := lab.RegionStatus{Name: name, URL: fmt.Sprintf("redis://127.0.0.1:%d", 7001+100*i), Persistence: lab.KeepAll}
		for n := range shards {
			r.Shards = append(r.Shards, lab.ShardStatus{Number: n + 1, Address: fmt.Sprintf("127.0.0.1:%d", 7001+100*i+n),
				Keys: 400 + 17*n + i, Clients: 2 - i%2, Offset: int64(9000 + n), Backlog: int64(n%9) * lab.DefaultBacklog / 8})
		}
		st.Regions = append(st.Regions, r)
	}
	for i, from := range names {
		for j, to := range names {
			if from == to {
				continue
			}
			l := lab.LinkStatus{From: from, To: to, Delay: float64(30 + 10*(i+j))}
			for n := range shards {
				l.Streams = append(l.Streams, lab.StreamStatus{FromShard: n + 1, ToShard: n + 1, Behind: int64(n % 3)})
			}
			st.Links = append(st.Links, l)
		}
	}
	return st
}

// broken is a lab with one region killed, one shard of another stale, and one link cut on some of its shards.
func broken(st *lab.Status, shards ...int) *lab.Status {
	last := &st.Regions[len(st.Regions)-1]
	last.State = lab.Down
	for i := range last.Shards {
		s := &last.Shards[i]
		s.State, s.Keys, s.Clients = lab.Down, 0, 0
	}
	st.Regions[1].Stale, st.Regions[1].Shards[0].Stale = true, true
	for i := range st.Links {
		l := &st.Links[i]
		down := l.From == last.Name || l.To == last.Name
		for n := range l.Streams {
			if down {
				l.State, l.Streams[n].State = lab.LinkDown, lab.LinkDown
			}
		}
	}
	cut := &st.Links[0]
	cut.State = lab.LinkCut
	for _, n := range shards {
		cut.Streams[n].State, cut.Streams[n].Behind, cut.Streams[n].Resumes = lab.LinkCut, 1204, 2
	}
	return st
}

// labScreen is a dashboard of a lab that has keys for faults, after some keys.
func labScreen(t *testing.T, st *lab.Status, columns, rows int, keys ...string) *Lab {
	t.Helper()
	play := NewPlayground(&stage{status: *st})
	t.Cleanup(play.Close)
	m := NewLab(LabConfig{Feed: new(Feed[lab.Status]), Control: "127.0.0.1:6400", Playground: play})
	m.config.Feed.Put(st)
	m.config.Feed.Event(LabFault(labAt.Add(-24*time.Second), lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true, Shard: 2}))
	m.config.Feed.Event(LabFault(labAt.Add(-9*time.Second), lab.Fault{Kind: lab.Kill, Region: "ap"}))
	m.Update(tea.WindowSizeMsg{Width: columns, Height: rows})
	m.tick(labAt)
	for _, key := range keys {
		m.typed(key)
	}
	return m
}

func TestLabFrames(t *testing.T) {
	three, five := []string{"us", "eu", "ap"}, []string{"us", "eu", "ap", "sa", "東京"}
	for _, row := range []struct {
		name string
		of   *lab.Status
		keys []string
	}{
		{"healthy", labOf(three, 3), nil},
		{"broken", broken(labOf(three, 3), 1), []string{"tab", "tab"}},
		{"256", broken(labOf(five, 256), 1, 7, 200), []string{"tab", "enter", "down", "right"}},
	} {
		for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
			m := labScreen(t, row.of, size[0], size[1])
			m.View() // the map is as wide as it was drawn
			for _, key := range row.keys {
				m.typed(key)
				m.View()
			}
			same(t, fmt.Sprintf("lab/%s_%dx%d.txt", row.name, size[0], size[1]), trimEnds(m.View())+"\n")
		}
	}
	m := labScreen(t, broken(labOf(three, 3), 1), 80, 24)
	m.dress(painted())
	same(t, "lab/broken_80x24_colour.txt", m.View()+"\n")
	same(t, "lab/help_80x24.txt", trimEnds(labScreen(t, labOf(three, 3), 80, 24, "?").View())+"\n")
}

// trimEnds takes the blanks from the ends of lines, which editors take from files too.
func trimEnds(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func TestALabFitsAnyTerminalAndTakesAnyKey(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	keys := []string{"tab", "shift+tab", "up", "down", "left", "right", "h", "j", "l", "enter", "esc", "e", "?", "pgup", "pgdown", "home", "end", "q", "x"}
	labs := []*lab.Status{
		labOf([]string{"us"}, 1), labOf([]string{"us", "eu"}, 3), broken(labOf([]string{"us", "eu", "東京 with a long name"}, 9), 3),
		broken(labOf([]string{"us", "eu", "ap", "sa", "東京"}, 256), 5), {Regions: []lab.RegionStatus{{Name: "us"}}}, {},
	}
	for range 150 {
		m := labScreen(t, labs[random.IntN(len(labs))], 1+random.IntN(300), 1+random.IntN(80))
		if random.IntN(2) == 0 {
			m.dress(painted())
		}
		for range 40 {
			switch random.IntN(6) {
			case 0:
				m.config.Feed.Put(labs[random.IntN(len(labs))])
				m.Update(labTick(labAt))
			case 1:
				m.Update(tea.WindowSizeMsg{Width: random.IntN(301), Height: random.IntN(81)})
			default:
				m.typed(keys[random.IntN(len(keys))])
			}
			lines := strings.Split(m.View(), "\n")
			if len(lines) > max(m.height, 1) {
				t.Fatalf("%d lines of %d", len(lines), m.height)
			}
			for _, line := range lines {
				if widthOf(line) > m.width {
					t.Fatalf("%d columns of %d: %q", widthOf(line), m.width, line)
				}
			}
		}
	}
}

func TestWhatIsSelectedInALab(t *testing.T) {
	many := labOf([]string{"us", "eu", "ap"}, 256)
	few := broken(labOf([]string{"us", "eu", "ap"}, 3), 1)
	for _, row := range []struct {
		why  string
		of   *lab.Status
		keys string
		want selection
	}{
		{"the first region", few, "", selection{region: "us"}},
		{"the next one", few, "down", selection{region: "eu"}},
		{"not beyond the last", few, "down down down", selection{region: "ap"}},
		{"a shard of it", few, "down enter down", selection{region: "eu", shard: 2}},
		{"and back", few, "down enter down esc", selection{region: "eu"}},
		{"a link", few, "tab down", selection{from: "us", to: "ap"}},
		{"its streams", few, "tab down tab down down", selection{from: "us", to: "ap", shard: 3}},
		{"the regions again", few, "tab tab tab", selection{region: "us"}},
		{"the other way round", few, "shift+tab down", selection{region: "us", shard: 2}},
		{"another region has another first shard", few, "enter down esc down enter", selection{region: "eu", shard: 1}},
		{"in a map down is a row", many, "enter right down", selection{region: "us", shard: 66}},
		{"to its end", many, "enter end", selection{region: "us", shard: 256}},
		{"a lab without links", labOf([]string{"us"}, 3), "tab down", selection{region: "us", shard: 2}},
		{"nothing", &lab.Status{}, "down tab enter", selection{}},
	} {
		m := labScreen(t, row.of, 80, 24)
		m.View()
		for key := range strings.FieldsSeq(row.keys) {
			m.typed(key)
			m.View()
		}
		if got := m.selected(); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.why, got, row.want)
		}
	}
}

// Every key is on the help screen, and nothing is there that is no key.
func TestTheHelpOfALabKnowsEveryKey(t *testing.T) {
	m := labScreen(t, labOf([]string{"us", "eu"}, 1), 120, 60, "?")
	view := m.View()
	for _, b := range m.keys {
		if b.help == "" || !strings.Contains(view, b.shown) {
			t.Errorf("the help does not tell of %q", b.keys)
		}
	}
	m = NewLab(LabConfig{Feed: new(Feed[lab.Status])})
	for _, key := range []string{"c", "t", "H"} {
		if _, ok := bound(m.keys, key); ok {
			t.Errorf("without a playground there is a key %s", key)
		}
	}
	if b, _ := bound(m.keys, "k"); b.shown != "↑↓←→" {
		t.Error("without a playground k does not go up")
	}
}

func TestEndingALabThatOthersUse(t *testing.T) {
	used, unused := labOf([]string{"us", "eu"}, 1), labOf([]string{"us", "eu"}, 1)
	for i := range unused.Regions {
		unused.Regions[i].Shards[0].Clients = 0
	}
	for _, row := range []struct {
		why  string
		of   *lab.Status
		keys string
		ends bool // at the last key
	}{
		{"nobody uses it", unused, "q", true},
		{"somebody does: it asks", used, "q", false},
		{"once", used, "q q", true},
		{"another key means no", used, "q down q", false},
		{"also one that does nothing", used, "q x q", false},
		{"Ctrl-C does not ask", used, "ctrl+c", true},
	} {
		m := labScreen(t, row.of, 100, 24)
		var last tea.Cmd
		for key := range strings.FieldsSeq(row.keys) {
			last = m.typed(key)
		}
		if ends := last != nil; ends != row.ends {
			t.Errorf("%s: ends %t", row.why, ends)
		}
		if asks := strings.Contains(m.View(), "3 connections of clients. q again ends it"); asks == row.ends {
			t.Errorf("%s: asks %t", row.why, asks)
		}
	}
}

// What a key has done is told on the last line; the log has it from the lab, and what failed from the key.
func TestALabTellsWhatWasDone(t *testing.T) {
	m := labScreen(t, labOf([]string{"us", "eu"}, 1), 100, 24)
	m.Update(m.typed("k")())
	if view := m.View(); !strings.HasSuffix(view, "\n killed us") {
		t.Errorf("the screen ends with %q", view[max(0, len(view)-100):])
	}
	m.typed("tab")
	m.Update(m.typed("k")())
	const refused = "kill us→eu: a link cannot be killed: select a region, or a shard of one"
	if view := m.View(); !strings.HasSuffix(view, "\n "+refused) || !strings.Contains(view, "14:02:31  ✖ "+refused) {
		t.Errorf("the screen is\n%s", view)
	}
	if log := m.Log(); len(log) != 2 || strings.Contains(strings.Join(log, "\n"), "us→eu:") {
		t.Errorf("what was done is %q", log)
	}
}

// On a page, which covers what is selected, no key makes a fault, and k scrolls up.
func TestNoFaultOfALabIsMadeFromAPage(t *testing.T) {
	m := labScreen(t, labOf([]string{"us", "eu"}, 1), 100, 12)
	for i := range 30 {
		m.enter(labEntry{at: labAt, text: fmt.Sprint("fault ", i)})
	}
	for _, page := range []string{"?", "e"} {
		m.typed(page)
		for _, key := range []string{"c", "t", "k", "H"} {
			if m.typed(key) != nil {
				t.Errorf("page %s: %s does something", page, key)
			}
		}
		if strings.Contains(m.lastLine(), "kill") {
			t.Errorf("page %s: the keys are %q", page, m.lastLine())
		}
	}
	before := m.View()
	if m.typed("k"); m.View() == before {
		t.Error("k does not scroll up")
	}
	m.typed("e")
	if m.typed("k") == nil {
		t.Error("k does not kill any more")
	}
}

func BenchmarkLabFrame(b *testing.B) {
	st := broken(labOf([]string{"us", "eu", "ap", "sa", "東京"}, 256), 5)
	m := NewLab(LabConfig{Feed: new(Feed[lab.Status])})
	m.dress(painted())
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	for b.Loop() {
		m.config.Feed.Put(st)
		m.Update(labTick(labAt))
		m.View()
	}
}
