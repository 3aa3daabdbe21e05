//go:build unix

package ask_test

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/resp"
)

// alter stands before a server and answers in its place what it cannot be made to say: of what change returns nothing
// the server's own reply is passed on. It returns the address to ask instead.
func alter(t *testing.T, server string, change func(command string, reply resp.Value) []byte) string {
	t.Helper()
	return standBefore(t, server, func(l net.Listener) net.Listener { return l }, change)
}

// secure puts TLS before a server.
func secure(t *testing.T, server string, c *certtest.Certificate) string {
	t.Helper()
	asIs := func(string, resp.Value) []byte { return nil }
	return standBefore(t, server, func(l net.Listener) net.Listener { return tls.NewListener(l, c.Server()) }, asIs)
}

func standBefore(t *testing.T, server string, wrap func(net.Listener) net.Listener, change func(string, resp.Value) []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = wrap(l)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		l.Close()
		running.Wait()
	})
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer client.Close()
				defer context.AfterFunc(ctx, func() { client.Close() })()
				pass(client, server, change)
			})
		}
	})
	return l.Addr().String()
}

// pass asks the server what the client asks, one request after the other, until either has gone.
func pass(client net.Conn, address string, change func(string, resp.Value) []byte) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	requests, replies := resp.NewReader(client), resp.NewReader(server)
	for {
		args, err := requests.ReadCommand()
		if err != nil {
			return
		}
		if _, err := server.Write(resp.AppendCommand(nil, args...)); err != nil {
			return
		}
		raw, err := replies.AppendRaw(nil)
		if err != nil {
			return
		}
		v, err := resp.NewReader(strings.NewReader(string(raw))).ReadValue()
		if err != nil {
			return
		}
		if other := change(commandOf(args), v); other != nil {
			raw = other
		}
		if _, err := client.Write(raw); err != nil {
			return
		}
	}
}

func commandOf(args [][]byte) string {
	var words []string
	for _, a := range args {
		words = append(words, string(a))
	}
	return strings.ToUpper(strings.Join(words, " "))
}

// info alters INFO: it replaces some text by another.
func info(old, other string) func(string, resp.Value) []byte {
	return func(command string, reply resp.Value) []byte {
		if !strings.HasPrefix(command, "INFO") {
			return nil
		}
		return resp.AppendBulk(nil, strings.Replace(reply.Str, old, other, 1))
	}
}
