package topology

import (
	"fmt"
	"sync"

	"github.com/aafailover/aafailover/lab/process"
)

// disk is what stands for the disk of a server.
type disk struct {
	mu   sync.Mutex
	pid  int          // of the process whose disk is full
	undo func() error // nil: it is not
}

// HowDiskFull says how the disk of a server is made full.
const HowDiskFull = "RLIMIT_FSIZE of the server's process is 0: every write that would extend a file fails, as on a full disk, " +
	"with EFBIG (\"File too large\") in place of ENOSPC"

// DiskFull fills the disk of a server: until DiskFree, or until the server is started again, whatever it or its children write to a
// file fails. Its log alone can be written. See HowDiskFull for how; next to a file system of 2 MiB that was full, redis-server 7.0 did the
// same: with appendfsync everysec it answers MISCONF to every write and to PING, so that sentinels hold it for down; with always it
// ends; a background save fails; and once there is room it goes on. Errors: that it is down; that it cannot be had here.
func (d *Deployment) DiskFull(host string) error {
	m, err := d.member(host)
	if err != nil {
		return err
	}
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	pid := m.server.PID()
	if pid == 0 {
		return fmt.Errorf("fill the disk of %s: %w", host, process.ErrDown)
	}
	if m.disk.pid == pid && m.disk.undo != nil {
		return nil
	}
	undo, err := fill(pid)
	if err != nil {
		return fmt.Errorf("fill the disk of %s: %w", host, err)
	}
	m.disk.pid, m.disk.undo = pid, undo
	return nil
}

// DiskFree makes room on the disk of a server. One that is not full has room.
func (d *Deployment) DiskFree(host string) error {
	m, err := d.member(host)
	if err != nil {
		return err
	}
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	undo := m.disk.undo
	m.disk.undo = nil
	if undo == nil || m.server.PID() != m.disk.pid {
		return nil
	}
	if err := undo(); err != nil {
		return fmt.Errorf("free the disk of %s: %w", host, err)
	}
	return nil
}
