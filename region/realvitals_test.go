//go:build unix

package region

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/vitals"
)

// reads is one reading of a server.
func reads(t *testing.T, r *Reader, address string) vitals.Server {
	t.Helper()
	session, err := r.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	replies, err := session.Ask(t.Context(), vitals.Commands())
	if err != nil {
		t.Fatal(err)
	}
	return vitals.Parse(time.Now(), replies)
}

// With exactly the rules for it all is told, and nothing else is sent.
func TestRealReading(t *testing.T) {
	s := redistest.Start(t, "--maxmemory", "64mb", "--latency-monitor-threshold", "1", "--enable-debug-command", "yes")
	access := AccessFor(ToRead, DefaultPrefix)
	rules := slices.Clone(access.Rules)
	for _, e := range access.Extras {
		if slices.Contains(e.Rules, "+info") || slices.Contains(e.Rules, "+config|get") {
			rules = append(rules, e.Rules...)
		}
	}
	r := NewReader(grant(t, s, "reader", rules...), Options{})
	s.Do(t, "DEBUG", "SLEEP", "0.05")
	stop := s.Monitor(t)
	got := reads(t, r, s.Addr)
	bare := make([]string, 0, len(rules))
	for _, rule := range rules { // sentOnly knows subcommands of CLUSTER only
		name, _, _ := strings.Cut(rule, "|")
		bare = append(bare, name)
	}
	sentOnly(t, stop(), append(bare, rules...))
	if !got.Version.Known() || got.Replication.Role.Value != vitals.Primary || got.Memory.Limit.Value != 64<<20 || !got.Replication.Replicas.Known() {
		t.Errorf("%+v", got)
	}
	if spikes := got.Spikes; !spikes.Known() || len(spikes.Value) == 0 || spikes.Value[0].Event != "command" || spikes.Value[0].Took < 50*time.Millisecond {
		t.Errorf("what took long: %+v", spikes)
	}
	for name, setting := range got.Settings {
		if !setting.Known() {
			t.Errorf("the setting %s is not told", name)
		}
	}
	if got.Settings["maxmemory"].Value != strconv.Itoa(64<<20) {
		t.Errorf("%+v", got.Settings)
	}
}

// A user who may not is told so of each command, and the rest is read all the same.
func TestRealReadingOfWhatIsNotAllowed(t *testing.T) {
	s := redistest.Start(t)
	access := AccessFor(ToProbe, DefaultPrefix)
	nothing := reads(t, NewReader(grant(t, s, "probe", access.Rules...), Options{}), s.Addr)
	if nothing.Memory.Used.Standing != vitals.NotAllowed || nothing.Spikes.Standing != vitals.NotAllowed || nothing.Settings["save"].Standing != vitals.NotAllowed {
		t.Errorf("%+v", nothing)
	}
	role := reads(t, NewReader(grant(t, s, "role", append(access.Rules, "+role")...), Options{}), s.Addr)
	if role.Replication.Role.Value != vitals.Primary || role.Memory.Used.Standing != vitals.NotAllowed {
		t.Errorf("%+v", role)
	}
}

// A server that hangs costs one time-out, not one for each command.
func TestRealReadingOfAServerThatHangs(t *testing.T) {
	s := redistest.Start(t)
	session, err := NewReader(at2("us", s.Addr), Options{Timeout: time.Second}).Connect(t.Context(), s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	s.Pause()
	defer s.Continue()
	if _, err = session.Ask(t.Context(), vitals.Commands()); err == nil || err.Error() != "us ("+s.Addr+"): read its vitals: no answer in time" {
		t.Errorf("%v", err)
	}
	s.Continue()
	if _, err = session.Ask(t.Context(), vitals.Commands()); err == nil {
		t.Error("a session that has failed goes on, with the answers to what was asked before")
	}
}
