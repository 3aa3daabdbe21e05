package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/resp"
)

// attemptPatience is how long a server may take to answer one question while it starts. One that is busy with loading answers
// between two pieces.
const attemptPatience = 10 * time.Second

var (
	// errForeign says that something else answers at a server's port.
	errForeign = fmt.Errorf("%w: another program answers there", errPortTaken)
	// errUnasked says that a server cannot be asked who it is.
	errUnasked = errors.New("it does not say who it is")
)

// awaitReady asks a server who it is until it has loaded its data, and returns its pid. Errors: errForeign; errUnasked; that
// it has ended; and those of ctx.
func (s *Server) awaitReady(ctx context.Context, l *life) (pid int, err error) {
	password, _ := s.config.Settings.Password()
	var last error
	for {
		var loading bool
		pid, loading, last = ask(ctx, s.Addr(), password)
		switch {
		case last == nil && !inGroup(pid, l.pid) && !l.isGone():
			return 0, errForeign
		case last == nil && !loading:
			return pid, nil
		case errors.Is(last, errUnasked):
			return 0, last
		}
		select {
		case <-time.After(pause):
		case <-l.exited:
			return 0, errEnded
		case <-ctx.Done():
			return 0, fmt.Errorf("%w: %w", context.Cause(ctx), waitedFor(last))
		}
	}
}

var errEnded = errors.New("it has ended")

// waitedFor is what kept a server from being ready.
func waitedFor(last error) error {
	if last == nil {
		return errors.New("it is still loading")
	}
	return last
}

// ask asks a server for its pid, and whether it is loading still. Errors: errUnasked, or that it did not answer.
func ask(ctx context.Context, address, password string) (pid int, loading bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptPatience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, false, err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost with it
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var request []byte
	if password != "" {
		request = resp.AppendCommand(request, "AUTH", password)
	}
	if _, err := conn.Write(resp.AppendCommand(request, "INFO")); err != nil {
		return 0, false, err
	}
	in := resp.NewReader(conn)
	if password != "" {
		if _, err := in.ReadValue(); err != nil { // what it says of the password, INFO will show
			return 0, false, err
		}
	}
	v, err := in.ReadValue()
	if err != nil {
		return 0, false, err
	}
	return identity(v)
}

// identity reads who a server is from its reply to INFO.
func identity(v resp.Value) (pid int, loading bool, err error) {
	if err := v.Err(); err != nil {
		if code := strings.SplitN(err.Error(), " ", 2)[0]; code == "LOADING" {
			return 0, false, err
		}
		return 0, false, hint.Wrap(fmt.Errorf("%w: INFO: %w", errUnasked, err),
			"the default user needs a password that the settings give in plain text, and has to be allowed INFO")
	}
	for line := range strings.Lines(v.Str) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "process_id":
			if pid, err = strconv.Atoi(value); err != nil {
				return 0, false, fmt.Errorf("%w: process_id: %w", errUnasked, err)
			}
		case "loading", "async_loading":
			loading = loading || value == "1"
		}
	}
	if pid == 0 {
		return 0, false, fmt.Errorf("%w: INFO has no process_id", errUnasked)
	}
	return pid, loading, nil
}
