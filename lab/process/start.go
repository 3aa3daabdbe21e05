package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
)

// startPatience is how long a server may take to start where the caller's context has no deadline: to load much data takes
// minutes.
const startPatience = 10 * time.Minute

// portAttempts is how many ports are tried for a server at whose port something else has begun to listen.
const portAttempts = 5

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
	for attempt := 1; ; attempt++ {
		err := s.attempt(ctx)
		if attempt == portAttempts || !errors.Is(err, errPortTaken) || s.movePorts(ctx) != nil {
			return err
		}
	}
}

// attempt starts the server at the ports that it has.
func (s *Server) attempt(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := s.writeSettings(); err != nil {
		return fmt.Errorf("write its settings: %w", err)
	}
	s.port.held.Lend() // whose port it is changes in this call of start only
	defer s.port.held.TakeBack()
	s.bus.held.Lend()
	defer s.bus.held.TakeBack()
	l, err := s.begin()
	if err != nil {
		return err
	}
	pid, err := s.awaitReady(ctx, l)
	if err == nil && l.serve(pid) {
		s.mu.Lock()
		s.served = true
		s.mu.Unlock()
		return nil
	}
	if err == nil {
		err = errEnded
	}
	return s.startFailed(l, err)
}

// startFailed ends a life that did not come to serve, and says why.
func (s *Server) startFailed(l *life, err error) error {
	asked := l.wasAsked()
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

// movePorts chooses other ports for a server at whose own something else listens, unless they were given to it or are known.
func (s *Server) movePorts(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.served || s.config.Port != 0 || s.config.Bus != 0 {
		return errPortTaken
	}
	clients, bus, err := choosePorts(ctx, s.binary, s.config)
	if err != nil {
		return err
	}
	s.releasePorts()
	s.port, s.bus = clients, bus
	return s.removeSettings()
}

// obituary says how a life ended, and why as far as the log tells.
func (s *Server) obituary(l *life) error {
	why := reason(s.logFrom(l.offset))
	if why == "" {
		return errors.New(l.howItEnded())
	}
	err := fmt.Errorf("%s: %s", l.howItEnded(), why)
	if strings.Contains(why, "Address already in use") {
		err = fmt.Errorf("%w: %w", errPortTaken, err)
	}
	return hint.Wrap(err, advice(why))
}

// begin starts the process.
func (s *Server) begin() (*life, error) {
	log, err := os.OpenFile(s.logPath(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	at, err := log.Stat()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	scribe, said, err := newScribe(log)
	if err != nil {
		return nil, err
	}
	defer said.Close() //nolint:errcheck // the process has its own
	s.mu.Lock()
	defer s.mu.Unlock()
	words := append(slices.Clone(s.config.Wrap), s.binary.Path, filepath.Join(s.dir, settingsName))
	if s.config.Sentinel {
		words = append(words, "--sentinel")
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = s.dir, said, said, attributes()
	l := &life{offset: at.Size(), scribe: scribe, exited: make(chan struct{})}
	err = s.group.fork(cmd, l, func(untoward bool) {
		if untoward && s.config.OnExit != nil {
			s.config.OnExit(s.failed("run", s.obituary(l)))
		}
	})
	if err != nil {
		_ = said.Close()
		scribe.finish()
		return nil, err
	}
	s.life = l
	return l, nil
}
