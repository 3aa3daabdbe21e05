//go:build !unix

package atonce

import "syscall"

// Pipes are no files here.
const (
	nonblock = 0
	noReader = syscall.Errno(0)
)
