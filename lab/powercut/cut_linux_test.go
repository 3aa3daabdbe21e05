package powercut_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab/powercut"
)

func TestACutLeavesWhatWasFsynced(t *testing.T) {
	t.Parallel()
	type files = map[string]string
	for _, row := range []struct {
		says            string
		before          files
		steps           []string
		ordered, strict files
	}{
		{
			says:    "what was written after the last fsync is gone",
			before:  files{"log": "1x"},
			steps:   []string{"open a log", "write a 10", "fsync a", "write a 5"},
			ordered: files{"log": "1x 10a"}, strict: files{"log": "1x 10a"},
		}, {
			says:    "fdatasync keeps as much as fsync",
			before:  files{"log": ""},
			steps:   []string{"open a log", "write a 10", "fdatasync a", "write a 5"},
			ordered: files{"log": "10a"}, strict: files{"log": "10a"},
		}, {
			says:    "what is there at the start stays, without any fsync",
			before:  files{"old": "7x"},
			steps:   []string{"create a new", "write a 3"},
			ordered: files{"old": "7x"}, strict: files{"old": "7x"},
		}, {
			says:    "a new file that was fsynced has a name on a journal, not by the promise of POSIX",
			steps:   []string{"create a new", "write a 3", "fsync a"},
			ordered: files{"new": "3a"}, strict: files{},
		}, {
			says:    "with its folder fsynced, it has a name by both",
			steps:   []string{"create a new", "write a 3", "fsync a", "fsyncdir ."},
			ordered: files{"new": "3a"}, strict: files{"new": "3a"},
		}, {
			says:    "a name without an fsync of the file leads to an empty one",
			steps:   []string{"create a new", "write a 3", "fsyncdir ."},
			ordered: files{"new": ""}, strict: files{"new": ""},
		}, {
			says:    "an fsync of one file takes the names of others with it on a journal, without what is in them",
			steps:   []string{"create a one", "write a 3", "create b two", "write b 3", "fsync b"},
			ordered: files{"one": "", "two": "3b"}, strict: files{},
		}, {
			says:    "a file is renamed over: the old one is back until something is fsynced",
			before:  files{"dump": "7x"},
			steps:   []string{"create a temp", "write a 3", "fsync a", "rename temp dump"},
			ordered: files{"dump": "7x", "temp": "3a"}, strict: files{"dump": "7x"},
		}, {
			says:    "a file is renamed over and its folder fsynced: the new one stays",
			before:  files{"dump": "7x"},
			steps:   []string{"create a temp", "write a 3", "fsync a", "rename temp dump", "fsyncdir ."},
			ordered: files{"dump": "3a"}, strict: files{"dump": "3a"},
		}, {
			says:    "a file that was renamed over without any fsync of it is empty",
			before:  files{"dump": "7x"},
			steps:   []string{"create a temp", "write a 3", "rename temp dump", "fsyncdir ."},
			ordered: files{"dump": ""}, strict: files{"dump": ""},
		}, {
			says:    "a removed file is back",
			before:  files{"dump": "7x"},
			steps:   []string{"remove dump"},
			ordered: files{"dump": "7x"}, strict: files{"dump": "7x"},
		}, {
			says:    "a removed file is gone once its removal was taken along",
			before:  files{"dump": "7x"},
			steps:   []string{"remove dump", "create a log", "fsync a"},
			ordered: files{"log": ""}, strict: files{"dump": "7x"},
		}, {
			says:    "a file is back in the place of a symbolic link",
			before:  files{"dump": "7x"},
			steps:   []string{"remove dump", "symlink /none dump"},
			ordered: files{"dump": "7x"}, strict: files{"dump": "7x"},
		}, {
			says:    "an fsync that has nothing to do takes nothing along",
			before:  files{"log": "1x", "dump": "7x"},
			steps:   []string{"open a log", "remove dump", "fsync a"},
			ordered: files{"log": "1x", "dump": "7x"}, strict: files{"log": "1x", "dump": "7x"},
		}, {
			says:    "by the promise of POSIX, a folder without an fsync of the one above takes all with it",
			steps:   []string{"mkdir d", "create a d/log", "write a 3", "fsync a", "fsyncdir d"},
			ordered: files{"d/": "", "d/log": "3a"}, strict: files{},
		}, {
			says:    "and with it, nothing",
			steps:   []string{"mkdir d", "create a d/log", "write a 3", "fsync a", "fsyncdir d", "fsyncdir ."},
			ordered: files{"d/": "", "d/log": "3a"}, strict: files{"d/": "", "d/log": "3a"},
		}, {
			says:    "a folder can be kept without what is in it",
			steps:   []string{"mkdir d", "fsyncdir .", "create a d/log", "write a 3"},
			ordered: files{"d/": ""}, strict: files{"d/": ""},
		}, {
			says:    "what was cut off and written again without an fsync is not durable",
			steps:   []string{"create a log", "write a 10", "fsync a", "fsyncdir .", "ftruncate a 4", "write a 6"},
			ordered: files{"log": "4a"}, strict: files{"log": "4a"},
		}, {
			says:    "what was cut off, written again and fsynced is",
			steps:   []string{"create a log", "write a 10", "fsync a", "fsyncdir .", "ftruncate a 4", "write a 5", "fsync a", "write a 1"},
			ordered: files{"log": "9a"}, strict: files{"log": "9a"},
		}, {
			says:    "sync keeps everything",
			steps:   []string{"mkdir d", "create a d/log", "write a 3", "sync", "write a 1"},
			ordered: files{"d/": "", "d/log": "3a"}, strict: files{"d/": "", "d/log": "3a"},
		}, {
			says:    "syncfs keeps everything",
			steps:   []string{"mkdir d", "create a d/log", "write a 3", "syncfs a", "write a 1"},
			ordered: files{"d/": "", "d/log": "3a"}, strict: files{"d/": "", "d/log": "3a"},
		}, {
			says:    "calls about other things than files go to the kernel, and io_uring is refused",
			before:  files{"log": ""},
			steps:   []string{"socket", "closed", "io_uring", "open a log", "write a 3", "fsync a", "write a 1"},
			ordered: files{"log": "3a"}, strict: files{"log": "3a"},
		},
	} {
		for n, want := range map[powercut.Names]files{powercut.Ordered: row.ordered, powercut.Strict: row.strict} {
			t.Run(row.says+": "+n.String(), func(t *testing.T) {
				t.Parallel()
				w := newWitness(t)
				put(t, w.Folder, row.before)
				after(t, w, row.steps...)
				cut(t, w, n)
				if diff := cmp.Diff(want, found(t, w.Folder)); diff != "" {
					t.Error(diff)
				}
				if _, err := os.Stat(w.Record); !os.IsNotExist(err) {
					t.Errorf("the record is left: %v", err)
				}
			})
		}
	}
}

