package lastup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/lastup"
	"github.com/aafailover/aafailover/probe"
)

var (
	us = config.Region{Name: "us", Address: "10.0.0.1:6379", User: "probe"}
	eu = config.Region{Name: "eu", Address: "10.8.0.1:6379"}
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 123456789, time.UTC)

func seen(links ...probe.Link) *probe.Snapshot { return &probe.Snapshot{At: noon, Links: links} }

func load(t *testing.T, m lastup.Memory, now time.Time) map[probe.Pair]time.Time {
	t.Helper()
	up, err := m.Load(now)
	if err != nil {
		t.Fatal(err)
	}
	return up
}

func save(t *testing.T, m lastup.Memory, s *probe.Snapshot) {
	t.Helper()
	if err := m.Save(s); err != nil {
		t.Fatal(err)
	}
}

// What one run has seen, another one of the same deployment knows, in whatever order its regions are given.
func TestARunRemembersWhatAnEarlierOneSaw(t *testing.T) {
	folder := t.TempDir()
	save(t, lastup.Of(folder, []config.Region{us, eu}, "aafailover"),
		seen(probe.Link{From: "us", To: "us", LastUp: noon}, probe.Link{From: "us", To: "eu", LastUp: noon}, probe.Link{From: "eu", To: "us"}))
	got := load(t, lastup.Of(folder, []config.Region{eu, us}, "aafailover"), noon.Add(time.Hour))
	want := map[probe.Pair]time.Time{{From: "us", To: "eu"}: noon} // no loop, and no link that was never up
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("remembered (-want +got):\n%s", d)
	}
}

func TestADeploymentKnowsNothingOfAnother(t *testing.T) {
	folder := t.TempDir()
	save(t, lastup.Of(folder, []config.Region{us, eu}, "aafailover"), seen(probe.Link{From: "us", To: "eu", LastUp: noon}))
	moved := eu
	moved.Address = "10.8.0.2:6379"
	for name, other := range map[string]lastup.Memory{
		"another endpoint": lastup.Of(folder, []config.Region{us, moved}, "aafailover"),
		"another prefix":   lastup.Of(folder, []config.Region{us, eu}, "other"),
		"fewer regions":    lastup.Of(folder, []config.Region{us}, "aafailover"),
	} {
		if got := load(t, other, noon); len(got) != 0 {
			t.Errorf("%s: remembers %v", name, got)
		}
	}
}

// A clock that was an hour ahead must not make a link look alive in the future.
func TestATimeThatIsStillToComeIsNotBelieved(t *testing.T) {
	m := lastup.Of(t.TempDir(), []config.Region{us, eu}, "aafailover")
	save(t, m, seen(probe.Link{From: "us", To: "eu", LastUp: noon}))
	if got := load(t, m, noon.Add(-time.Second)); len(got) != 0 {
		t.Errorf("remembers %v", got)
	}
}

func TestTheFileHoldsNoAddressAndNoUser(t *testing.T) {
	folder := t.TempDir()
	save(t, lastup.Of(folder, []config.Region{us, eu}, "aafailover"), seen(probe.Link{From: "us", To: "eu", LastUp: noon}))
	files, _ := filepath.Glob(filepath.Join(folder, "last-up", "*"))
	if len(files) != 1 {
		t.Fatalf("files: %v", files)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "10.0.0.1") || strings.Contains(string(text), `"probe"`) {
		t.Errorf("the file says too much: %s", text)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestWhatIsNotOursIsAnErrorAndStays(t *testing.T) {
	for name, text := range map[string]string{
		"not JSON":       "hello",
		"another schema": `{"schema":"other/v1","links":[]}`,
		"too large":      strings.Repeat(" ", 1<<20),
	} {
		folder := t.TempDir()
		m := lastup.Of(folder, []config.Region{us, eu}, "aafailover")
		save(t, m, seen(probe.Link{From: "us", To: "eu", LastUp: noon}))
		files, _ := filepath.Glob(filepath.Join(folder, "last-up", "*"))
		if err := os.WriteFile(files[0], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if up, err := m.Load(noon); err == nil || len(up) != 0 {
			t.Errorf("%s: %v, %v", name, up, err)
		}
	}
}

// A deployment that nobody has watched for three months is forgotten, and what a killed run left half written goes too.
func TestOldMemoriesAreRemoved(t *testing.T) {
	folder := t.TempDir()
	old := filepath.Join(folder, "last-up", "0123456789abcdef.json")
	half := filepath.Join(folder, "last-up", "new-123")
	m := lastup.Of(folder, []config.Region{us, eu}, "aafailover")
	save(t, m, seen(probe.Link{From: "us", To: "eu", LastUp: noon}))
	for path, age := range map[string]time.Duration{old: 91 * 24 * time.Hour, half: 2 * time.Hour} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, noon.Add(-age), noon.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	save(t, m, seen(probe.Link{From: "us", To: "eu", LastUp: noon}))
	for _, path := range []string{old, half} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", filepath.Base(path))
		}
	}
	if len(load(t, m, noon)) != 1 {
		t.Error("its own memory is gone too")
	}
}

func TestAFolderThatCannotBeWrittenIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := lastup.Of(file, []config.Region{us, eu}, "aafailover")
	if err := m.Save(seen(probe.Link{From: "us", To: "eu", LastUp: noon})); err == nil {
		t.Error("saved into a folder that is a file")
	}
}

func TestTheFolderIsTheStateFolderOfTheUser(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/somewhere/state")
	if got, err := lastup.Folder(); err != nil || got != filepath.Join("/somewhere/state", "aafailover") {
		t.Errorf("%s, %v", got, err)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", "/home/sre")
	if got, err := lastup.Folder(); err != nil || got != filepath.Join("/home/sre", ".local", "state", "aafailover") {
		t.Errorf("%s, %v", got, err)
	}
}
