// Package host reads how the machine that this process runs on is doing: CPU time
// that the hypervisor took away, how long its disks take, packets that its network
// dropped, and how long tasks waited. It says nothing of any other machine: the
// servers of a region are seen by what they answer, not from here.
//
// The kernel's counters go up for ever, so that what counts lies between two
// readings:
//
//	Read ─ Sample ─┐
//	               ├─ Between ─ Load
//	Read ─ Sample ─┘
//
// The files are those of Linux; elsewhere nothing is readable, and Read says so.
// What could not be read is never shown as zero.
package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"
)

// Sample is what the kernel has counted up to a moment.
type Sample struct {
	// At is when it was read, by the monotonic clock where there is one.
	At time.Time

	cpu      *cpu
	disks    map[string]disk
	wires    map[string]wire
	tcp      *tcp
	pressure map[string]stalls
}

// Read reads the counters of this machine. With an error the sample still holds
// whatever was readable; the error names each file that was not. Where all are
// missing, the error is ErrUnreadable.
func Read() (Sample, error) {
	return ReadFS(os.DirFS("/"), time.Now())
}

// ErrUnreadable says that this system has none of the files that Linux has.
var ErrUnreadable = errors.New("read the load of this machine: " + runtime.GOOS + " has no /proc that tells it")

// ReadFS reads the counters from a file system that has proc/stat and the others
// where Linux has them. See Read for its errors.
func ReadFS(root fs.FS, at time.Time) (Sample, error) {
	s := Sample{At: at}
	var failures []error
	for _, source := range sources {
		content, err := fs.ReadFile(root, source.path)
		if err == nil {
			err = source.parse(&s, string(content))
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("read the load of this machine: /%s: %w", source.path, plain(err)))
		}
	}
	if len(failures) == len(sources) {
		return s, ErrUnreadable
	}
	return s, errors.Join(failures...)
}

// sources are the files that are read, and what takes what they hold into a sample.
var sources = []struct {
	path  string
	parse func(*Sample, string) error
}{
	{"proc/stat", (*Sample).parseCPU},
	{"proc/diskstats", (*Sample).parseDisks},
	{"proc/net/dev", (*Sample).parseWires},
	{"proc/net/snmp", (*Sample).parseTCP},
	{"proc/pressure/cpu", (*Sample).parseCPUPressure},
	{"proc/pressure/io", (*Sample).parseIOPressure},
	{"proc/pressure/memory", (*Sample).parseMemoryPressure},
}

// plain takes from an error of a file the path, which is named already.
func plain(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// errForm says that a file is not written as Linux writes it.
var errForm = errors.New("not in the form that is known")

// grown is how much a counter went up, and false where it went down: what it counts
// was taken away and came anew in between.
func grown(from, to uint64) (uint64, bool) {
	if to < from {
		return 0, false
	}
	return to - from, true
}
