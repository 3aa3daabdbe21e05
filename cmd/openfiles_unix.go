//go:build unix

package cmd

import (
	"math"
	"syscall"
)

// mostFiles is how many files this process may have open; connections are files, too. The runtime has raised it as far as it may.
func mostFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxUint64 // it is not known
	}
	return uint64(limit.Cur) //nolint:unconvert // it has a sign on FreeBSD
}
