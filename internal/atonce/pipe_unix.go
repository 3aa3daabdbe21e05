//go:build unix

package atonce

import "syscall"

const (
	nonblock = syscall.O_NONBLOCK
	noReader = syscall.ENXIO // open(2)
)
