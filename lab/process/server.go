package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/redisconf"
)

// Config is what a server is.
type Config struct {
	// Name is unique in the group, and the name of the server's folder: letters, digits, dots, hyphens, underscores.
	Name string
	// Host is the address of this machine at which it listens, and from which it dials; "" for 127.0.0.1.
	Host string
	// Port is where it listens; 0 for a free one, which it keeps.
	Port int
	// Bus is the port of the cluster bus where the settings enable cluster mode; 0 for a free one. Before Redis 7.0 it is 10000
	// above Port, whatever stands here.
	Bus int
	// Sentinel says that it is one, and the settings are those of a sentinel.conf.
	Sentinel bool
	// Settings are its directives. Those that say where it listens and what it may touch are the group's, and left out.
	Settings redisconf.Config
	// Wrap are words that are put before its command line: a program that runs it, with its standard output and error, and in the
	// same group of processes.
	Wrap []string
	// OnExit is called, in a goroutine of its own, when a server that had started ends without Kill, Stop or Close. The error says
	// how it ended, and why as far as its log tells. It is called after the server's processes are gone; nil for nobody.
	OnExit func(error)
}

// startPatience is how long a server may take to start where the caller's context has no deadline: to load much data takes
// minutes.
const startPatience = 10 * time.Minute

// Server is one server of a group, up or down. Its methods may be called from any goroutine.
type Server struct {
	group     *Group
	config    Config
	dir       string
	port, bus port

	mu     sync.Mutex
	binary Binary
	life   *life // the newest; nil before the first
	busy   bool  // Start, Empty or Replace is at work
}

var (
	// ErrRunning says that a server runs, which must not for what was asked of it.
	ErrRunning = errors.New("it is running")
	// ErrDown says that a server does not run.
	ErrDown = errors.New("it is not running")
	// ErrKilled says that a server was killed while it started.
	ErrKilled = errors.New("it was killed")
)

var serverName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// Add adds a server, which is not started, and has its ports from now on. Errors: what is wrong with c; that a port is taken;
// ErrClosed.
func (g *Group) Add(c Config) (*Server, error) {
	if c.Host == "" {
		c.Host = "127.0.0.1"
	}
	switch ip := net.ParseIP(c.Host); {
	case !serverName.MatchString(c.Name):
		return nil, fmt.Errorf("add a server: %q is no name: letters, digits, dots, hyphens and underscores", c.Name)
	case ip == nil || ip.IsUnspecified():
		return nil, fmt.Errorf("add server %s: host %q is not the address of a host", c.Name, c.Host)
	case c.Port < 0 || c.Port > 65535 || c.Bus < 0 || c.Bus > 65535:
		return nil, fmt.Errorf("add server %s: ports are 0 to 65535, not %d and %d", c.Name, c.Port, c.Bus)
	}
	c.Wrap = slices.Clone(c.Wrap)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, fmt.Errorf("add server %s: %w", c.Name, ErrClosed)
	}
	if g.servers[c.Name] != nil {
		return nil, fmt.Errorf("add server %s: there is one of that name", c.Name)
	}
	s := &Server{group: g, config: c, binary: g.binary, dir: filepath.Join(g.folder.path, c.Name)}
	var err error
	if s.port, s.bus, err = choosePorts(g.ending, g.binary, c); err != nil {
		return nil, fmt.Errorf("add server %s: %w", c.Name, err)
	}
	if err := g.folder.root.Mkdir(c.Name, 0o700); err != nil {
		s.releasePorts()
		return nil, fmt.Errorf("add server %s: %w", c.Name, err)
	}
	g.servers[c.Name] = s
	return s, nil
}

func (s *Server) releasePorts() {
	s.port.held.Release()
	s.bus.held.Release()
}

// Name is that of its Config.
func (s *Server) Name() string { return s.config.Name }

// Addr is host:port of the server, up or down.
func (s *Server) Addr() string { return net.JoinHostPort(s.config.Host, strconv.Itoa(s.Port())) }

// Host is that of its Config.
func (s *Server) Host() string { return s.config.Host }

// Port is the port of Addr.
func (s *Server) Port() int { return s.port.number }

// Bus is the port of its cluster bus; 0 without cluster mode.
func (s *Server) Bus() int { return s.bus.number }

// Dir is its folder, in which its data is.
func (s *Server) Dir() string { return s.dir }

// Binary is the program of its next start.
func (s *Server) Binary() Binary {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.binary
}

// PID is that of the server's own process, not of what wraps it, once it has started; 0 when it does not run.
func (s *Server) PID() int {
	if l := s.running(); l != nil {
		return l.process()
	}
	return 0
}

// Running tells whether it has processes: also while it starts, hangs or stops.
func (s *Server) Running() bool { return s.running() != nil }

// Log is the end of what it wrote to its log, in all its lives, passwords left out: 16 KiB at most, in whole lines.
func (s *Server) Log() string { return s.logFrom(0) }

func (s *Server) logFrom(offset int64) string {
	return redact(readTail(s.logPath(), offset), s.config.Settings.Secrets())
}

