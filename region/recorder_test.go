package region

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/probe"
)

// recorder is a probe.Sink that keeps what it is told, and can be waited on.
type recorder struct {
	mu      sync.Mutex
	changed *sync.Cond
	lines   []string       // one for each thing told, without times
	fates   map[uint64]int // how often the fate of an id was told
	errs    []error
}

func newRecorder() *recorder {
	r := &recorder{fates: make(map[uint64]int)}
	r.changed = sync.NewCond(&r.mu)
	return r
}

func (r *recorder) tell(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
	r.changed.Broadcast()
}

func (r *recorder) Opened(shard int, role probe.Role, _ time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell("%d %v opened", shard, role)
}

func (r *recorder) Closed(shard int, role probe.Role, cause probe.Cause, err error, _ time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
	r.tell("%d %v closed %v", shard, role, cause)
}

func (r *recorder) Accepted(shard int, id uint64, receivers int, _ time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fates[id]++
	r.tell("%d #%d accepted %d", shard, id, receivers)
}

func (r *recorder) Refused(shard int, id uint64, cause probe.Cause, err error, _ time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fates[id]++
	r.errs = append(r.errs, err)
	r.tell("%d #%d refused %v", shard, id, cause)
}

func (r *recorder) Message(shard int, channel, payload []byte, _ time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell("%d %s: %s", shard, channel, payload)
}

// await returns once every wanted line was told, in any order, and fails the test
// after a while. Within a synctest bubble the while is simulated.
func (r *recorder) await(t *testing.T, wanted ...string) {
	t.Helper()
	late := time.AfterFunc(2*time.Minute, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tell("too late")
	})
	defer late.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, want := range wanted {
		for !slices.Contains(r.lines, want) {
			if slices.Contains(r.lines, "too late") {
				t.Fatalf("never told %q, but:\n%s\n%v", want, strings.Join(r.lines, "\n"), r.errs)
			}
			r.changed.Wait()
		}
	}
}

func (r *recorder) count(line string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, l := range r.lines {
		if l == line {
			n++
		}
	}
	return n
}

func (r *recorder) firstError(t *testing.T) error {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.errs) == 0 {
		t.Fatal("no error was told")
	}
	return r.errs[0]
}

func at2(name, address string) config.Region { return config.Region{Name: name, Address: address} }

// running runs an endpoint until the test ends, or stop is called.
func running(t testing.TB, e *Endpoint, channels [][]string, sink probe.Sink) (stop func()) {
	t.Helper()
	ctx, cancel := contextFor(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := e.Run(ctx, channels, sink); err != nil {
			t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}
