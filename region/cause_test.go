package region

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

func TestCauseOf(t *testing.T) {
	op := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	reply := func(text string) error { return resp.ServerError(text) }
	for _, test := range []struct {
		name string
		err  error
		want probe.Cause
	}{
		{"no error", nil, probe.NoCause},
		{"cancelled by ourselves", context.Canceled, probe.NoCause},
		{"connection refused", op(syscall.ECONNREFUSED), probe.Refused},
		{"connection refused, on Windows", op(syscall.Errno(10061)), probe.Refused},
		{"the deadline of a connection", &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, probe.Timeout},
		{"the deadline of a context", context.DeadlineExceeded, probe.Timeout},
		{"the kernel gave up", op(syscall.ETIMEDOUT), probe.Timeout},
		{"no connection of the pool free in time", redis.ErrPoolTimeout, probe.Timeout},
		{"reset", op(syscall.ECONNRESET), probe.Reset},
		{"broken pipe", op(syscall.EPIPE), probe.Reset},
		{"closed by the peer", io.EOF, probe.Reset},
		{"closed in the middle of a reply", io.ErrUnexpectedEOF, probe.Reset},
		{"a closed client", redis.ErrClosed, probe.Reset},
		{"a name that does not exist", &net.OpError{Op: "dial", Err: &net.DNSError{Name: "x", IsNotFound: true}}, probe.NameNotFound},
		{"a name server that does not answer", &net.DNSError{Name: "x", IsTimeout: true}, probe.NameNotFound},
		{"no route to host", op(syscall.EHOSTUNREACH), probe.Unreachable},
		{"no route to network", op(syscall.ENETUNREACH), probe.Unreachable},
		{"a certificate of another name", &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}, probe.TLS},
		{"an unknown authority", x509.UnknownAuthorityError{}, probe.TLS},
		{"plain text where TLS was expected", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, probe.TLS},
		{"an alert", &net.OpError{Op: "remote error", Err: tls.AlertError(40)}, probe.TLS},
		{"TLS where plain text was expected", &resp.ProtocolError{Looks: "TLS"}, probe.TLS},
		{"HTTP", &resp.ProtocolError{Looks: "HTTP"}, probe.Protocol},
		{"random bytes", &resp.ProtocolError{Detail: "x"}, probe.Protocol},
		{"a password that cannot be read", &secretError{errors.New("x")}, probe.Authentication},
		{"WRONGPASS", reply("WRONGPASS invalid username-password pair or user is disabled."), probe.Authentication},
		{"NOAUTH", reply("NOAUTH Authentication required."), probe.Authentication},
		{"the words of old servers", reply("ERR invalid password"), probe.Authentication},
		{"a password where there is none", reply("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"), probe.Authentication},
		{"the same on old servers", reply("ERR Client sent AUTH, but no password is set"), probe.Authentication},
		{"NOPERM", reply("NOPERM this user has no permissions to run the 'publish' command"), probe.Permission},
		{"protected mode", reply("DENIED Redis is running in protected mode"), probe.Permission},
		{"LOADING", reply("LOADING Redis is loading the dataset in memory"), probe.Loading},
		{"CLUSTERDOWN", reply("CLUSTERDOWN The cluster is down"), probe.ClusterDown},
		{"READONLY", reply("READONLY You can't write against a read only replica."), probe.ReadOnly},
		{"OOM", reply("OOM command not allowed when used memory > 'maxmemory'."), probe.OutOfMemory},
		{"MASTERDOWN", reply("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."), probe.MasterDown},
		{"NOREPLICAS", reply("NOREPLICAS Not enough good replicas to write."), probe.NoReplicas},
		{"no connection left", reply("ERR max number of clients reached"), probe.MaxClients},
		{"MOVED", reply("MOVED 6237 10.0.0.1:6379"), probe.Moved},
		{"ASK", reply("ASK 6237 10.0.0.1:6379"), probe.Moved},
		{"any other reply", reply("ERR unknown command 'x'"), probe.ServerRefused},
		{"an empty reply", reply(""), probe.ServerRefused},
		{"the guard", errForbidden, probe.ServerRefused},
		{"what nobody knows", errors.New("x"), probe.Unreachable},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := CauseOf(test.err); got != test.want {
				t.Errorf("%v: %v, want %v", test.err, got, test.want)
			}
			if test.err == nil {
				return
			}
			wrapped := newDoor(us, Options{}).fail(at, "connect", fmt.Errorf("more: %w", test.err))
			if got := CauseOf(wrapped); got != test.want {
				t.Errorf("wrapped: %v, want %v", got, test.want)
			}
		})
	}
}

func TestWhatAServerSaysIsMadePresentable(t *testing.T) {
	for _, test := range []struct{ name, said, want string }{
		{"ordinary words stay", "ERR syntax error", "ERR syntax error"},
		{"repeated arguments are cut off", "ERR unknown command 'AUTH', with args beginning with: 'hunter2' ", "ERR unknown command 'AUTH'"},
		{"nothing controls the terminal", "ERR \x1b[31mred\x07", "ERR ?[31mred?"},
		{"not too long", "ERR " + strings.Repeat("x", 400), "ERR " + strings.Repeat("x", 296) + "…"},
	} {
		err := newDoor(us, Options{}).fail(at, "ping", resp.ServerError(test.said))
		if got := strings.TrimPrefix(err.Error(), "us (us.example:6379): ping: "); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
