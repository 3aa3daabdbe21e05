package host

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// disk is what a block device has done. The times are milliseconds that all
// requests together took, in 32 bits that begin anew after 49 days.
type disk struct {
	number                  string // "254:0"
	reads, writes, flushes  uint64
	readMS, writeMS, busyMS uint32
	flushMS                 uint32
}

// Disk is what a block device did between two readings.
type Disk struct {
	Name    string // "vda", "nvme0n1p2"
	Reads   uint64
	Writes  uint64
	Flushes uint64 // what an fsync waits for in the end; 0 also before Linux 5.5, which does not tell
	// ReadTime, WriteTime and FlushTime are what one such request took on average, from
	// when it was queued; 0 where there was none.
	ReadTime  time.Duration
	WriteTime time.Duration
	FlushTime time.Duration
	Busy      float64 // share of the time in which a request was under way, at most 1
}

// parseDisks takes the lines of Documentation/admin-guide/iostats.rst:
// major minor name reads merged sectors ms writes merged sectors ms in-flight
// busy-ms weighted-ms, four of discards, and flushes ms.
func (s *Sample) parseDisks(content string) error {
	disks := make(map[string]disk)
	for line := range strings.Lines(content) {
		fields := strings.Fields(line)
		if len(fields) < 14 {
			return errForm
		}
		var n [17]uint64
		for i, field := range fields[3:min(len(fields), 20)] {
			var err error
			if n[i], err = strconv.ParseUint(field, 10, 64); err != nil {
				return errForm
			}
		}
		disks[fields[2]] = disk{
			number: fields[0] + ":" + fields[1],
			reads:  n[0], readMS: uint32(n[3]),
			writes: n[4], writeMS: uint32(n[7]),
			busyMS:  uint32(n[9]),
			flushes: n[15], flushMS: uint32(n[16]),
		}
	}
	s.disks = disks
	return nil
}

// disksBetween leaves out devices that did nothing, and those that came or went.
func disksBetween(from, to Sample, passed time.Duration) []Disk {
	var disks []Disk
	for name, b := range to.disks {
		a, ok := from.disks[name]
		if !ok || a.number != b.number {
			continue
		}
		reads, more := grown(a.reads, b.reads)
		writes, written := grown(a.writes, b.writes)
		flushes, flushed := grown(a.flushes, b.flushes)
		if !more || !written || !flushed || reads+writes+flushes == 0 {
			continue
		}
		disks = append(disks, Disk{
			Name: name, Reads: reads, Writes: writes, Flushes: flushes,
			ReadTime:  each(b.readMS-a.readMS, reads),
			WriteTime: each(b.writeMS-a.writeMS, writes),
			FlushTime: each(b.flushMS-a.flushMS, flushes),
			Busy:      min(1, float64(milliseconds(b.busyMS-a.busyMS))/float64(max(passed, 1))),
		})
	}
	slices.SortFunc(disks, func(a, b Disk) int { return strings.Compare(a.Name, b.Name) })
	return disks
}

func milliseconds(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }

// each is what one of some requests took on average.
func each(ms uint32, requests uint64) time.Duration {
	if requests == 0 {
		return 0
	}
	return time.Duration(float64(milliseconds(ms)) / float64(requests))
}

// ErrNoDisk says that a folder lies on nothing whose latency the kernel tells: in
// memory, on the network, or on layers of which none is named.
var ErrNoDisk = errors.New("no disk of this machine that the kernel tells of")

// DiskOf returns the name of the block device that a folder lies on, as in
// Load.Disks. The error wraps ErrNoDisk, or says that it could not be found out.
func DiskOf(folder string) (string, error) {
	path, err := filepath.Abs(folder)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", fmt.Errorf("find the disk of %s: %w", folder, err)
	}
	name, err := diskOf(os.DirFS("/"), path, filepath.EvalSymlinks)
	if err != nil {
		return "", fmt.Errorf("find the disk of %s: %w", folder, err)
	}
	return name, nil
}

// diskOf looks for the mount that path lies on, and then for its device: by its
// number, or, where a file system has numbers of its own as btrfs has, by its name.
func diskOf(root fs.FS, path string, resolve func(string) (string, error)) (string, error) {
	mounts, err := fs.ReadFile(root, "proc/self/mountinfo")
	if err != nil {
		return "", plain(err)
	}
	content, err := fs.ReadFile(root, "proc/diskstats")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoDisk, plain(err))
	}
	var s Sample
	if err := s.parseDisks(string(content)); err != nil {
		return "", err
	}
	number, source := mountOf(string(mounts), path)
	for name, d := range s.disks {
		if d.number == number {
			return name, nil
		}
	}
	if strings.HasPrefix(source, "/dev/") {
		if device, err := resolve(source); err == nil {
			if name := filepath.Base(device); s.disks[name].number != "" {
				return name, nil
			}
		}
	}
	return "", ErrNoDisk
}

// mountOf returns the device number and the source of the mount with the longest
// path that contains path; of equal ones the last, which hides the others. The lines
// are those of proc(5): ID parent MAJOR:MINOR root PATH options… - type SOURCE options.
func mountOf(mounts, path string) (number, source string) {
	longest := -1
	lines := bufio.NewScanner(strings.NewReader(mounts))
	for lines.Scan() {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if len(left) < 5 || len(right) < 2 {
			continue
		}
		at := octal.Replace(left[4])
		if len(at) >= longest && within(path, at) {
			longest, number, source = len(at), left[2], right[1]
		}
	}
	return number, source
}

// octal undoes how mountinfo writes what would break its lines.
var octal = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

func within(path, folder string) bool {
	return path == folder || folder == "/" || strings.HasPrefix(path, folder+"/")
}
