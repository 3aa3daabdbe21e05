package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// benchmark is a call of redis-benchmark, which comes with redis-server.
type benchmark struct {
	connections, pipeline int
	requests              int
	keys                  int // random numbers up to this stand for __rand_int__
	command               []string
}

// mostKeys is the largest number of keys that redis-benchmark takes: it reads an int.
const mostKeys = 1<<31 - 1

// benchmarkLimit is when a redis-benchmark that does not end is given up: one that loses a connection spins for ever.
const benchmarkLimit = time.Minute

// run has redis-benchmark send its requests to an address, and returns how many were answered a second, and what it printed.
func (b benchmark) run(ctx context.Context, address string) (perSecond float64, raw string, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, benchmarkLimit)
	defer cancel()
	args := append([]string{"-h", host, "-p", port, "-c", strconv.Itoa(b.connections), "-P", strconv.Itoa(b.pipeline), "-n", strconv.Itoa(b.requests),
		"-r", strconv.Itoa(b.keys), "--csv"}, b.command...)
	out, err := exec.CommandContext(ctx, "redis-benchmark", args...).CombinedOutput()
	raw = "redis-benchmark " + strings.Join(args, " ") + "\n" + string(out)
	if err != nil {
		return 0, raw, fmt.Errorf("redis-benchmark: %w: %s", err, out)
	}
	perSecond, err = requestsIn(string(out))
	return perSecond, raw, err
}

// requestsIn reads the second field of the last line of what redis-benchmark prints with --csv: requests a second.
func requestsIn(out string) (float64, error) {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	fields, err := csv.NewReader(strings.NewReader(lines[len(lines)-1])).Read()
	if err != nil || len(fields) < 2 {
		return 0, fmt.Errorf("redis-benchmark says %q", out)
	}
	return strconv.ParseFloat(fields[1], 64)
}

// asker asks a server one thing after the other.
type asker struct {
	net.Conn
	replies *resp.Reader
}

func newAsker(ctx context.Context, address string) (*asker, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &asker{c, resp.NewReader(c)}, nil
}

// ask returns the answer to a command, and an error for one that is an error.
func (a *asker) ask(args ...string) (resp.Value, error) {
	if err := a.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return resp.Value{}, err
	}
	if _, err := a.Write(resp.AppendCommand(nil, args...)); err != nil {
		return resp.Value{}, err
	}
	v, err := a.replies.ReadValue()
	return v, errors.Join(err, v.Err())
}

// askedServer starts a server as stand.server does, with a connection to ask it things.
func (s *stand) askedServer(ctx context.Context) (address string, server *asker, err error) {
	if address, err = s.server(ctx); err != nil {
		return "", nil, err
	}
	if server, err = newAsker(ctx, address); err != nil {
		return "", nil, err
	}
	s.later(func() { _ = server.Close() })
	return address, server, nil
}
