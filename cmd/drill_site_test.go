package cmd_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
)

// site is two real servers, as the regions us and eu, and what the commands of a drill do to them.
type site struct {
	us, eu *redistest.Server
	copier *redistest.Copier // nil where eu is a replica of us
	// strike breaks us, and mend undoes that: what --inject and --heal ask for, by way of tell, or the operator does. One at a
	// time.
	strike, mend func() error

	address string      // where tell asks
	alone   atomic.Bool // the drill was killed or interrupted: nobody writes any more
	doing   sync.Mutex
	broken  bool
	mended  time.Time // when the last mend began
	asked   []string  // what was asked for, in its order
}

// The words of tell.
const (
	strikeWord = "strike"
	mendWord   = "mend"
)

// twoServers are two servers that keep all that they were told, and a copier between them.
func twoServers(t *testing.T) *site {
	t.Helper()
	s := &site{us: redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always"), eu: redistest.Start(t)}
	s.copier = redistest.NewCopier(t, s.us, s.eu)
	s.strike, s.mend = func() error { return s.holdAndKill(t) }, s.restart
	s.listen(t)
	return s
}

// held is how many keys more us has, and how many effects the link to eu holds, before us is struck: of these not all are writes.
const held = 20

// holdAndKill holds up the link to eu before it kills us, so that something is missing there.
func (s *site) holdAndKill(t *testing.T) error {
	s.copier.To(s.eu).Stall()
	before := s.us.Do(t, "DBSIZE").Int
	enough := func() bool { return s.copier.To(s.eu).Held() >= held && s.us.Do(t, "DBSIZE").Int >= before+held }
	if !redistest.Until(func() bool { return s.alone.Load() || enough() }) {
		return errors.New("nobody writes")
	}
	s.us.Kill()
	return nil
}

func (s *site) restart() error {
	s.copier.Heal()
	return s.us.Restart()
}

// listen takes what tell asks for, until the test has ended.
func (s *site) listen(t *testing.T) {
	t.Helper()
	s.address = listen(t, func(c net.Conn) {
		word, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			return
		}
		answer := "done"
		if err := s.do(strings.TrimSpace(word)); err != nil {
			answer = err.Error()
		}
		_, _ = io.WriteString(c, answer+"\n")
	})
}

// do does what a command or the operator asks for. To mend what is whole is nothing. Who is to strike was killed before somebody
// asked to mend, though both may be heard at the same time.
func (s *site) do(word string) error {
	s.doing.Lock()
	defer s.doing.Unlock()
	if word == strikeWord && slices.Contains(s.asked, mendWord) {
		return errors.New("it is mended already")
	}
	s.asked = append(s.asked, word)
	switch {
	case word == strikeWord:
		s.broken = true
		return s.strike()
	case word == mendWord && s.broken:
		s.broken, s.mended = false, time.Now()
		return s.mend()
	case word == mendWord:
		return nil
	}
	return fmt.Errorf("nobody knows what %q is", word)
}

// heldWrites counts the writes of a run that the link to eu held when us was mended, by the copier's own record, and those
// that it had not even got from us when us was killed: these it copied when us was back, with others.
func (s *site) heldWrites(t *testing.T, run string) (held, copied int) {
	t.Helper()
	redistest.Await(t, "all is on record", func() bool { return s.copier.Held() == 0 })
	s.doing.Lock()
	defer s.doing.Unlock()
	known := make(map[string]bool)
	for _, e := range s.copier.To(s.eu).Applied() {
		for _, command := range e.Commands {
			if command[0] != "SET" || !isWriteOf(run, command[1]) || known[command[1]] {
				continue
			}
			known[command[1]] = true
			switch {
			case e.Copied:
				copied++
			case e.Read.Before(s.mended) && e.Sent.After(s.mended):
				held++
			}
		}
	}
	return held, copied
}

// isWriteOf tells whether a key is of a write of a run: PREFIX:{TAG}:RUN:NUMBER.
func isWriteOf(run, key string) bool {
	_, number, ok := strings.Cut(key, "}:"+run+":")
	return ok && strings.Trim(number, "0123456789") == ""
}

// state tells whether the fault is in force, and what was asked for.
func (s *site) state() (broken bool, asked []string) {
	s.doing.Lock()
	defer s.doing.Unlock()
	return s.broken, slices.Clone(s.asked)
}

// tellMain is the program by which a command of a drill asks for something: tell ADDRESS WORD.
func tellMain() {
	c, err := net.Dial("tcp", os.Args[1])
	if err == nil {
		_, err = io.WriteString(c, os.Args[2]+"\n")
	}
	answer := ""
	if err == nil {
		answer, err = bufio.NewReader(c).ReadString('\n')
	}
	fmt.Printf("tell %s (run %s, from %s): %s, %v\n", os.Args[2], os.Getenv("AAFAILOVER_RUN"), os.Getenv("AAFAILOVER_FROM"), strings.TrimSpace(answer), err)
	if strings.TrimSpace(answer) != "done" {
		os.Exit(1)
	}
}

