package region

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/internal/handshake"
	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/internal/neterror"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// CauseOf concludes from an error of this package, of a dialer, of TLS, of the
// protocol or of a server why a region cannot be used. It is NoCause for nil and
// for a cancelled context, which is nobody's fault; an error that it does not
// know is Unreachable, since no reply came.
func CauseOf(err error) probe.Cause {
	if err == nil {
		return probe.NoCause
	}
	if text, ok := serverText(err); ok {
		return causeOfReply(text)
	}
	// The order matters: a name that is not resolved in time is a time-out too,
	// and TLS and time-outs come wrapped in errors of the network.
	for _, known := range []struct {
		cause probe.Cause
		is    func(error) bool
	}{
		{probe.NoCause, oneOf(context.Canceled)},
		{probe.Authentication, isSecret},
		{probe.ServerRefused, oneOf(errForbidden)},
		{probe.Moved, oneOf(errSlotMoved)},
		{probe.NameNotFound, oneOf(ErrUnknownService)},
		{probe.Protocol, isForeign},
		{probe.TLS, isTLS},
		{probe.NameNotFound, isNameNotFound},
		{probe.Timeout, isTimeout},
		{probe.Refused, oneOf(syscall.ECONNREFUSED, wsaRefused)},
		{probe.Unreachable, oneOf(syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN, wsaNetUnreachable, wsaHostUnreachable)},
		{probe.Reset, oneOf(syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, wsaReset, wsaAborted,
			io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, redis.ErrClosed, errUnsubscribed)},
	} {
		if known.is(err) {
			return known.cause
		}
	}
	return probe.Unreachable
}

// The numbers of Windows' socket errors, for which package syscall's ECONN…
// names do not stand there. No other system has errors with these numbers.
const (
	wsaNetUnreachable  = syscall.Errno(10051)
	wsaAborted         = syscall.Errno(10053)
	wsaReset           = syscall.Errno(10054)
	wsaRefused         = syscall.Errno(10061)
	wsaHostUnreachable = syscall.Errno(10065)
)

func oneOf(targets ...error) func(error) bool {
	return func(err error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
}

// isForeign tells bytes that are not RESP and not TLS either.
func isForeign(err error) bool {
	var p *resp.ProtocolError
	return errors.As(err, &p) && p.Looks != looksTLS
}

// looksTLS is what a *resp.ProtocolError says of a TLS record.
const looksTLS = "TLS"

// speaksTLS tells that the peer answered a plain connection with a TLS record.
func speaksTLS(err error) bool {
	var p *resp.ProtocolError
	return errors.As(err, &p) && p.Looks == looksTLS
}

// isTLS tells errors of TLS, and of peers that speak it where we do not.
func isTLS(err error) bool { return speaksTLS(err) || handshake.IsFailure(err) }

func isNameNotFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns)
}

func isTimeout(err error) bool { return oneOf(redis.ErrPoolTimeout)(err) || neterror.IsTimeout(err) }

// serverText returns the text of the error reply in err, be it read by package
// resp or by go-redis.
func serverText(err error) (string, bool) {
	var own resp.ServerError
	if errors.As(err, &own) {
		return string(own), true
	}
	var theirs redis.Error
	if errors.As(err, &theirs) && !errors.Is(err, redis.Nil) && !oneOf(redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted)(err) {
		return theirs.Error(), true
	}
	return "", false
}

// causeOfCode holds the codes that error replies begin with.
var causeOfCode = lazy.Value[map[string]probe.Cause]{Make: func() map[string]probe.Cause {
	return map[string]probe.Cause{
		"WRONGPASS": probe.Authentication, "NOAUTH": probe.Authentication,
		"NOPERM": probe.Permission, "DENIED": probe.Permission,
		"LOADING": probe.Loading, "CLUSTERDOWN": probe.ClusterDown, "READONLY": probe.ReadOnly, "OOM": probe.OutOfMemory,
		"MASTERDOWN": probe.MasterDown, "NOREPLICAS": probe.NoReplicas, "MOVED": probe.Moved, "ASK": probe.Moved,
	}
}}

// causeOfText holds what is said after the code ERR, which by itself tells
// nothing. In lower case.
var causeOfText = []struct {
	part  string
	cause probe.Cause
}{
	{"max number of clients", probe.MaxClients},
	{"invalid password", probe.Authentication},
	{"invalid username-password", probe.Authentication},
	{"without any password configured", probe.Authentication},
	{"no password is set", probe.Authentication},
	{"authentication required", probe.Authentication},
	{"not allowed to access", probe.Permission},
}

func causeOfReply(text string) probe.Cause {
	if cause, ok := causeOfCode.Get()[resp.ServerError(text).Code()]; ok {
		return cause
	}
	lower := strings.ToLower(text)
	for _, known := range causeOfText {
		if strings.Contains(lower, known.part) {
			return known.cause
		}
	}
	return probe.ServerRefused
}
