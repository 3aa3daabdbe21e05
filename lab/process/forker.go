package process

import (
	"os/exec"
	"runtime"
)

// forker starts processes, all from one thread that lives as long as it does: Linux ties their death to that of the thread
// which started them, and Go ends threads as it likes.
type forker struct {
	requests chan *exec.Cmd
	results  chan error
	ended    chan struct{}
}

func newForker() *forker {
	f := &forker{requests: make(chan *exec.Cmd), results: make(chan error), ended: make(chan struct{})}
	go f.run()
	return f
}

func (f *forker) run() {
	defer close(f.ended)
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	for cmd := range f.requests {
		f.results <- cmd.Start()
	}
}

// start starts a process. Not for several goroutines at a time, and not after end.
func (f *forker) start(cmd *exec.Cmd) error {
	f.requests <- cmd
	return <-f.results
}

// end ends the thread, and so kills on Linux what it had started.
func (f *forker) end() {
	close(f.requests)
	<-f.ended
}
