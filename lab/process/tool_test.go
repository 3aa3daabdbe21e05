//go:build unix

package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/lab/process"
)

// toolVariable has the binary of these tests be a program that runs servers, in the folder that it names.
const toolVariable = "PROCESS_TEST_TOOL"

func TestMain(m *testing.M) {
	if dir := os.Getenv(toolVariable); dir != "" {
		fmt.Println(tool(dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// orphaning runs a server beside a shell that alone dies with the tool: as without the way that Linux has for that.
var orphaning = []string{"sh", "-c", `"$@" & wait`, "sh"}

// tool starts servers, says where, and waits to be killed.
func tool(dir string) error {
	ctx := context.Background()
	b, err := process.Find(ctx, "redis-server")
	if err != nil {
		return err
	}
	g, err := process.NewGroup(ctx, b, process.Options{Dir: dir})
	if err != nil {
		return err
	}
	fmt.Println(g.Folder())
	for _, c := range []process.Config{{Name: "plain"}, {Name: "wrapped", Wrap: orphaning}, {Name: "hung", Wrap: orphaning}} {
		s, err := g.Add(c)
		if err == nil {
			err = s.Start(ctx)
		}
		if err != nil {
			return err
		}
		if c.Name == "hung" {
			if err := s.Hang(); err != nil {
				return err
			}
		}
		fmt.Println(s.PID())
	}
	select {}
}

// killedTool is the folder and the servers of a tool that was killed.
func killedTool(t *testing.T, dir string) (folder string, plain, wrapped, hung int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), toolVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	said := make([]string, 4)
	for i := range said {
		if !lines.Scan() {
			t.Fatal("the tool has ended")
		}
		said[i] = lines.Text()
	}
	pids := make([]int, 3)
	for i := range pids {
		if _, err := fmt.Sscan(said[i+1], &pids[i]); err != nil {
			t.Errorf("the tool says %q", said)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	return said[0], pids[0], pids[1], pids[2]
}

func TestWhatAKilledToolLeaves(t *testing.T) {
	dir := t.TempDir()
	folder, plain, wrapped, hung := killedTool(t, dir)
	await(t, "Linux has killed what the tool had started", func() bool { return !process.Alive(plain) })
	if !process.Alive(wrapped) || !process.Alive(hung) {
		t.Fatal("nothing is left, and so nothing tested")
	}

	// Two more that were listed: one is what it was, the number of the other is another process's by now. A third works elsewhere.
	same, reused, elsewhere := bystander(t, filepath.Join(folder, "plain")), bystander(t, filepath.Join(folder, "plain")), bystander(t, dir)
	list, err := os.OpenFile(filepath.Join(folder, "processes"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		pid   int
		start int64
	}{{same, process.Began(same)}, {reused, process.Began(reused) - 1}, {elsewhere, process.Began(elsewhere)}} {
		if _, err := fmt.Fprintln(list, p.pid, p.start); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := list.WriteString("1 2"); err != nil { // torn off
		t.Fatal(err)
	}
	if err := list.Close(); err != nil {
		t.Fatal(err)
	}

	var told []string
	g, err := process.NewGroup(t.Context(), find(t), process.Options{Dir: dir, Log: func(line string) { told = append(told, line) }})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if process.Alive(wrapped) || process.Alive(hung) || process.Alive(same) {
		t.Errorf("alive: wrapped %v, hung %v, listed %v", process.Alive(wrapped), process.Alive(hung), process.Alive(same))
	}
	if !process.Alive(reused) || !process.Alive(elsewhere) {
		t.Errorf("alive: another process of a number %v, one that works elsewhere %v", process.Alive(reused), process.Alive(elsewhere))
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
	if want := []string{"removed the folder of a lab that was killed: " + folder}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// bystander is a process in a group of its own, that works in a folder.
func bystander(t *testing.T, dir string) int {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// A folder is only removed when it is one of ours, and nobody's any more.
func TestFoldersThatStay(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	alive, err := process.NewGroup(t.Context(), find(t), process.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	marker, err := os.ReadFile(filepath.Join(alive.Folder(), "aafailover-lab"))
	if err != nil {
		t.Fatal(err)
	}
	folder := func(path string, mode os.FileMode, marker string) string {
		t.Helper()
		if err := errors.Join(os.MkdirAll(path, 0o700), os.WriteFile(filepath.Join(path, "kept"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if marker != "" {
			if err := os.WriteFile(filepath.Join(path, "aafailover-lab"), []byte(marker), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	stay := map[string]string{
		"of a group that is alive":         alive.Folder(),
		"without a marker":                 folder(filepath.Join(dir, "aafailover-lab-1"), 0o700, ""),
		"with a marker of something else":  folder(filepath.Join(dir, "aafailover-lab-2"), 0o700, "mine"),
		"that others may look into":        folder(filepath.Join(dir, "aafailover-lab-3"), 0o755, string(marker)),
		"of another name":                  folder(filepath.Join(dir, "aafailover-labs"), 0o700, string(marker)),
		"to which a link leads":            folder(filepath.Join(other, "linked"), 0o700, string(marker)),
		"whose marker is a link":           folder(filepath.Join(dir, "aafailover-lab-4"), 0o700, ""),
		"behind a link in one that goes":   folder(filepath.Join(other, "beyond"), 0o700, ""),
		"of a user that is not this one's": folder(filepath.Join(dir, "aafailover-lab-5"), 0o700, string(marker)),
	}
	goes := folder(filepath.Join(dir, "aafailover-lab-6"), 0o700, string(marker))
	for _, err := range []error{
		os.Symlink(filepath.Join(other, "linked"), filepath.Join(dir, "aafailover-lab-7")),
		os.Symlink(filepath.Join(other, "linked", "aafailover-lab"), filepath.Join(dir, "aafailover-lab-4", "aafailover-lab")),
		os.Symlink(filepath.Join(other, "beyond"), filepath.Join(goes, "link")),
		os.Chown(filepath.Join(dir, "aafailover-lab-5"), 12345, -1), // the tests run as root, or this is this user's own folder
	} {
		if err != nil && !errors.Is(err, syscall.EPERM) {
			t.Fatal(err)
		}
	}
	if os.Getuid() != 0 {
		delete(stay, "of a user that is not this one's")
	}
	g, err := process.NewGroup(t.Context(), find(t), process.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for what, path := range stay {
		if names, err := os.ReadDir(path); err != nil || len(names) == 0 {
			t.Errorf("the folder %s: %d files, %v", what, len(names), err)
		}
	}
	if _, err := os.Lstat(goes); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the one that goes: %v", err)
	}
}

// What cannot be removed is told, and no reason not to go on.
func TestALeftoverThatCannotBeRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "aafailover-lab-1")
	g, err := process.NewGroup(t.Context(), find(t), process.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	marker, err := os.ReadFile(filepath.Join(g.Folder(), "aafailover-lab"))
	if err = errors.Join(err, g.Close(), os.Mkdir(path, 0o700), os.WriteFile(filepath.Join(path, "aafailover-lab"), marker, 0o600),
		os.Mkdir(filepath.Join(path, "processes"), 0o700)); err != nil { // which cannot be read as a list
		t.Fatal(err)
	}
	var told []string
	g, err = process.NewGroup(t.Context(), find(t), process.Options{Dir: dir, Log: func(line string) { told = append(told, line) }})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if len(told) != 1 || !strings.Contains(told[0], "cannot be removed") || !strings.Contains(told[0], path) {
		t.Errorf("told %q", told)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
