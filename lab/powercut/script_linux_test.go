package powercut_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/aafailover/aafailover/lab/powercut"
)

// patience is how long anything here may take on a machine that is busy.
const patience = time.Minute

// runScript does what its arguments say, one step each, in the folder where it runs; then it says that it is done, and waits
// to be killed. Files are known by a letter, which is also what they are filled with.
func runScript(steps []string) error {
	files := map[string]*os.File{}
	for _, step := range steps {
		if err := runStep(files, strings.Fields(step)); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	fmt.Println("done")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func runStep(files map[string]*os.File, words []string) (err error) {
	arg := func(i int) string { return words[i+1] }
	number := func(i int) int {
		n, err := strconv.Atoi(arg(i))
		if err != nil {
			panic(err)
		}
		return n
	}
	switch words[0] {
	case "create": // a at PATH
		files[arg(0)], err = os.OpenFile(arg(1), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	case "open":
		files[arg(0)], err = os.OpenFile(arg(1), os.O_WRONLY|os.O_APPEND, 0)
	case "write": // to a so many bytes
		_, err = files[arg(0)].WriteString(strings.Repeat(arg(0), number(1)))
	case "fsync":
		err = files[arg(0)].Sync()
	case "fdatasync":
		err = unix.Fdatasync(int(files[arg(0)].Fd()))
	case "ftruncate":
		err = files[arg(0)].Truncate(int64(number(1)))
	case "syncfs":
		err = unix.Syncfs(int(files[arg(0)].Fd()))
	case "sync":
		unix.Sync()
	case "fsyncdir":
		var dir *os.File
		if dir, err = os.Open(arg(0)); err == nil {
			err = errors.Join(dir.Sync(), dir.Close())
		}
	case "rename":
		err = os.Rename(arg(0), arg(1))
	case "remove":
		err = os.Remove(arg(0))
	case "symlink": // to a target, at PATH
		err = os.Symlink(arg(0), arg(1))
	case "mkdir":
		err = os.Mkdir(arg(0), 0o700)
	case "socket": // a call that no file has
		err = refused(unix.EINVAL, func() error {
			fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			return unix.Fsync(fds[0])
		})
	case "closed":
		err = refused(unix.EBADF, func() error { return unix.Fsync(999) })
	case "io_uring":
		err = refused(unix.ENOSYS, func() error {
			if _, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0); errno != 0 {
				return errno
			}
			return nil
		})
	case "storm": // goes on until the server is killed
		go storm()
	case "child": // that goes on when the server is killed
		child := exec.Command("sleep", "1000")
		err = child.Start()
		fmt.Println("child", child.Process.Pid)
	default:
		err = errors.New("unknown step")
	}
	return err
}

// storm has several threads make things durable, and says each time how much of what there is now.
func storm() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	for _, name := range []string{"x", "y", "z"} {
		go func() {
			f, err := os.Create(name)
			must(err)
			for i := 1; ; i++ {
				_, err := f.WriteString(name)
				must(err)
				must(f.Sync())
				fmt.Println(name, i)
			}
		}()
	}
	folder, err := os.Open(".")
	must(err)
	for i := 1; ; i++ {
		must(os.WriteFile("temp", []byte(strings.Repeat("d", i)), 0o600))
		f, err := os.Open("temp")
		must(err)
		must(f.Sync())
		must(f.Close())
		must(os.Rename("temp", "dump"))
		must(folder.Sync())
		fmt.Println("dump", i)
	}
}

// refused demands an error.
func refused(want unix.Errno, do func() error) error {
	if err := do(); !errors.Is(err, want) {
		return fmt.Errorf("got %w, want %w", err, want)
	}
	return nil
}

// server is a script that is witnessed.
type server struct {
	powercut.Witness
	cmd   *exec.Cmd
	lines *bufio.Scanner // of its output
}

// newWitness has folders of its own.
func newWitness(t testing.TB) powercut.Witness {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	w := powercut.Witness{Program: program, Folder: filepath.Join(parent, "files"), Record: filepath.Join(parent, "record")}
	if err := os.Mkdir(w.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := w.Discard(ctx); err != nil {
			t.Error(err)
		}
	})
	return w
}

// launch starts a script and returns at once.
func launch(t testing.TB, w powercut.Witness, steps ...string) *server {
	t.Helper()
	argv := append(append(w.Wrap(), w.Program, scripted), steps...)
	s := &server{Witness: w, cmd: exec.Command(argv[0], argv[1:]...)}
	s.cmd.Dir, s.cmd.Stderr = w.Folder, os.Stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	_, err := s.cmd.StdinPipe()
	if err == nil {
		var out io.Reader
		out, err = s.cmd.StdoutPipe()
		s.lines = bufio.NewScanner(out)
	}
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	return s
}

// next is the next line of its output.
func (s *server) next(t testing.TB) string {
	t.Helper()
	if !s.lines.Scan() {
		t.Fatal("the server has ended")
	}
	return s.lines.Text()
}

// kill ends it as SIGKILL does; it may be called again.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // how it ended is known
}

// after runs a script to its end and kills it there.
func after(t testing.TB, w powercut.Witness, steps ...string) {
	t.Helper()
	s := launch(t, w, steps...)
	if said := s.next(t); said != "done" {
		t.Fatalf("the server said %q", said)
	}
	s.kill()
}

// cut cuts the power.
func cut(t testing.TB, w powercut.Witness, n powercut.Names) powercut.Loss {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	loss, err := w.Cut(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

// found is what is in a folder: the content of files, and a slash at the end of folders.
func found(t testing.TB, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		below, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			all[below+"/"] = ""
			return nil
		}
		if !d.Type().IsRegular() {
			all[below] = d.Type().String()
			return nil
		}
		content, err := os.ReadFile(path)
		all[below] = shortly(string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// shortly writes "aaab" as "3a 1b".
func shortly(content string) string {
	var runs []string
	for content != "" {
		rest := strings.TrimLeft(content, content[:1])
		runs = append(runs, strconv.Itoa(len(content)-len(rest))+content[:1])
		content = rest
	}
	return strings.Join(runs, " ")
}

// put makes files with a content as shortly writes it.
func put(t testing.TB, folder string, files map[string]string) {
	t.Helper()
	for name, runs := range files {
		var content strings.Builder
		for run := range strings.FieldsSeq(runs) {
			n, err := strconv.Atoi(run[:len(run)-1])
			if err != nil {
				t.Fatal(err)
			}
			content.WriteString(strings.Repeat(run[len(run)-1:], n))
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
