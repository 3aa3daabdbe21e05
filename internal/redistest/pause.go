//go:build unix

package redistest

import "syscall"

// Pause stops the process with SIGSTOP: its sockets stay open and say nothing.
func (s *Server) Pause() { _ = s.process().cmd.Process.Signal(syscall.SIGSTOP) }

// Continue ends a Pause.
func (s *Server) Continue() { _ = s.process().cmd.Process.Signal(syscall.SIGCONT) }
