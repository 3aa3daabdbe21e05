package powercut

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// request is a call that the witness makes for the server.
type request struct {
	file    *os.File
	pending *pending
	make    func() error
}

// request understands a call just before it is made. It is nil for one that goes to the kernel: because it is none about the
// folder of the server, or because it makes nothing durable, and then what it does is on record. It is called with the lock held.
func (w *watcher) request(c call) (*request, error) {
	if changed, err := w.listing.refresh(); err != nil {
		return nil, err
	} else if changed {
		w.durable.look(w.listing.tree)
		if err := w.listing.kept.prune(w.durable.forget()); err != nil {
			return nil, err
		}
	}
	if c.number == unix.SYS_SYNC {
		return w.everything(func(int) error { unix.Sync(); return nil })
	}
	path := fmt.Sprintf("/proc/%d/fd/%d", c.thread, int32(c.args[0]))
	s, err := stat(path)
	if !w.listener.isWaiting(c) || isGone(err) { // it was killed, or the kernel is to say that there is no such descriptor
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("see which file is synced: %w", err)
	}
	switch {
	case s.device != w.listing.device:
		return nil, nil
	case c.number == unix.SYS_SYNCFS:
		return w.everything(unix.Syncfs)
	case !w.listing.isInside(s.Inode):
		return nil, nil
	case c.number == unix.SYS_FTRUNCATE:
		w.durable.shrink(s.Inode, int64(c.args[1]))
		return nil, nil
	case c.number == unix.SYS_FDATASYNC:
		return w.one(path, s.Inode, unix.Fdatasync)
	default:
		return w.one(path, s.Inode, unix.Fsync)
	}
}

// one is a call about a file or a folder. Its size is looked at now, before the call is made: what another thread writes
// meanwhile may or may not be carried along.
func (w *watcher) one(path string, is inode, sync func(int) error) (*request, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open what is synced: %w", err)
	}
	r := &request{file: file, make: func() error { return sync(int(file.Fd())) }}
	s, err := statOf(file)
	if err == nil && s.Inode != is {
		err = errors.New("another thread closed it meanwhile")
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("see what is synced: %w", err)
	}
	if s.Dir {
		r.pending = w.durable.begin(nil, s.Inode)
	} else {
		r.pending = w.durable.begin(map[inode]int64{s.Inode: s.size})
	}
	return r, nil
}

// everything is a call about all files of the filesystem.
func (w *watcher) everything(sync func(int) error) (*request, error) {
	sizes, err := w.listing.kept.sizes()
	if err != nil {
		return nil, err
	}
	folder, err := os.Open(w.listing.root)
	if err != nil {
		return nil, err
	}
	dirs := slices.Collect(maps.Keys(w.listing.tree))
	return &request{file: folder, pending: w.durable.begin(sizes, dirs...), make: func() error { return sync(int(folder.Fd())) }}, nil
}
