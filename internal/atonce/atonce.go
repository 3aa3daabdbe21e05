// Package atonce opens files without waiting for another process. Opening a named pipe waits for whoever has its other end, for
// ever if need be, and neither a context nor the first signal ends that.
package atonce

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Errors of opening what is a pipe. A fs.PathError with the path wraps them.
var (
	ErrPipe   = errors.New("it is a named pipe, and to read one can wait for ever: give a regular file, or /dev/stdin")
	ErrReader = errors.New("it is a named pipe, and nobody reads it")
)

// Open opens a file for reading. The pipes that a shell has opened can be read: /dev/stdin, and what bash writes for <(COMMAND).
// Errors: ErrPipe for every other one, and those of os.Open.
func Open(path string) (*os.File, error) {
	if !isPipe(path) {
		return os.Open(path)
	}
	if !inherited(path) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrPipe}
	}
	return os.OpenFile(path, os.O_RDONLY|nonblock, 0)
}

// inherited tells whether a path is one of a descriptor of this process, or a link to it.
func inherited(path string) bool {
	for range 8 { // links to links: /dev/stdin, /proc/self/fd/0
		if path = filepath.Clean(path); strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/") || path == "/dev/stdin" {
			return true
		}
		next, err := os.Readlink(path)
		if err != nil {
			return false
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return false
}

// Write opens for writing what there is and is no regular file: a pipe, a terminal, /dev/null. Errors: ErrReader, and those of
// os.OpenFile.
func Write(path string) (*os.File, error) {
	if !isPipe(path) {
		return os.OpenFile(path, os.O_WRONLY, 0)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|nonblock, 0)
	if errors.Is(err, noReader) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrReader}
	}
	return file, err
}

// Create is os.Create, and Write for a pipe.
func Create(path string) (*os.File, error) {
	if isPipe(path) {
		return Write(path)
	}
	return os.Create(path)
}

// isPipe tells whether there is a pipe. What cannot be looked at is none: to open it says why.
func isPipe(path string) bool {
	is, err := os.Stat(path)
	return err == nil && is.Mode()&fs.ModeNamedPipe != 0
}
