package powercut

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// status is what the kernel says of a file.
type status struct {
	device uint64
	entry
	regular bool
	size    int64 // bytes
	links   uint64
	changed time.Time // mtime
}

// lstat looks at a name, without following a symbolic link.
func lstat(path string) (status, error) { return look(path, unix.AT_SYMLINK_NOFOLLOW) }

// stat looks at what a name leads to.
func stat(path string) (status, error) { return look(path, 0) }

// statOf looks at an open file.
func statOf(f *os.File) (status, error) {
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return status{}, &fs.PathError{Op: "fstat", Path: f.Name(), Err: err}
	}
	return newStatus(&s), nil
}

func look(path string, flags int) (status, error) {
	var s unix.Stat_t
	if err := unix.Fstatat(unix.AT_FDCWD, path, &s, flags); err != nil {
		return status{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return newStatus(&s), nil
}

func newStatus(s *unix.Stat_t) status {
	kind := s.Mode & unix.S_IFMT
	return status{
		device:  uint64(s.Dev), //nolint:unconvert // its type differs between architectures
		entry:   entry{Inode: inode(s.Ino), Dir: kind == unix.S_IFDIR, Mode: fs.FileMode(s.Mode & 0o777)},
		regular: kind == unix.S_IFREG,
		size:    s.Size,
		links:   uint64(s.Nlink), //nolint:unconvert // as above
		changed: time.Unix(s.Mtim.Unix()),
	}
}

// errMoved says that a name leads elsewhere than it did a moment ago.
var errMoved = errors.New("the name has moved")

// kept is the folder of hard links by which files outlive their names.
type kept struct {
	folder string
	has    map[inode]bool
}

func (k *kept) path(file inode) string { return k.folder + "/" + strconv.FormatUint(uint64(file), 10) }

// hold keeps the file that a name leads to. The error is errMoved when the name leads to another file by now, or to none.
func (k *kept) hold(path string, file inode) error {
	if k.has[file] {
		return nil
	}
	if err := os.Link(path, k.path(file)); errors.Is(err, fs.ErrNotExist) {
		return errMoved
	} else if err != nil {
		return err
	}
	s, err := lstat(k.path(file))
	if err == nil && s.Inode != file {
		err = errMoved
	}
	if err != nil {
		return errors.Join(err, os.Remove(k.path(file)))
	}
	k.has[file] = true
	return nil
}

// prune lets go of the files that nobody needs.
func (k *kept) prune(needed map[inode]bool) error {
	for file := range k.has {
		if needed[file] {
			continue
		}
		if err := os.Remove(k.path(file)); err != nil {
			return err
		}
		delete(k.has, file)
	}
	return nil
}

// sizes are the bytes of all files that are kept.
func (k *kept) sizes() (map[inode]int64, error) {
	sizes := make(map[inode]int64, len(k.has))
	for file := range k.has {
		s, err := lstat(k.path(file))
		if err != nil {
			return nil, err
		}
		sizes[file] = s.size
	}
	return sizes, nil
}

// isGone tells whether an error says that a name, or a folder on the way to it, is not there.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