// running is the life that is not over; nil when there is none.
func (s *Server) running() *life {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life == nil || s.life.isOver() {
		return nil
	}
	return s.life
}

// atRest has nothing else begin with a server that does not run, until done is called.
func (s *Server) atRest() (done func(), err error) {
	leave, ok := s.group.enter()
	if !ok {
		return nil, ErrClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy || s.life != nil && !s.life.isOver() {
		leave()
		return nil, ErrRunning
	}
	s.busy = true
	return func() {
		s.mu.Lock()
		s.busy = false
		s.mu.Unlock()
		leave()
	}, nil
}

// failed is an error of something that was done to the server.
func (s *Server) failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s server %s (%s): %w", doing, s.config.Name, s.Addr(), err)
}

// Start starts the server, with the data that it has, and returns once it answers and has loaded them. When it fails no
// process is left. Without a deadline ctx is given one of ten minutes. Errors: why the server ended, as far as its log tells,
// often with a hint; ErrRunning; ErrKilled; ErrClosed; those of ctx.
func (s *Server) Start(ctx context.Context) error { return s.failed("start", s.start(ctx)) }

func (s *Server) start(ctx context.Context) error {
	done, err := s.atRest()
	if err != nil {
		return err
	}
	defer done()
	if _, ok := ctx.Deadline(); !ok {
		bounded, cancel := context.WithTimeout(ctx, startPatience)
		defer cancel()
		ctx = bounded
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.group.ending, func() { cancel(ErrClosed) })()
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := s.writeSettings(); err != nil {
		return fmt.Errorf("write its settings: %w", err)
	}
	s.port.held.Lend()
	defer s.port.held.TakeBack()
	s.bus.held.Lend()
	defer s.bus.held.TakeBack()
	l, err := s.begin()
	if err != nil {
		return err
	}
	pid, err := s.awaitReady(ctx, l)
	if err == nil && l.serve(pid) {
		return nil
	}
	if err == nil {
		err = errEnded
	}
	return s.startFailed(l, err)
}

// startFailed ends a life that did not come to serve, and says why.
func (s *Server) startFailed(l *life, err error) error {
	l.mu.Lock()
	asked := l.asked
	l.mu.Unlock()
	if kill := l.kill(); kill != nil {
		return errors.Join(err, kill)
	}
	switch {
	case s.group.ending.Err() != nil:
		return ErrClosed
	case asked:
		return ErrKilled
	case errors.Is(err, errEnded):
		return s.obituary(l)
	}
	return err
}

// obituary says how a life ended, and why as far as the log tells.
func (s *Server) obituary(l *life) error {
	why := reason(s.logFrom(l.offset))
	if why == "" {
		return errors.New(l.howItEnded())
	}
	return hint.Wrap(fmt.Errorf("%s: %s", l.howItEnded(), why), advice(why))
}

// begin starts the process.
func (s *Server) begin() (*life, error) {
	log, err := os.OpenFile(s.logPath(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the process has its own
	at, err := log.Stat()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	words := append(slices.Clone(s.config.Wrap), s.binary.Path, filepath.Join(s.dir, settingsName))
	if s.config.Sentinel {
		words = append(words, "--sentinel")
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = s.dir, log, log, attributes()
	l := &life{offset: at.Size(), exited: make(chan struct{})}
	err = s.group.fork(cmd, l, func(untoward bool) {
		if untoward && s.config.OnExit != nil {
			s.config.OnExit(s.failed("run", s.obituary(l)))
		}
	})
	if err != nil {
		return nil, err
	}
	s.life = l
	return l, nil
}

// Kill ends the server and its children with SIGKILL, whatever they are at, and waits until they are gone. A server that does
// not run is killed already. One that is about to be started is started after that.
func (s *Server) Kill() error {
	if l := s.running(); l != nil {
		return s.failed("kill", l.kill())
	}
	return nil
}

// Stop has the server shut down in order, as SIGTERM does, and waits until it is gone. One that hangs, or cannot save its data,
// does not: then the error is that of ctx, and the server still runs.
func (s *Server) Stop(ctx context.Context) error {
	l := s.running()
	if l == nil {
		return nil
	}
	l.willEnd()
	if err := signalOne(l.process(), asked); err != nil {
		return s.failed("stop", err)
	}
	select {
	case <-l.exited:
		return nil
	case <-ctx.Done():
		return s.failed("stop", ctx.Err())
	}
}

// Hang stops the server and its children with SIGSTOP: they answer nothing, and their connections stay open. It returns once
// all have stopped. Errors: ErrDown.
func (s *Server) Hang() error {
	l := s.running()
	if l == nil {
		return s.failed("hang", ErrDown)
	}
	if err := l.send(stopped); err != nil {
		return s.failed("hang", err)
	}
	return s.failed("hang", awaitAll(l.pid, "stopped", isStopped))
}

// GoOn ends a hang. Errors: ErrDown.
func (s *Server) GoOn() error {
	l := s.running()
	if l == nil {
		return s.failed("let go on", ErrDown)
	}
	return s.failed("let go on", l.send(goesOn))
}
