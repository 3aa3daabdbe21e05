package process

import (
	"path"
	"slices"
)

// Empty removes the data of a server that does not run: all files but its log, its settings and, in a cluster, its knowledge
// of that. A sentinel, whose settings are all it knows, gets those that it had at first. Errors: ErrRunning, ErrClosed.
func (s *Server) Empty() error { return s.failed("empty", s.empty()) }

func (s *Server) empty() error {
	done, err := s.atRest()
	if err != nil {
		return err
	}
	defer done()
	root := s.group.folder.root
	dir, err := root.Open(s.config.Name)
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	_ = dir.Close()
	if err != nil {
		return err
	}
	kept := []string{logName, settingsName, nodesName}
	if s.config.Sentinel {
		kept = []string{logName}
	}
	for _, name := range names {
		if !slices.Contains(kept, name) {
			if err := root.RemoveAll(path.Join(s.config.Name, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Replace has another program run at the next start of a server that does not run, as in a rolling upgrade: on the same data,
// with the same settings. Errors: ErrRunning, ErrClosed.
func (s *Server) Replace(b Binary) error {
	done, err := s.atRest()
	if err != nil {
		return s.failed("replace", err)
	}
	defer done()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.binary = b
	return nil
}
