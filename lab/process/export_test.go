package process

// Alive tells whether a process of this user exists and has not ended.
func Alive(pid int) bool {
	m, ok := look(pid)
	return ok && !m.dead
}

// Began is when a process began, as the list of a group has it.
func Began(pid int) int64 {
	m, _ := look(pid)
	return m.start
}

// Children returns the processes of a server's group, but for the one that was started.
func (s *Server) Children() []int {
	var found []int
	if l := s.running(); l != nil {
		all, _ := members(l.pid)
		for _, m := range all {
			if m.pid != l.pid && !m.dead {
				found = append(found, m.pid)
			}
		}
	}
	return found
}

// LosePorts gives back the ports of a server, as on a system where they cannot be held.
func (s *Server) LosePorts() {
	s.releasePorts()
	s.port.held, s.bus.held = nil, nil
}

// The parts that read what others wrote.
var (
	Reason = reason
	Redact = redact
)

// Stopped tells whether a process is stopped by a signal.
func Stopped(pid int) bool {
	m, ok := look(pid)
	return ok && m.stopped
}
