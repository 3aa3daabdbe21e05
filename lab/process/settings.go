package process

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"github.com/aafailover/aafailover/redisconf"
)

// The files of a server that the group makes. The names of the others are the server's own.
const (
	settingsName = "redis.conf"
	logName      = "log"
	nodesName    = "nodes.conf" // a node's view of its cluster, and who it is there
)

// clusterMode is the directive by which a server is a node of a cluster, and has a bus.
const clusterMode = "cluster-enabled"

// own are the directives that are the group's: where a server listens, from where it dials, and what it may touch. What
// settings say of them is left out.
var own = []string{
	"port", "bind", "bind-source-addr", "tls-port", "protected-mode", "unixsocket", "unixsocketperm", "unixsocketgroup",
	"dir", "pidfile", "daemonize", "supervised", "logfile", "syslog-enabled", "cluster-port", "cluster-config-file",
}

// settings are those with which a server is started.
func (s *Server) settings() redisconf.Config {
	// Every address of this machine is as good as 127.0.0.1, which is all that the protected mode lets in.
	c := redisconf.Config{}.
		With("bind", s.config.Host).
		With("protected-mode", "no").
		With("port", strconv.Itoa(s.Port())).
		With("dir", s.dir)
	if s.config.Settings.Enabled(clusterMode) {
		c = c.With("cluster-config-file", nodesName)
		if s.Binary().AtLeast(7, 0) {
			c = c.With("cluster-port", strconv.Itoa(s.Bus()))
		}
	}
	if s.Binary().AtLeast(7, 0) { // servers before that dial from the first address to which they are bound anyway
		c = c.With("bind-source-addr", s.config.Host)
	}
	return c.Over(s.config.Settings.Without(own...))
}

// writeSettings writes the file of settings, unless there is one: a server may rewrite its own, and Sentinel keeps in it what
// it knows.
func (s *Server) writeSettings() error {
	f, err := s.group.folder.root.OpenFile(path.Join(s.config.Name, settingsName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(s.settings().String())
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, s.removeSettings()) // a half of them would be taken for all
	}
	return nil
}

// removeSettings has the next start write them anew.
func (s *Server) removeSettings() error {
	err := s.group.folder.root.Remove(path.Join(s.config.Name, settingsName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (s *Server) logPath() string { return filepath.Join(s.dir, logName) }
