package redistest

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// apply brings effects to the target until the context ends.
func (s *Stream) apply(ctx context.Context) {
	w := &applier{stream: s}
	defer w.disconnect()
	for {
		batch := s.take(ctx)
		if len(batch) == 0 {
			return
		}
		err := w.deliver(ctx, batch)
		s.flown(err)
		if err != nil {
			w.disconnect()
			idle(ctx)
		}
	}
}

// applier is the connection of a Stream to its target.
type applier struct {
	stream *Stream
	conn   *caller // nil while there is none
	life   string  // run_id of the target when it was last connected to
}

func (w *applier) disconnect() {
	if w.conn != nil {
		w.conn.close()
		w.conn = nil
	}
}

// deliver applies effects in one transaction. No reply has a deadline: a target
// that is stopped holds the stream up until it goes on, and nothing is applied
// twice. Where the connection is lost the target is another one, or a message may
// arrive twice.
func (w *applier) deliver(ctx context.Context, batch []*waiting) error {
	if w.conn == nil {
		if err := w.connect(ctx); err != nil {
			return err
		}
	}
	if batch[0].everything {
		return w.copyEverything(ctx)
	}
	return w.transact(batch)
}

// connect dials the target. One that was started anew has to get everything, in
// front of what is due.
func (w *applier) connect(ctx context.Context) error {
	var err error
	if w.conn, err = call(ctx, w.stream.target); err != nil {
		return err
	}
	info, err := w.conn.do([]string{"INFO", "server"})
	if err != nil {
		return err
	}
	_, life, _ := strings.Cut(info[0].Str, "run_id:")
	life, _, _ = strings.Cut(life, "\r")
	if w.life != "" && w.life != life {
		if err := w.copyEverything(ctx); err != nil {
			return err
		}
	}
	w.life = life
	return nil
}

// transact applies effects and notes when. They are under way until then: nobody
// else touches them.
func (w *applier) transact(batch []*waiting) error {
	if len(batch) == 0 {
		return nil
	}
	commands := [][]string{{"MULTI"}, {"PUBLISH", origin, ""}}
	for _, one := range batch {
		commands = append(commands, one.effect.Commands...)
	}
	sent := time.Now()
	replies, err := w.conn.do(append(commands, []string{"EXEC"})...)
	if err != nil {
		return err
	}
	applied := time.Now()
	result := replies[len(replies)-1]
	if len(result.Elems) != len(commands)-1 {
		return errors.New("EXEC: " + result.String()) // refused as a whole: loading, read-only, out of memory
	}
	results := result.Elems[1:]
	for _, one := range batch {
		one.effect.Sent, one.effect.Applied = sent, applied
		for range one.effect.Commands {
			if err := results[0].Err(); err != nil {
				one.effect.Refused = err.Error()
			}
			results = results[1:]
		}
	}
	return nil
}

// errHeld says that the stream was cut or stalled in the midst of copying.
var errHeld = errors.New("the stream is held")

// copyEverything sets all strings of the source at the target, with their expiry.
func (w *applier) copyEverything(ctx context.Context) error {
	source, err := call(ctx, w.stream.source)
	if err != nil {
		return err
	}
	defer source.close()
	for cursor := ""; cursor != "0"; {
		if w.stream.held() {
			return errHeld
		}
		if cursor == "" {
			cursor = "0"
		}
		page, err := source.do([]string{"SCAN", cursor, "COUNT", "100"})
		if err != nil {
			return err
		}
		if len(page[0].Elems) != 2 {
			return errors.New("SCAN: " + page[0].String())
		}
		cursor = page[0].Elems[0].Str
		if err := w.copyKeys(source, page[0].Elems[1].Elems); err != nil {
			return err
		}
	}
	return nil
}

func (w *applier) copyKeys(source *caller, keys []resp.Value) error {
	if len(keys) == 0 {
		return nil
	}
	var asked [][]string
	for _, key := range keys {
		asked = append(asked, []string{"GET", key.Str}, []string{"PEXPIRETIME", key.Str})
	}
	answers, err := source.do(asked...)
	if err != nil {
		return err
	}
	var batch []*waiting
	for i, key := range keys {
		value, expiry := answers[2*i], answers[2*i+1]
		if value.Kind != resp.Bulk || expiry.Int == -2 {
			continue // gone since, or not a string
		}
		set := []string{"SET", key.Str, value.Str}
		if expiry.Int >= 0 {
			set = append(set, "PXAT", expiry.String())
		}
		batch = append(batch, &waiting{effect: Effect{Commands: [][]string{set}, Read: time.Now(), Copied: true}})
	}
	if err := w.transact(batch); err != nil {
		return err
	}
	w.stream.mu.Lock()
	defer w.stream.mu.Unlock()
	for _, one := range batch {
		w.stream.applied = append(w.stream.applied, one.effect)
	}
	return nil
}

// caller is a connection to a server, for commands and their replies.
type caller struct {
	conn  net.Conn
	in    *resp.Reader
	alone func() bool // takes the connection out of the hands of the context
}

// call connects to a server. The end of the context closes the connection.
func call(ctx context.Context, s *Server) (*caller, error) {
	conn, err := dial(ctx, s)
	if err != nil {
		return nil, err
	}
	return &caller{conn, resp.NewReader(conn), context.AfterFunc(ctx, func() { _ = conn.Close() })}, nil
}

func (c *caller) close() {
	c.alone()
	_ = c.conn.Close()
}

// do sends commands together and returns their replies, errors of the server
// among them.
func (c *caller) do(commands ...[]string) ([]resp.Value, error) {
	var request []byte
	for _, args := range commands {
		request = resp.AppendCommand(request, args...)
	}
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	var replies []resp.Value
	for range commands {
		v, err := c.in.ReadValue()
		if err != nil {
			return nil, err
		}
		replies = append(replies, v)
	}
	return replies, nil
}
