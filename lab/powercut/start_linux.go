package powercut

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long an earlier witness may take to end.
const patience = 30 * time.Second

// start makes this process the server, with a witness. It returns only when that cannot be.
func start(record, folder string, argv []string) error {
	program, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	if err := free(record); err != nil {
		return err
	}
	here, there, err := newControl()
	if err != nil {
		return err
	}
	err = runSelf(there.file, nil, (*exec.Cmd).Run, roleDetach, record, folder, strconv.Itoa(os.Getpid()))
	if err = errors.Join(err, there.file.Close()); err != nil {
		return fmt.Errorf("start the witness: %w", err)
	}
	if err := here.hear(); err != nil {
		return err
	}
	runtime.LockOSThread() // the filter is that of a thread, and this one becomes the server
	// So is the signal that comes with the end of whoever started this process, and it was asked for on the first thread. Until
	// this one has taken its place both ask.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("end with the program that starts it: %w", err)
	}
	fd, err := install()
	if err != nil {
		return err
	}
	if err := here.send(ready, fd); err != nil {
		return fmt.Errorf("hand the filter over: %w", err)
	}
	if err := here.hear(); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", program, syscall.Exec(program, argv, os.Environ()))
}

// free waits for the end of the witness of an earlier start, whose server was killed a moment ago.
func free(record string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	lock, err := await(ctx, record)
	if err != nil || lock == nil {
		return err
	}
	return lock.Close()
}

// hear waits until the witness is ready.
func (c control) hear() error {
	said, _, err := c.receive()
	if err != nil {
		return fmt.Errorf("the witness has ended: %w", err)
	}
	if said != ready {
		return fmt.Errorf("witness: %s", said)
	}
	return nil
}

// detach starts the witness and returns. It is then nobody's child here: a server waits for its children, and whoever kills the
// server may kill those of it. It is in a session of its own: signals to the group of the server, from a
// terminal for example, are not for it.
func detach(record, folder, server string) error {
	return runSelf(os.NewFile(3, "control"), &syscall.SysProcAttr{Setsid: true}, (*exec.Cmd).Start, roleWatch, record, folder, server)
}

// runSelf runs this program in another role, with the socket as its descriptor 3 and no other file of this process.
func runSelf(socket *os.File, how *syscall.SysProcAttr, run func(*exec.Cmd) error, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(self, append([]string{Command}, args...)...)
	c.ExtraFiles, c.SysProcAttr = []*os.File{socket}, how
	return run(c)
}
