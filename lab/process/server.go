package process

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/lazy"
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
	// how it ended, and why as far as its log tells. It is called after the server's processes are gone, and must not wait for
	// Close, which waits for it; nil for nobody.
	OnExit func(error)
}

// Server is one server of a group, up or down. Its methods may be called from any goroutine.
type Server struct {
	group  *Group
	config Config
	dir    string

	mu        sync.Mutex
	port, bus port // as they are from the first start on
	binary    Binary
	life      *life // the newest; nil before the first
	served    bool  // it has started once: its ports are known to others
	busy      bool  // Start, Empty or Replace is at work
}

var (
	// ErrRunning says that a server runs, which must not for what was asked of it.
	ErrRunning = errors.New("it is running")
	// ErrDown says that a server does not run.
	ErrDown = errors.New("it is not running")
	// ErrKilled says that a server was killed while it started.
	ErrKilled = errors.New("it was killed")

	errPortTaken = errors.New("its port is taken")
)

var serverName = lazy.Regexp{Text: `^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`}

// Add adds a server, which is not started, and has its ports from now on. Errors: what is wrong with c; that a port is taken;
// ErrClosed.
func (g *Group) Add(c Config) (*Server, error) {
	if c.Host == "" {
		c.Host = "127.0.0.1"
	}
	switch ip := net.ParseIP(c.Host); {
	case !serverName.Get().MatchString(c.Name):
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
		return nil, hint.Wrap(fmt.Errorf("add server %s: %w", c.Name, err), advice(err.Error()))
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

// Addr is host:port of the server, up or down. Where ports cannot be held, which is anywhere but on Linux, one that it was not
// given may change in its first start, and never after that.
func (s *Server) Addr() string { return net.JoinHostPort(s.config.Host, strconv.Itoa(s.Port())) }

// Host is that of its Config.
func (s *Server) Host() string { return s.config.Host }

// Port is the port of Addr.
func (s *Server) Port() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.port.number
}

// Bus is the port of its cluster bus; 0 without cluster mode.
func (s *Server) Bus() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bus.number
}

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
