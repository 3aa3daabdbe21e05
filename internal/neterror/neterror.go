// Package neterror puts what went wrong on a network into a few words, without the operation
// and the addresses that package net puts before them: whoever reports an error has
// said those already.
package neterror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// Text is the error in a few words: "no answer in time", "connection refused". An error
// that is none of a network is its own text.
func Text(err error) string {
	var (
		dns   *net.DNSError
		errno syscall.Errno
		op    *net.OpError
	)
	switch {
	case errors.As(err, &dns) && dns.IsTimeout:
		return fmt.Sprintf("looking up the name %s took too long", dns.Name)
	case errors.As(err, &dns):
		return fmt.Sprintf("name %s not found", dns.Name)
	case IsTimeout(err):
		return "no answer in time"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed by the other side"
	case errors.Is(err, net.ErrClosed):
		return "connection closed"
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}

// wsaTimedOut is the number of Windows' socket error, for which ETIMEDOUT does not stand
// there. No other system has an error with this number.
const wsaTimedOut = syscall.Errno(10060)

// IsTimeout tells that something took longer than it may, be that a deadline of ours or
// one of the system's.
func IsTimeout(err error) bool {
	for _, known := range []error{os.ErrDeadlineExceeded, context.DeadlineExceeded, syscall.ETIMEDOUT, wsaTimedOut} {
		if errors.Is(err, known) {
			return true
		}
	}
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
