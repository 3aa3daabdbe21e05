package durability

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/powercut"
	"github.com/aafailover/aafailover/lab/process"
)

// node is one server of a row.
type node struct {
	*process.Server
	name    string
	witness powercut.Witness // of its fsyncs; zero where they are not witnessed
}

// do sends a command over a connection of its own. An error reply is an error.
func (n *node) do(ctx context.Context, args ...string) (resp.Value, error) {
	fail := func(err error) (resp.Value, error) {
		return resp.Value{}, fmt.Errorf("%s (%s): %s: %w", n.name, n.Addr(), strings.ToLower(args[0]), err)
	}
	c, err := dial(ctx, n.Addr())
	if err != nil {
		return fail(err)
	}
	defer c.close()
	v, err := c.do(args...)
	if err = firstOf(err, v.Err()); err != nil {
		return fail(err)
	}
	return v, nil
}

// info returns a section of INFO.
func (n *node) info(ctx context.Context, section string) (map[string]string, error) {
	v, err := n.do(ctx, "INFO", section)
	if err != nil {
		return nil, err
	}
	fields := make(map[string]string)
	for line := range strings.Lines(v.Str) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			fields[name] = value
		}
	}
	return fields, nil
}

// await looks at a section of INFO until something holds.
func (n *node) await(ctx context.Context, what, section string, holds func(map[string]string) bool) error {
	for {
		fields, err := n.info(ctx, section)
		if err != nil {
			return err
		}
		if holds(fields) {
			return nil
		}
		if !pause.For(ctx, lookPause) {
			return fmt.Errorf("%s (%s): wait until %s: %w", n.name, n.Addr(), what, ctx.Err())
		}
	}
}

// lookPause is the time between two looks at a server: what is awaited is seen so
// much later at the most.
const lookPause = 10 * time.Millisecond

// follow makes the server a replica of the one at an address.
func (n *node) follow(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	_, err = n.do(ctx, "REPLICAOF", host, port)
	return err
}

// offset is how far a server is in the stream of its primary, or its own.
func offset(fields map[string]string) int64 {
	name := "master_repl_offset"
	if fields["role"] == "slave" {
		name = "slave_repl_offset"
	}
	n, _ := strconv.ParseInt(fields[name], 10, 64)
	return n
}

// online is how many replicas get what a primary does.
func online(fields map[string]string) int {
	n := 0
	for name, value := range fields {
		if strings.HasPrefix(name, "slave") && strings.Contains(value, "state=online") {
			n++
		}
	}
	return n
}
