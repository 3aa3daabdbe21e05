package redistest_test

import (
	"net"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServerAnswersUntilKilled(t *testing.T) {
	s := redistest.Start(t, "--requirepass", "secret")
	if got := s.Do(t, "PING").Str; got != "NOAUTH Authentication required." {
		t.Errorf("PING without the password: %q", got)
	}
	s.Kill()
	s.Kill() // a second time is harmless
}

func TestClusterAgreesOnItsSlots(t *testing.T) {
	nodes := redistest.Nodes(t, 3)
	for _, n := range nodes {
		if got := len(n.Do(t, "CLUSTER", "SLOTS").Elems); got != 3 {
			t.Errorf("%s lists %d entries of slots, want 3", n.Addr, got)
		}
	}
}

func TestReplicaFollowsItsPrimary(t *testing.T) {
	primary := redistest.Start(t)
	replica := redistest.Replica(t, primary)
	primary.Do(t, "SET", "k", "v")
	redistest.Await(t, "key on the replica", func() bool { return replica.Do(t, "GET", "k").Str == "v" })
}

func TestMonitorTellsWhatWasSent(t *testing.T) {
	s := redistest.Start(t)
	stop := s.Monitor(t)
	s.Do(t, "SET", "a \"key\"", "\x00\r\n")
	s.Do(t, "PING")
	want := [][]string{{"SET", "a \"key\"", "\x00\r\n"}, {"PING"}}
	var got [][]string
	for _, sent := range stop() {
		if !strings.HasPrefix(sent.From, "127.0.0.1:") {
			t.Errorf("from %q", sent.From)
		}
		got = append(got, sent.Args)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Who goes on dialling a server that is down must not find another test's there.
func TestThePortOfAServerThatIsDownIsKept(t *testing.T) {
	s := redistest.Start(t)
	s.Kill()
	if l, err := net.Listen("tcp", s.Addr); err == nil && runtime.GOOS == "linux" {
		_ = l.Close()
		t.Errorf("anybody can listen at %s", s.Addr)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := s.Do(t, "PING").Str; got != "PONG" {
		t.Errorf("PING: %q", got)
	}
}
