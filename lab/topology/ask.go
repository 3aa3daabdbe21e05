package topology

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// How long the observer waits for a server: one that it looks at, which may hang, and one that has something to do.
const (
	answerPatience  = time.Second
	commandPatience = 30 * time.Second
)

// line is a connection of the observer to a server: past its front, so that no partition cuts it.
type line struct {
	conn net.Conn
	in   *resp.Reader
}

// call connects to the server of a member, and logs in where it has a password.
func (d *Deployment) call(ctx context.Context, m *member) (*line, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.server.Addr())
	if err != nil {
		return nil, err
	}
	l := &line{conn, resp.NewReader(conn)}
	if p := d.options.Password; p != "" && m.Runs == RunsServer {
		replies, err := l.ask(ctx, []string{"AUTH", p})
		if err == nil {
			err = replies[0].Err()
		}
		if err != nil {
			l.end()
			return nil, fmt.Errorf("authenticate: %w", err)
		}
	}
	return l, nil
}

// ask sends commands together and returns their replies, of which each may be an error of the server. After an error of ask itself the
// line is of no more use.
func (l *line) ask(ctx context.Context, commands ...[]string) ([]resp.Value, error) {
	stop := context.AfterFunc(ctx, func() { _ = l.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var request []byte
	for _, c := range commands {
		request = resp.AppendCommand(request, c...)
	}
	if _, err := l.conn.Write(request); err != nil {
		return nil, patienceOver(ctx, err)
	}
	replies := make([]resp.Value, len(commands))
	for i := range replies {
		var err error
		if replies[i], err = l.in.ReadValue(); err != nil {
			return nil, patienceOver(ctx, err)
		}
	}
	return replies, nil
}

// patienceOver is why reading or writing ended: ctx, when that is what ended it.
func patienceOver(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}

func (l *line) end() { _ = l.conn.Close() }

// once asks the server of a member over a connection of its own.
func (d *Deployment) once(ctx context.Context, m *member, patience time.Duration, commands ...[]string) ([]resp.Value, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errNoAnswer)
	defer cancel()
	l, err := d.call(ctx, m)
	if err != nil {
		return nil, patienceOver(ctx, err)
	}
	defer l.end()
	return l.ask(ctx, commands...)
}

var errNoAnswer = errors.New("it does not answer in time")

// Ask sends a command to the server of a host and returns its reply. The observer asks: no partition stands in its way. Errors: the
// server's own (resp.ServerError), that it does not answer within half a minute, that no server runs
// there.
func (d *Deployment) Ask(ctx context.Context, host string, command ...string) (resp.Value, error) {
	m, err := d.member(host)
	if err != nil {
		return resp.Value{}, err
	}
	name := command[0]
	replies, err := d.once(ctx, m, commandPatience, command)
	if err == nil {
		err = replies[0].Err()
	}
	if err != nil {
		return resp.Value{}, fmt.Errorf("%s (%s): %s: %w", m.Name, m.server.Addr(), name, err)
	}
	return replies[0], nil
}

// order is Ask for a command that has to be answered with OK.
func (d *Deployment) order(ctx context.Context, host string, command ...string) error {
	v, err := d.Ask(ctx, host, command...)
	if err == nil && v.Str != "OK" {
		err = fmt.Errorf("%s: %s answers %s", host, command[0], v)
	}
	return err
}
