package tui

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/drill"
)

// keyed is a dashboard whose keys are noted.
type keyed struct {
	*rehearsal
	stopped, confirmed int
}

func newKeyed() *keyed {
	k := &keyed{rehearsal: rehearse(3)}
	k.Stop = func() { k.stopped++ }
	k.Confirm = func() { k.confirmed++ }
	k.frame(80, 24)
	k.outage()
	return k
}

// press presses keys and tells whether the dashboard closed.
func (k *keyed) press(keys ...string) bool {
	closed := false
	for _, key := range keys {
		_, c := k.Update(keyNamed(key))
		closed = closed || closes(c)
	}
	return closed
}

// closes tells whether a command is the one that closes the dashboard; the other one that there is waits for a tick.
func closes(c tea.Cmd) bool {
	if c == nil {
		return false
	}
	_, quit := c().(tea.QuitMsg)
	return quit
}

func (k *keyed) shows(text string) bool { return strings.Contains(k.View(), text) }

// end is the drill with its report.
func (k *keyed) end() {
	k.End(drill.Pass, func(int) string { return "PASS  the report\nsecond line\n" + strings.Repeat("more\n", 60) })
	k.Update(drillTick{})
}

func TestStoppingADrill(t *testing.T) {
	for _, c := range []struct {
		name    string
		keys    []string
		stopped int
	}{
		{"q only asks", []string{"q"}, 0},
		{"asked, y stops it", []string{"q", "y"}, 1},
		{"and so does q once more", []string{"q", "q"}, 1},
		{"pressed so fast that both come together", []string{"qy"}, 1},
		{"anything else does not", []string{"q", "n", "y"}, 0},
		{"Ctrl-C stops it without asking", []string{"ctrl+c"}, 1},
		{"a Ctrl-C that comes twice at once stops it once", []string{"ctrl+c", "ctrl+c"}, 1},
		{"who is stopping is not asked again", []string{"ctrl+c", "q", "y"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKeyed()
			if k.press(c.keys...) || k.stopped != c.stopped || k.Insisted() {
				t.Errorf("stopped %d times, insisted: %t", k.stopped, k.Insisted())
			}
			if k.shows("STOPPING  healing") != (c.stopped > 0) {
				t.Errorf("%s", k.View())
			}
		})
	}
}

// Whoever called a drill off sees how it heals and cleans up, and the dashboard closes by itself when the report is there.
func TestADrillThatWasCalledOffClosesItself(t *testing.T) {
	k := newKeyed()
	k.progress.Stopping = context.Canceled // by a signal
	k.goOn(250*time.Millisecond, eu, 0, 0)
	if !k.shows("STOPPING  healing") {
		t.Errorf("%s", k.View())
	}
	k.progress.Broken = false
	k.enter(drill.StageCleanUp, drill.Stage{Waits: "for the keys to be deleted"})
	k.goOn(250*time.Millisecond, eu, 0, 0)
	if !k.shows("STOPPING  cleaning up") {
		t.Errorf("%s", k.View())
	}
	k.End(drill.Inconclusive, func(int) string { return "" })
	if _, c := k.Update(drillTick{}); !closes(c) {
		t.Error("it stays open")
	}
}

// A drill that aborted itself was not called off by anybody: why it did stays on the screen, with its report.
func TestADrillThatAbortedItselfStays(t *testing.T) {
	k := newKeyed()
	k.progress.Stopping = fmt.Errorf("%w: errors > 5%%", drill.ErrAborted)
	k.goOn(250*time.Millisecond, eu, 0, 0)
	if !k.shows("STOPPING  the drill was aborted: errors > 5%") {
		t.Errorf("%s", k.View())
	}
	if k.end(); !k.shows("PASS  the report") || !k.press("q") {
		t.Errorf("%s", k.View())
	}
}

// The second Ctrl-C, a while after the first, does not wait for the drill to end.
func TestInsisting(t *testing.T) {
	k := newKeyed()
	k.press("ctrl+c")
	k.calledOff = k.calledOff.Add(-2 * insistAfter)
	if !k.press("ctrl+c") || !k.Insisted() || k.stopped != 1 {
		t.Errorf("insisted: %t, stopped %d times", k.Insisted(), k.stopped)
	}
}