func TestALossTellsWhatBecameOfEveryFile(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	put(t, w.Folder, map[string]string{"dump": "7x", "gone": "2x", "log": "1x", "same": "4x"})
	after(t, w, "open a log", "write a 9", "fsync a", "write a 5", "create b temp", "write b 3", "rename temp dump", "remove gone", "create c new", "write c 2")
	loss := cut(t, w, powercut.Ordered)
	want := []powercut.File{
		{Name: "dump", Had: 3, Kept: 7, Fate: powercut.Restored},
		{Name: "gone", Had: 0, Kept: 2, Fate: powercut.Restored},
		{Name: "log", Had: 15, Kept: 10, Fate: powercut.Shortened},
		{Name: "new", Had: 2, Kept: 0, Fate: powercut.Removed},
		{Name: "same", Had: 4, Kept: 4, Fate: powercut.Untouched},
	}
	if diff := cmp.Diff(want, loss.Files); diff != "" {
		t.Error(diff)
	}
	if s := loss.Syncs; s.Count != 1 || s.Failed != 0 || s.Last.IsZero() || s.Took <= 0 || s.Longest != s.Took {
		t.Errorf("syncs: %+v", s)
	}
}

// Names that lead out of the folder stay, and so does what they lead to.
func TestACutTouchesNothingOutsideOfTheFolder(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	outside := filepath.Join(filepath.Dir(w.Folder), "outside")
	if err := os.Mkdir(outside, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, outside, map[string]string{"file": "5x", "shared": "3x"})
	for link, to := range map[string]string{"link": filepath.Join(outside, "file"), "folder": outside} {
		if err := os.Symlink(to, filepath.Join(w.Folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(outside, "shared"), filepath.Join(w.Folder, "shared")); err != nil {
		t.Fatal(err)
	}
	after(t, w, "open a shared", "write a 4", "create b folder/new", "write b 1", "fsync b", "mkdir d", "symlink "+outside+" d/link")
	cut(t, w, powercut.Ordered)
	if diff := cmp.Diff(map[string]string{"file": "5x", "shared": "3x 4a", "new": "1b"}, found(t, outside)); diff != "" {
		t.Error("outside:", diff)
	}
	if content, err := os.ReadFile(filepath.Join(w.Folder, "shared")); err != nil || string(content) != "xxx" {
		t.Errorf("inside: %q, %v", content, err)
	}
	if _, err := os.Lstat(filepath.Join(w.Folder, "d")); !os.IsNotExist(err) {
		t.Errorf("a folder without a durable name is left, with a link in it: %v", err)
	}
	if to, err := os.Readlink(filepath.Join(w.Folder, "link")); err != nil || to != filepath.Join(outside, "file") {
		t.Errorf("the symbolic link leads to %q: %v", to, err)
	}
}

// A server that is started again finds what the cut has left, and is witnessed anew.
func TestACutIsWhereTheNextRunBegins(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	after(t, w, "create a log", "write a 10", "fsync a", "write a 5")
	cut(t, w, powercut.Ordered)
	after(t, w, "open b log", "write b 3", "fsync b", "write b 1")
	cut(t, w, powercut.Ordered)
	if diff := cmp.Diff(map[string]string{"log": "10a 3b"}, found(t, w.Folder)); diff != "" {
		t.Error(diff)
	}
	// Killed without a cut, it keeps all.
	after(t, w, "open c log", "write c 3")
	after(t, w, "open d log", "write d 1")
	cut(t, w, powercut.Ordered)
	if diff := cmp.Diff(map[string]string{"log": "10a 3b 3c"}, found(t, w.Folder)); diff != "" {
		t.Error(diff)
	}
}

func TestACutOfARunningServerChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	s := launch(t, w, "create a log", "write a 10")
	s.next(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if loss, err := w.Cut(ctx, powercut.Ordered); err == nil {
		t.Errorf("cut: %+v", loss)
	}
	if diff := cmp.Diff(map[string]string{"log": "10a"}, found(t, w.Folder)); diff != "" {
		t.Error(diff)
	}
	s.kill()
	cut(t, w, powercut.Ordered)
	if diff := cmp.Diff(map[string]string{}, found(t, w.Folder)); diff != "" {
		t.Error(diff)
	}
}

// Whenever a server is killed, in the midst of calls of several threads, what it had acknowledged after an fsync is there.
func TestACutInTheMidstOfFsyncsKeepsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	const rounds, lines = 10, 100
	for round := range rounds {
		w := newWitness(t)
		s := launch(t, w, "storm")
		acknowledged := map[string]int{}
		heard := 0
		for s.lines.Scan() { // to the end of what it had said when it was killed
			var name string
			var n int
			if _, err := fmt.Sscan(s.lines.Text(), &name, &n); err == nil {
				acknowledged[name] = n
			}
			if heard++; heard == lines+round {
				if err := s.cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.kill()
		for _, f := range cut(t, w, powercut.Names(round%2)).Files {
			if n := int64(acknowledged[f.Name]); f.Kept < n && (f.Name == "dump" || round%2 == int(powercut.Ordered)) {
				t.Errorf("round %d: %d of %s were acknowledged: %+v", round, n, f.Name, f)
			}
		}
	}
}

// Old logs and saves take no room for longer than a power cut could bring them back.
func TestWhatNoPowerCutBringsBackIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	put(t, w.Folder, map[string]string{"dump": "7x", "old": "7x"})
	s := launch(t, w, "create a new", "fsync a", "rename new dump", "remove old", "fsyncdir .")
	s.next(t)
	redistest.Await(t, "one file is kept", func() bool {
		kept, err := os.ReadDir(filepath.Join(w.Record, "kept"))
		return err == nil && len(kept) == 1
	})
	s.kill()
	cut(t, w, powercut.Ordered)
	if diff := cmp.Diff(map[string]string{"dump": ""}, found(t, w.Folder)); diff != "" {
		t.Error(diff)
	}
}
