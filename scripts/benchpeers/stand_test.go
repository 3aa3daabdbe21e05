package main

import (
	"bufio"
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// What an experiment is given works: servers that are gone afterwards, a folder, raw output, notes.
func TestStand(t *testing.T) {
	var out strings.Builder
	folder := t.TempDir()
	s := session{folder: folder, runs: 1, out: &out}
	var address string
	m, err := s.run(t.Context(), experiment{name: "a.b", lines: []line{{name: "x", what: "x", unit: "MB"}}, prepare: func(ctx context.Context, s *stand) (repetition, error) {
		for range 2 {
			var err error
			if address, err = s.server(ctx, "maxmemory 100mb"); err != nil {
				return nil, err
			}
		}
		if _, err := os.Stat(s.folder); err != nil || s.quick {
			t.Errorf("quick %v, %v", s.quick, err)
		}
		return func(context.Context, int) ([]reading, error) {
			s.show("what the server says", ask(t, address, "CONFIG GET maxmemory")+"\n\n")
			s.note("A note.")
			return alone(1), nil
		}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "--- what the server says\n*2\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	if len(m.Notes) != 1 || m.Notes[0] != "A note." {
		t.Error(m.Notes)
	}
	if conn, err := net.DialTimeout("tcp", address, 30*time.Second); err == nil {
		_ = conn.Close()
		t.Error("the server is still there")
	}
}

// ask sends an inline command and returns the first line of the answer.
func ask(t *testing.T, address, command string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		t.Fatal(err)
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(answer)
}

// The slots that are compared are computed by go-redis, not by us.
func TestGoRedisSlot(t *testing.T) {
	for key, want := range map[string]int{"foo": 12182, "foo{hash_tag}": 2515} { // as the documentation of CLUSTER KEYSLOT has them
		if got := goRedisSlot(key); got != want {
			t.Errorf("goRedisSlot(%q) = %d, want %d", key, got, want)
		}
	}
}
