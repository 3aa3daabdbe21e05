package process

import "context"

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
	if err := l.sendServer(asked); err != nil {
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
	if err := awaitAll(l.pid, "stopped", isStopped); err != nil {
		return s.failed("hang", err)
	}
	if l.isGone() {
		return s.failed("hang", ErrDown)
	}
	return nil
}

// GoOn ends a hang. Errors: ErrDown.
func (s *Server) GoOn() error {
	l := s.running()
	if l == nil {
		return s.failed("let go on", ErrDown)
	}
	return s.failed("let go on", l.send(goesOn))
}