func TestTheReportStaysUntilItIsClosed(t *testing.T) {
	for _, key := range []string{"q", "ctrl+c"} {
		k := newKeyed()
		k.end()
		if !k.shows("PASS  the report") || k.press("j", "down") || k.shows("PASS  the report") || !k.shows("more") {
			t.Errorf("scrolled: %s", k.View())
		}
		if k.press("k", "k"); !k.shows("PASS  the report") {
			t.Errorf("scrolled back: %s", k.View())
		}
		if k.press("r"); !k.shows("● PASS  the report is ready") || !k.shows("cut over") {
			t.Errorf("the timeline: %s", k.View())
		}
		if !k.press(key) || k.stopped > 0 || k.Insisted() {
			t.Errorf("%s: stopped %d times, insisted: %t", key, k.stopped, k.Insisted())
		}
	}
}

// What the drill asks for is on the screen, and Enter says that it is done.
func TestWhatTheOperatorIsAskedFor(t *testing.T) {
	k := newKeyed()
	k.Say("noted: something")
	k.Say("now: make us unreachable, so that it refuses connections, then press Enter (within 5m0s)")
	for _, text := range []string{" ┃ noted: something", " ┃ now: make us unreachable, so that it refuses connections, then press Enter\n ┃ (within 5m0s)", "⏎ it is done"} {
		if !k.shows(text) {
			t.Errorf("%q is not on the screen:\n%s", text, k.View())
		}
	}
	if k.press("enter"); k.confirmed != 1 {
		t.Errorf("confirmed %d times", k.confirmed)
	}
	k.press("ctrl+c") // the heal asks, too
	if k.press("enter"); k.confirmed != 2 || !k.shows("⏎ it is done") {
		t.Errorf("confirmed %d times:\n%s", k.confirmed, k.View())
	}
}

func TestPagesOfADrill(t *testing.T) {
	k := newKeyed()
	if k.press("e"); !k.shows("kill us") || k.shows("writes/s") {
		t.Errorf("events: %s", k.View())
	}
	if k.press("e"); !k.shows("writes/s") {
		t.Errorf("back: %s", k.View())
	}
	if k.press("?"); !k.shows("PgUp") {
		t.Errorf("help: %s", k.View())
	}
	if k.press("?"); !k.shows("writes/s") {
		t.Errorf("back: %s", k.View())
	}
	k.press("k", "k", "k", "k", "k")
	newest := k.log.entries[len(k.log.entries)-1].text
	if k.press("e", "k"); strings.Count(k.View(), newest) >= strings.Count(newKeyedLog(), newest) {
		t.Errorf("scrolled up: %s", k.View())
	}
}

// newKeyedLog is the page of all events as it opens.
func newKeyedLog() string {
	k := newKeyed()
	k.press("e")
	return k.View()
}

// There is no key that the documentation does not name.
func TestTheDocumentationNamesEveryKeyOfADrill(t *testing.T) {
	page, err := os.ReadFile("../docs/dashboard.md")
	if err != nil {
		t.Fatal(err)
	}
	_, about, found := strings.Cut(string(page), "## Of a drill")
	if !found {
		t.Fatal("docs/dashboard.md says nothing of drills")
	}
	for _, b := range NewDrill(DrillAbout{}).bindings() {
		for _, name := range strings.Fields(b.shown) {
			if !strings.Contains(about, name) {
				t.Errorf("%s is not in docs/dashboard.md", name)
			}
		}
	}
}

// A report whose tables are wider than the screen goes on in the next line: nothing of it is cut off.
func TestAReportThatIsWiderThanTheScreen(t *testing.T) {
	k := newKeyed()
	k.End(drill.Pass, func(int) string { return "PASS  the report\n cut over  0.2 ms  first write acknowledged by eu\nend\n" })
	k.Update(drillTick{})
	k.Update(tea.WindowSizeMsg{Width: 30, Height: 10})
	if !k.shows("PASS  the report\n cut over  0.2 ms  first write\n acknowledged by eu\nend\n") {
		t.Errorf("the screen is\n%s", k.View())
	}
}
