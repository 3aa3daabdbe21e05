// Package mapfile keeps a growing array of words in memory and in a file at once.
//
//	file:   head (a fixed size) │ chunk │ chunk │ …
//	memory:                     [words] [words] …     the same pages, mapped
//
// What was stored in the words is in the file when the process is killed at any moment, without a system call for
// each store. It is not proof against the machine going down: nothing is flushed.
//
// The space of a chunk is written before it is mapped. A full disk is therefore an error of Grow, and never a signal
// in the middle of a store. The package knows nothing of what the words mean, and takes no lock: one owner at a time.
package mapfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"unsafe"

	"github.com/edsrzf/mmap-go"
)

// Granule divides the sizes of heads and chunks: the coarsest boundary at which any supported system maps (Windows).
const Granule = 64 << 10

// ErrLayout says that a file is no head and chunks of the expected sizes.
var ErrLayout = errors.New("not a file of this layout")

// Layout is the sizes of a file's parts, in bytes, each a multiple of Granule.
type Layout struct {
	Head  int
	Chunk int
	Most  int // chunks that a file has at the most
}

// File is a mapped file. It must be closed.
type File struct {
	layout Layout
	file   *os.File
	maps   []mmap.MMap
}

// Create makes a new file with a head that begins with the given bytes, and no chunks. It must not exist; only its
// owner can read it.
func Create(path string, layout Layout, head []byte) (*File, error) {
	if len(head) > layout.Head {
		return nil, fmt.Errorf("%w: a head of %d bytes, at most %d fit", ErrLayout, len(head), layout.Head)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	whole := make([]byte, layout.Head)
	copy(whole, head)
	if _, err := f.Write(whole); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return &File{layout: layout, file: f}, nil
}

// Open opens a file that Create made, whatever moment its process was killed at, and returns its head. A chunk
// that was not yet reserved in full held nothing, and is not there.
func Open(path string, layout Layout) (*File, []byte, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	m := &File{layout: layout, file: f}
	head, err := m.load()
	if err != nil {
		return nil, nil, errors.Join(err, m.unmap(), f.Close())
	}
	return m, head, nil
}

func (m *File) load() (head []byte, err error) {
	info, err := m.file.Stat()
	if err != nil {
		return nil, err
	}
	chunks := (info.Size() - int64(m.layout.Head)) / int64(m.layout.Chunk)
	if !info.Mode().IsRegular() || info.Size() < int64(m.layout.Head) || chunks > int64(m.layout.Most) {
		return nil, fmt.Errorf("%w: %d bytes", ErrLayout, info.Size())
	}
	head = make([]byte, m.layout.Head)
	if _, err := io.ReadFull(m.file, head); err != nil {
		return nil, err
	}
	for range chunks {
		if _, err := m.mapNext(); err != nil {
			return nil, err
		}
	}
	return head, nil
}

// Chunks returns the number of chunks.
func (m *File) Chunks() int { return len(m.maps) }

// Words returns a chunk. It is valid until Close.
func (m *File) Words(chunk int) []uint32 {
	b := m.maps[chunk]
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// zeros is what space is reserved with.
var zeros [Granule]byte

// Grow adds a chunk of zeros and returns it. When there is no room for it, the file is as it was.
func (m *File) Grow() ([]uint32, error) {
	if len(m.maps) >= m.layout.Most {
		return nil, fmt.Errorf("%w: it has %d chunks, and more are not possible", ErrLayout, m.layout.Most)
	}
	begin := m.end()
	for at := begin; at < begin+int64(m.layout.Chunk); at += Granule {
		if _, err := m.file.WriteAt(zeros[:], at); err != nil {
			return nil, err
		}
	}
	return m.mapNext()
}

// end is where the chunks that are mapped end.
func (m *File) end() int64 {
	return int64(m.layout.Head) + int64(len(m.maps))*int64(m.layout.Chunk)
}

func (m *File) mapNext() ([]uint32, error) {
	b, err := mmap.MapRegion(m.file, m.layout.Chunk, mmap.RDWR, 0, m.end())
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", m.file.Name(), err)
	}
	m.maps = append(m.maps, b)
	return m.Words(len(m.maps) - 1), nil
}

// Close gives the memory back. No words may be used after it.
func (m *File) Close() error {
	return errors.Join(m.unmap(), m.file.Close())
}

func (m *File) unmap() error {
	var errs []error
	for _, b := range m.maps {
		errs = append(errs, b.Unmap())
	}
	m.maps = nil
	return errors.Join(errs...)
}

// LittleEndian says in which order this machine keeps the bytes of a word.
func LittleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }
