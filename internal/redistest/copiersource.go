package redistest

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// position is how far the source's replication stream was read.
type position struct {
	history string // the source's replication ID; "" before the first connection
	offset  int64  // bytes of the stream before what comes next
	other   bool   // what comes next is for another database than 0
}

// origin is the channel of the mark by which a Copier knows its own transactions.
const origin = "copier"

// follow reads the effects of the source until the context ends, over as many
// connections as that takes.
func (s *Stream) follow(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.followOnce(ctx) // whatever ended it: the next connection tells what was missed
		s.change(func() { s.trouble = err })
		idle(ctx)
	}
}

// errCut says that there is to be no connection to the source.
var errCut = errors.New("the stream is cut")

func (s *Stream) followOnce(ctx context.Context) error {
	conn, err := dial(ctx, s.source)
	if err != nil {
		return err
	}
	end := func() { _ = conn.Close() }
	defer end()
	defer context.AfterFunc(ctx, end)()
	s.mu.Lock()
	s.conn = end
	cut := s.cut
	s.mu.Unlock()
	if cut {
		return errCut
	}
	in := bufio.NewReader(conn)
	if err := s.resume(ctx, conn, in); err != nil {
		return err
	}
	return s.read(ctx, resp.NewReader(in))
}

// resume asks for the stream from where it was left.
func (s *Stream) resume(ctx context.Context, conn net.Conn, in *bufio.Reader) error {
	// A replica that acknowledges nothing is given up after repl-timeout. The
	// backlog is long enough for what a test writes while the stream is cut. A
	// snapshot file would be loaded by a server that is to come back empty.
	if answer, err := ask(conn, in, "CONFIG", "SET", "repl-timeout", "86400",
		"repl-backlog-size", "67108864", "rdb-del-sync-files", "yes"); err != nil || answer != "+OK" {
		return cmp.Or(err, fmt.Errorf("CONFIG SET: %q", answer))
	}
	from := []string{"?", "-1"}
	if s.history != "" {
		from = []string{s.history, strconv.FormatInt(s.offset+1, 10)}
	}
	answer, err := ask(conn, in, "PSYNC", from[0], from[1])
	if err != nil {
		return err
	}
	words := strings.Fields(answer)
	switch {
	case len(words) == 3 && words[0] == "+FULLRESYNC":
		offset, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			return fmt.Errorf("PSYNC: %q", answer)
		}
		if err := skipSnapshot(in); err != nil {
			return err
		}
		s.position = position{history: words[1], offset: offset}
		s.push(ctx, Effect{}, true)
	case len(words) > 0 && words[0] == "+CONTINUE":
		if len(words) > 1 { // the source is a primary since, with a history of its own
			s.history = words[1]
		}
	default:
		return fmt.Errorf("PSYNC: %q", answer)
	}
	s.change(func() { s.followed = true })
	return nil
}

// skipSnapshot reads over the data set in front of the stream: the keys are asked
// for instead.
func skipSnapshot(in *bufio.Reader) error {
	size := ""
	for size == "" { // empty lines keep the connection alive while it is made
		var err error
		if size, err = line(in); err != nil {
			return err
		}
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(size, "$"), 10, 64)
	if err != nil {
		return fmt.Errorf("snapshot: %q", size)
	}
	_, err = io.CopyN(io.Discard, in, n)
	return err
}

// read takes effects from the stream until it ends. The position moves on when a
// transaction is complete.
func (s *Stream) read(ctx context.Context, in *resp.Reader) error {
	at := s.position
	var commands [][]string
	inside, own := false, false
	for {
		raw, err := in.ReadCommand()
		if err != nil {
			return err
		}
		at.offset += int64(len(resp.AppendCommand(nil, raw...))) // the stream has no other form
		args := make([]string, len(raw))
		for i, arg := range raw {
			args[i] = string(arg)
		}
		switch name := strings.ToUpper(args[0]); {
		case name == "SELECT" && len(args) == 2:
			at.other = args[1] != "0"
		case name == "PING" || name == "REPLCONF":
		case name == "MULTI":
			inside = true
		case name == "EXEC":
			inside = false
		case name == "PUBLISH" && args[1] == origin:
			own = true
		case !at.other:
			commands = append(commands, args)
		}
		if inside {
			continue
		}
		if len(commands) > 0 && !own {
			s.push(ctx, Effect{Commands: commands, Read: time.Now()}, false)
		}
		commands, own, s.position = nil, false, at
	}
}

// ask sends a command that is answered with one line.
func ask(conn net.Conn, in *bufio.Reader, args ...string) (string, error) {
	if _, err := conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		return "", err
	}
	return line(in)
}

// line reads a line without its end.
func line(in *bufio.Reader) (string, error) {
	text, err := in.ReadString('\n')
	return strings.TrimRight(text, "\r\n"), err
}

func dial(ctx context.Context, to *Server) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", to.Addr)
}
