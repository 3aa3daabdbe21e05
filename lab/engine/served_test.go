package engine_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/lab/process"
)

// startLab is a connection to a lab of one region, whose keys this process keeps or, with an engine, a real server.
func startLab(t *testing.T, e *lab.Engine) *redisServer {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.Config{Regions: []lab.RegionConfig{{Name: "us", Persistence: lab.KeepNothing}}, Engine: e})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(status.Regions[0].URL, "redis://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	raw := new(bytes.Buffer)
	return &redisServer{conn, resp.NewReader(io.TeeReader(conn, raw)), raw}
}

// TestServersBehindFrontsAnswerAsTheEngineDoes runs random commands in a lab with and in one without a server, some of them
// in transactions, and compares the raw replies.
func TestServersBehindFrontsAnswerAsTheEngineDoes(t *testing.T) {
	program, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	for _, resp3 := range []bool{false, true} {
		t.Run(fmt.Sprintf("RESP3 %t", resp3), func(t *testing.T) {
			t.Parallel()
			server, own := startLab(t, &lab.Engine{Binary: program, Dir: t.TempDir()}), startLab(t, nil)
			both := func(words ...string) (want, got string) {
				return server.do(t, words), own.do(t, words)
			}
			if resp3 {
				both("HELLO", "3")
			}
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := lines{rand.New(rand.NewPCG(seed, 0)), time.Now().Unix() + 100_000}
			var history []string
			queued := 0
			for range 4000 {
				words := r.line()
				for i, word := range words[1:] {
					if len(word) == 1 && 'a' <= word[0] && word[0] <= 'e' {
						words[i+1] = "{t}" + word // so that commands with several keys are of one slot
					}
				}
				if queued > 0 {
					if queued--; queued == 0 {
						words = []string{"EXEC"}
					}
				} else if r.IntN(50) == 0 {
					words, queued = []string{"MULTI"}, 1+r.IntN(5)
				}
				if len(words) == 1 && (words[0] == "DBSIZE" || words[0] == "RANDOMKEY") {
					continue // Redis counts keys that have expired until it looks at them
				}
				want, got := both(words...)
				history = append(history, fmt.Sprintf("%q -> %q", words, want))
				if words[0] == "EXEC" && alike(t, got, want) {
					continue
				}
				if !sameReply(t, words, got, want) {
					t.Fatalf("%q: the engine says %q, the server %q, after\n%s", words, got, want,
						strings.Join(history[max(0, len(history)-25):], "\n"))
				}
			}
		})
	}
}

// alike tells whether two replies to EXEC are of the same kinds: some of what is in them depends on the time.
func alike(t *testing.T, got, want string) bool {
	t.Helper()
	var kinds [2]string
	for i, raw := range []string{got, want} {
		v, err := resp.NewReader(strings.NewReader(raw)).ReadValue()
		if err != nil {
			t.Fatalf("EXEC: reply %q: %v", raw, err)
		}
		for _, x := range v.Elems {
			kinds[i] += string(x.Kind)
		}
	}
	return kinds[0] == kinds[1]
}
