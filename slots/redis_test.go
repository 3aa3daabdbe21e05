package slots_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// TestAgreesWithRedis asks a real server with CLUSTER KEYSLOT: about the key of every slot, and about keys that are mostly
// braces, whose tag is easy to get wrong.
func TestAgreesWithRedis(t *testing.T) {
	var keys []string
	for slot := range slots.Count {
		keys = append(keys, slots.Key(slot), slots.Channel("aafailover", slot, "us"))
	}
	rng := random(t)
	for range 20_000 {
		keys = append(keys, braces(rng))
	}
	for i, slot := range keySlots(t, startRedis(t), keys) {
		if got := slots.Of(keys[i]); got != slot {
			t.Errorf("Of(%q) = %d, redis-server says %d", keys[i], got, slot)
		}
	}
}

// braces returns a key of up to 12 bytes, half of them braces.
func braces(rng *rand.Rand) string {
	key := make([]byte, rng.IntN(13))
	for i := range key {
		key[i] = "{{}}ab\x00\xff"[rng.IntN(8)]
	}
	return string(key)
}

// keySlots sends CLUSTER KEYSLOT for every key, all in one go, and returns the answers.
func keySlots(t *testing.T, address string, keys []string) []int {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if err := connection.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var request strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&request, "*3\r\n$7\r\nCLUSTER\r\n$7\r\nKEYSLOT\r\n$%d\r\n%s\r\n", len(key), key)
	}
	sent := make(chan error, 1)
	go func() { // while the answers are read, or both sides would wait with full buffers
		_, err := io.WriteString(connection, request.String())
		sent <- err
	}()
	in := bufio.NewReader(connection)
	answers := make([]int, len(keys))
	for i, key := range keys {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("CLUSTER KEYSLOT %q: %v", key, err)
		}
		number, isNumber := strings.CutPrefix(strings.TrimSpace(line), ":")
		if answers[i], err = strconv.Atoi(number); err != nil || !isNumber {
			t.Fatalf("CLUSTER KEYSLOT %q: %s", key, line)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	return answers
}

// startRedis starts a redis-server in cluster mode and returns its address. Another process may take a free port before
// the server does, so it gets a few attempts.
func startRedis(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatalf("this test needs a redis-server: apt-get install redis-server (%v)", err)
	}
	var said string
	for range 5 {
		client, bus := freePort(t), freePort(t)
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		server := exec.CommandContext(ctx, program, "--bind", "127.0.0.1", "--port", client, "--cluster-port", bus,
			"--cluster-enabled", "yes", "--save", "", "--daemonize", "no", "--logfile", "", "--dir", t.TempDir())
		output, err := server.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			stop()
			_ = server.Wait() // killed by stop: its exit status says nothing
		})
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "Ready to accept connections") {
				return net.JoinHostPort("127.0.0.1", client)
			}
			said += lines.Text() + "\n"
		}
	}
	t.Fatalf("redis-server does not start:\n%s", said)
	return ""
}

// freePort returns a port of the loopback interface that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