// drillArgs are those of a short drill between the two servers, with any lag: on a busy machine the copier takes its time.
func (s *site) drillArgs(more ...string) []string {
	return append([]string{"drill", "--region", "us=redis://" + s.us.Addr, "--region", "eu=redis://" + s.eu.Addr, "--allow-writes", "us,eu",
		"--rate", "300", "--steady", "700ms", "--outage", "300ms", "--settle", "100ms", "--max-lag", "0", "-o", "json"}, more...)
}

// commands are the user's own.
func (s *site) commands() []string {
	return []string{"--inject", "tell " + s.address + " " + strikeWord, "--heal", "tell " + s.address + " " + mendWord}
}

// unexpiring are the keys of drills that would stay for ever, on both servers.
func (s *site) unexpiring(t *testing.T) []string {
	t.Helper()
	var left []string
	for _, server := range []*redistest.Server{s.us, s.eu} {
		for _, key := range server.Do(t, "KEYS", "aafailover:*").Elems {
			if server.Do(t, "PTTL", key.Str).Int == -1 {
				left = append(left, server.Addr+" "+key.Str)
			}
		}
	}
	return left
}

// drilling is a drill in a process of its own.
type drilling struct {
	*exec.Cmd
	state  string // where it keeps its run
	stdin  io.WriteCloser
	stdout bytes.Buffer
	stderr scroll
	ended  chan struct{} // closed when it has ended
}

// begin starts a drill. It is killed at the end of the test, if it still runs.
func begin(t *testing.T, args ...string) *drilling {
	t.Helper()
	p := &drilling{Cmd: exec.Command("aafailover", args...), stderr: scroll{more: make(chan struct{})}, ended: make(chan struct{})}
	p.state = t.TempDir()
	p.Args = append(p.Args, "--state-dir", p.state)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	var err error
	if p.stdin, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.ended
	})
	return p
}

// sees waits until the program has said something on stderr.
func (p *drilling) sees(t *testing.T, text string) {
	t.Helper()
	if !p.stderr.await(text, p.ended, longest) {
		t.Fatalf("it never says %q:\n%s%s", text, p.stderr.String(), p.stdout.String())
	}
}

// ends waits for the end of the program, whose exit code must be one of those.
func (p *drilling) ends(t *testing.T, codes ...int) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(longest):
		t.Fatalf("it does not end:\n%s", p.stderr.String())
	}
	if code := p.ProcessState.ExitCode(); !slices.Contains(codes, code) {
		t.Fatalf("exit code %d, want %v\n%s", code, codes, p.said())
	}
}

// document waits for the end of the program, as ends does, and reads its report.
func (p *drilling) document(t *testing.T, codes ...int) drillReport {
	t.Helper()
	p.ends(t, codes...)
	var d drillReport
	if err := json.Unmarshal(p.stdout.Bytes(), &d); err != nil {
		t.Fatalf("the report is no JSON: %v\n%s", err, p.said())
	}
	return d
}

// said is what the program has printed, once it has ended, but for the events, which are on stderr anyway.
func (p *drilling) said() string {
	report, _, _ := strings.Cut(p.stdout.String(), `"events"`)
	return p.stderr.String() + report
}

// drillReport is the part of the report that these tests look at.
type drillReport struct {
	Verdict, Reason, Run string
	To                   *string
	Phases               []struct{ Name string }
	Writes               struct {
		Attempted, Acknowledged, Indeterminate int
	}
	Missed struct {
		AtFailover int `json:"at_failover"`
		Converged, Diverged, Lost,
		Expired, Pending int
		AtFailback int `json:"at_failback"`
	}
	RTO      struct{ Total *float64 } `json:"rto_ms"`
	Failback struct{ Awaited bool }
}

// scroll is what a process writes, and can be waited for.
type scroll struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // closed when there is more
}

func (s *scroll) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	close(s.more)
	s.more = make(chan struct{})
	return len(p), nil
}

func (s *scroll) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits until a text is there. It returns false when it is not, at the end of the process or of the limit.
func (s *scroll) await(text string, ended <-chan struct{}, limit time.Duration) bool {
	timeout := time.After(limit)
	for over := false; ; {
		s.mu.Lock()
		there, more := strings.Contains(s.text.String(), text), s.more
		s.mu.Unlock()
		if there || over {
			return there
		}
		select {
		case <-more:
		case <-ended:
			over = true
		case <-timeout:
			over = true
		}
	}
}
