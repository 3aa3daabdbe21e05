//go:build unix

package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// residentPeak is the most memory that was resident of a process that has ended, in MB of 10^6 bytes.
func residentPeak(p *os.ProcessState) (float64, error) {
	took, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("this system does not tell what a process took")
	}
	if runtime.GOOS == "darwin" {
		return float64(took.Maxrss) / 1e6, nil // getrusage(2) there: bytes
	}
	return float64(took.Maxrss) * 1024 / 1e6, nil // getrusage(2): kilobytes
}
