package powercut

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/aafailover/aafailover/internal/filelock"
)

// workers is how many calls are made at a time: redis-server syncs from its main thread, from a few background threads and
// from a child. More would wait, and be none the worse.
const workers = 8

// watcher is the witness at work.
type watcher struct {
	lock     *os.File // held as long as this process lives
	record   *os.File // is written to at the end: whoever removes the folder then meets no file that comes into being
	listener listener
	busy     sync.WaitGroup // calls that are being made
	deaf     chan error     // why no calls can be received any more

	mu      sync.Mutex // of what follows
	listing *listing
	durable *durable
	trouble error // what it could not see
}

// watch is the witness of a process, which it meets at a socket that is its descriptor 3. It returns when that process and its
// children are gone.
func watch(record, folder string, server int) error {
	c := control{os.NewFile(3, "control")}
	w, err := prepare(record, folder)
	if err != nil {
		_ = c.send(err.Error(), 0) // if nobody hears it, nobody waits for it
		return err
	}
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
	return w.finish()
}

// prepare takes a folder for the record, empties it, and looks at what is there before the server starts.
func prepare(folder, files string) (*watcher, error) {
	w := &watcher{deaf: make(chan error, workers)}
	k := &kept{folder: filepath.Join(folder, keptFolder), has: map[inode]bool{}}
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		w.lock, err = os.OpenFile(filepath.Join(folder, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if free, err := filelock.Try(w.lock); err != nil || !free {
		return nil, errors.Join(err, fmt.Errorf("the record in %s belongs to a server that runs", folder))
	}
	err = w.lock.Truncate(0)
	if err == nil {
		_, err = w.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	}
	err = errors.Join(err, os.RemoveAll(k.folder), os.Mkdir(k.folder, 0o700))
	if err == nil {
		w.record, err = os.Create(filepath.Join(folder, recordFile))
	}
	if err == nil {
		w.listing, err = newListing(files, k)
	}
	if err != nil {
		return nil, err
	}
	sizes, err := k.sizes()
	if err != nil {
		return nil, err
	}
	w.durable = newDurable(w.listing.dirs[files].inode, w.listing.tree, sizes)
	return w, nil
}

// untilEnd waits until no process can call any more: the last that has the filter is gone, or the server is and somebody who
// knows that its children are too asks for the end. Before Linux 6.11, a child that was killed and that nobody has waited for
// still has the filter.
func (w *watcher) untilEnd(server int) {
	unused := make(chan error, 1)
	go func() { unused <- w.listener.untilUnused() }()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, askedToEnd)
	for {
		select {
		case err := <-unused:
			w.fail(err)
			return
		case err := <-w.deaf: // the server fails at its next fsync, instead of waiting for it without an end
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
func (w *watcher) finish() error {
	w.busy.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.durable.record()
	if w.trouble != nil {
		r.Trouble = w.trouble.Error()
	}
	return json.NewEncoder(w.record).Encode(r)
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
				w.deaf <- fmt.Errorf("receive a system call: %w", err)
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
	if err != nil && !w.listener.isWaiting(c) {
		err = nil // what was looked at has gone with the server
	}
	if err != nil || r == nil {
		return errors.Join(err, w.listener.goOn(c))
	}
	defer r.file.Close() //nolint:errcheck // it was opened to be synced
	began := time.Now()
	failed := r.make()
	at := time.Now()
	w.mu.Lock() // before the server goes on, so that its next call finds this one on record
	defer w.mu.Unlock()
	told, err := w.listener.reply(c, failed)
	if !told {
		w.durable.drop(r.pending)
		return err
	}
	if w.durable.end(r.pending, failed != nil, at, at.Sub(began)) {
		return w.listing.kept.prune(w.durable.forget())
	}
	return nil
}
