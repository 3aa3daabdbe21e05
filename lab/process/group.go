package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/aafailover/aafailover/internal/hint"
)

// ErrClosed says that a group is closed.
var ErrClosed = errors.New("the group of servers is closed")

// Options are how a group of servers is run.
type Options struct {
	// Dir is the folder in which that of the group is made; "" for the system's folder of temporary files.
	Dir string
	// Log is told what was found of programs that were killed, one line each; nil for nobody.
	Log func(string)
}

// Group is the servers of one lab, in a folder of its own. Its methods may be called from any goroutine.
type Group struct {
	binary Binary
	folder *folder
	forker *forker

	ending context.Context // done when Close is called
	end    context.CancelCauseFunc

	mu      sync.Mutex // of what follows, and of starting processes: one at a time
	servers map[string]*Server
	closed  bool
	atWork  sync.WaitGroup // calls that Close waits for, and goroutines that follow a life, begun by such calls

	close func() error // the first call closes, all return what that gave
}

// NewGroup makes a group without servers, of which all are to be of one program. It clears away first what groups in the same
// parent folder have left whose program was killed. Errors: that the folder cannot be made.
func NewGroup(ctx context.Context, b Binary, o Options) (*Group, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	noFolder := func(err error) error {
		return hint.Wrap(fmt.Errorf("make a folder for servers: %w", err), "TMPDIR names the folder of temporary files")
	}
	parent, err := realPath(o.Dir)
	if err != nil {
		return nil, noFolder(err)
	}
	clearLeftovers(parent, o.Log)
	f, err := makeFolder(parent)
	if err != nil {
		return nil, noFolder(err)
	}
	g := &Group{binary: b, folder: f, forker: newForker(), servers: make(map[string]*Server)}
	g.ending, g.end = context.WithCancelCause(context.Background())
	g.close = sync.OnceValue(g.closeOnce)
	return g, nil
}

// realPath returns a folder without links in its path: the system tells so where a process works.
func realPath(dir string) (string, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// Folder is the folder of the group: a folder for each server, by its name.
func (g *Group) Folder() string { return g.folder.path }

// Close kills all servers, waits until they are gone, gives back their ports and removes the folder. It may be called again,
// and while servers start. It waits for every OnExit that is under way.
func (g *Group) Close() error { return g.close() }

func (g *Group) closeOnce() error {
	g.end(ErrClosed)
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	var wg sync.WaitGroup
	errs := make(chan error, len(g.servers))
	for _, s := range g.servers { // nobody adds to them any more
		wg.Go(func() { errs <- s.Kill() })
	}
	wg.Wait()
	close(errs)
	var failed error
	for err := range errs {
		failed = errors.Join(failed, err)
	}
	g.atWork.Wait()
	g.forker.end()
	for _, s := range g.servers {
		s.releasePorts()
	}
	if err := g.folder.remove(); err != nil {
		failed = errors.Join(failed, fmt.Errorf("remove the folder of the servers: %w", err))
	}
	return failed
}

// enter has Close wait until leave is called. It is not ok when the group is closed.
func (g *Group) enter() (leave func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, false
	}
	g.atWork.Add(1)
	return g.atWork.Done, true
}

// fork starts a process for a server, by whoever has entered, and returns it once it is on the list of what has to be killed.
// over is called when its life is.
func (g *Group) fork(cmd *exec.Cmd, l *life, over func(untoward bool)) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.forker.start(cmd); err != nil {
		return err
	}
	l.pid = cmd.Process.Pid
	m, _ := look(l.pid)
	listed := g.folder.list(l.pid, m.start)
	g.atWork.Go(func() { over(l.follow(cmd)) })
	if listed != nil {
		return errors.Join(fmt.Errorf("list the process: %w", listed), l.kill())
	}
	return nil
}
