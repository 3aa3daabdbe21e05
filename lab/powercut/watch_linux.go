package powercut

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/aafailover/aafailover/internal/filelock"
)

// workers is how many calls are made at a time: redis-server syncs from its main thread, from a few background threads and
// from a child. More would wait, and be none the worse.
const workers = 8

// watcher is the witness at work.
type watcher struct {
	listener listener
	busy     sync.WaitGroup // calls that are being made

	mu      sync.Mutex // of what follows
	listing *listing
	durable *durable
	trouble error // what it could not see
}

// watch is the witness of a process, which it meets at a socket that is its descriptor 3. It returns when that process and its
// children are gone.
func watch(record, folder string, server int) error {
	c := control{os.NewFile(3, "control")}
	lock, w, err := prepare(record, folder)
	if err != nil {
		_ = c.send(err.Error(), 0) // if nobody hears it, nobody waits for it
		return err
	}
	defer lock.Close() //nolint:errcheck // nothing was written to it that matters
	process, err := unix.PidfdOpen(server, 0)
	if err != nil {
		_ = c.send(fmt.Sprintf("watch process %d: %v", server, err), 0)
		return err
	}
	if err := c.send(ready, 0); err != nil {
		return err
	}
	_, fd, err := c.receive()
	if err != nil {
		return err // it has ended before it became a server
	}
	w.listener = listener(fd)
	w.listener.prefer()
	for range workers {
		go w.serve() // until this process ends, which is when nobody can call any more
	}
	if err := c.send(ready, 0); err != nil {
		return err
	}
	w.untilEnd(process)
	return w.finish(record)
}

// prepare takes a folder for the record, empties it, and looks at what is there before the server starts.
func prepare(record, folder string) (lock *os.File, w *watcher, err error) {
	if err := os.MkdirAll(record, 0o700); err != nil {
		return nil, nil, err
	}
	lock, err = os.OpenFile(filepath.Join(record, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	free, err := filelock.Try(lock)
	if err == nil && !free {
		err = fmt.Errorf("the record in %s belongs to a server that runs", record)
	}
	k := &kept{folder: filepath.Join(record, keptFolder), has: map[inode]bool{}}
	if err == nil {
		err = errors.Join(os.RemoveAll(k.folder), os.RemoveAll(filepath.Join(record, recordFile)), lock.Truncate(0))
	}
	if err == nil {
		_, err = lock.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	}
	if err == nil {
		err = os.Mkdir(k.folder, 0o700)
	}
	if err != nil {
		return nil, nil, err
	}
	l, err := newListing(folder, k)
	if err != nil {
		return nil, nil, err
	}
	sizes, err := k.sizes()
	if err != nil {
		return nil, nil, err
	}
	return lock, &watcher{listing: l, durable: newDurable(l.dirs[l.root].inode, l.tree, sizes)}, nil
}

// untilEnd waits until no process can call any more: the last that has the filter is gone, or the server is and somebody who
// knows that its children are too asks for the end. Before Linux 6.11, a child that was killed and that nobody has waited for
// still has the filter.
func (w *watcher) untilEnd(server int) {
	unused := make(chan error, 1)
	go func() { unused <- w.listener.untilUnused() }()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	for {
		select {
		case err := <-unused:
			w.fail(err)
			return
		case <-asked:
			fds := []unix.PollFd{{Fd: int32(server), Events: unix.POLLIN}}
			if n, err := unix.Poll(fds, 0); err == nil && n > 0 {
				return
			}
		}
	}
}

// finish writes the record, once the calls that are under way have returned.
func (w *watcher) finish(folder string) error {
	w.busy.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.durable.record()
	if w.trouble != nil {
		r.Trouble = w.trouble.Error()
	}
	return r.write(folder)
}

// fail takes note of what could not be seen; nil is nothing.
func (w *watcher) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble == nil {
		w.trouble = err
	}
}

// serve takes calls, one after the other.
func (w *watcher) serve() {
	for {
		c, err := w.listener.receive()
		if err != nil {
			if errors.Is(err, unix.ENOENT) && !w.listener.isUnused() {
				continue
			}
			if !errors.Is(err, unix.ENOENT) {
				w.fail(fmt.Errorf("receive a system call: %w", err))
			}
			return
		}
		w.busy.Add(1)
		if err := w.answer(c); err != nil {
			w.fail(err)
		}
		w.busy.Done()
	}
}

// answer makes a call or lets it go on. After an error the server goes on as well: it is not to suffer from the witness.
func (w *watcher) answer(c call) error {
	w.mu.Lock()
	r, err := w.request(c)
	w.mu.Unlock()
	if err != nil || r == nil {
		return errors.Join(err, w.listener.goOn(c))
	}
	defer r.file.Close() //nolint:errcheck // it was opened to be synced
	began := time.Now()
	failed := r.make()
	at := time.Now()
	told, err := w.listener.reply(c, failed)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !told {
		w.durable.drop(r.pending)
		return err
	}
	if w.durable.end(r.pending, failed != nil, at, at.Sub(began)) {
		return w.listing.kept.prune(w.durable.forget())
	}
	return nil
}
