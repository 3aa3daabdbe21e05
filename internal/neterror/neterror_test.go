package neterror_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/neterror"
)

func TestText(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, row := range []struct {
		name    string
		err     error
		want    string
		timeout bool
	}{
		{"a port that nobody listens at", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "connection refused", false},
		{"a deadline", fmt.Errorf("ask: %w", context.DeadlineExceeded), "no answer in time", true},
		{"a deadline of the system's", dial(os.NewSyscallError("connect", syscall.ETIMEDOUT)), "no answer in time", true},
		{"a name that there is not", dial(&net.DNSError{Name: "us.example", IsNotFound: true}), "name us.example not found", false},
		{"a name that nobody tells", dial(&net.DNSError{Name: "us.example", IsTimeout: true}), "looking up the name us.example took too long", true},
		{"an end in the middle", io.ErrUnexpectedEOF, "closed by the other side", false},
		{"an end of our own", dial(net.ErrClosed), "connection closed", false},
		{"something else in a dial", dial(errors.New("no such thing")), "no such thing", false},
		{"no error of a network", errors.New("other"), "other", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := neterror.Text(row.err); got != row.want || neterror.IsTimeout(row.err) != row.timeout {
				t.Errorf("%q, %v; want %q, %v", got, neterror.IsTimeout(row.err), row.want, row.timeout)
			}
		})
	}
}
