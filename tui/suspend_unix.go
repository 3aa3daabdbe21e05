//go:build unix

package tui

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopsWithin bounds how long a process still runs after it was told to stop.
const stopsWithin = 200 * time.Millisecond

// stopped stops all processes that Ctrl-Z is for, and returns when they go on. Where no shell could let them go on, as
// below ssh or in a container, the system does not stop them, and nobody ever says that they go on.
func stopped() {
	goOn := make(chan os.Signal, 1)
	signal.Notify(goOn, syscall.SIGCONT)
	defer signal.Stop(goOn)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return
	}
	still := time.NewTimer(stopsWithin)
	defer still.Stop()
	select {
	case <-goOn:
	case <-still.C:
	}
}
