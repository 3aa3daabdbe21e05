//go:build unix

package cmd_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
)

// What a drill says that was missing is what the copier held, in every way to make a fault.
func TestDrillsBetweenRealServers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says string
		args func(*site) []string
		// play is what somebody does while the drill runs; nil: nobody does anything.
		play func(*testing.T, *site, *drilling)
	}{
		{"by the user's commands", (*site).commands, nil},
		{"by a proxy in between, while the link is held up", func(*site) []string { return []string{"--fault", "proxy"} },
			func(t *testing.T, s *site, p *drilling) {
				p.sees(t, "steady")
				s.copier.To(s.eu).Stall() // the servers go on: it is the way to them that the drill breaks
				p.sees(t, "heal")
				s.doing.Lock()
				s.mended = time.Now()
				s.doing.Unlock()
				s.copier.Heal()
			}},
		{"by an operator who presses Enter", func(*site) []string { return []string{"--fault", "manual"} },
			func(t *testing.T, s *site, p *drilling) {
				p.sees(t, "make us unreachable")
				s.act(t, strikeWord)
				enter(t, p)
				p.sees(t, "bring us back")
				s.act(t, mendWord)
				enter(t, p)
			}},
		{"by an operator who says nothing: what is done is seen", func(*site) []string { return []string{"--fault", "manual", "--manual-within", "1m"} },
			func(t *testing.T, s *site, p *drilling) {
				p.sees(t, "make us unreachable")
				s.act(t, strikeWord)
				p.sees(t, "bring us back")
				s.act(t, mendWord)
			}},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			s := twoServers(t)
			p := begin(t, s.drillArgs(row.args(s)...)...)
			if row.play != nil {
				row.play(t, s, p)
			}
			d := p.document(t, 0)
			held, copied := s.heldWrites(t, d.Run)
			if n := d.Missed.AtFailover; n == 0 || n > held+copied || n < held-d.Writes.Indeterminate || d.Missed.Converged != n {
				t.Errorf("%d writes are called missed, %d of them converged; the copier held %d, of which %d at most were not acknowledged, and copied %d",
					n, d.Missed.Converged, held, d.Writes.Indeterminate, copied)
			}
			if d.Missed.AtFailback != 0 || d.To == nil || *d.To != "eu" || d.RTO.Total == nil {
				t.Errorf("to %v, RTO %v, %d writes missing at the failback", d.To, d.RTO.Total, d.Missed.AtFailback)
			}
			if left := s.unexpiring(t); len(left) > 0 {
				t.Errorf("keys without an expiry: %q", left)
			}
		})
	}
}

// act does what an operator does.
func (s *site) act(t *testing.T, word string) {
	t.Helper()
	if err := s.do(word); err != nil {
		t.Fatal(err)
	}
}

func enter(t *testing.T, p *drilling) {
	t.Helper()
	if _, err := io.WriteString(p.stdin, "\n"); err != nil {
		t.Fatal(err)
	}
}

// Between a primary and a replica that takes writes no link leads back: the drill ends after the failover, and passes.
func TestDrillOfAPrimaryAndItsReplica(t *testing.T) {
	t.Parallel()
	s := &site{us: redistest.Start(t)}
	s.eu = redistest.Start(t, "--replicaof", "127.0.0.1", fmt.Sprint(s.us.Port), "--replica-read-only", "no")
	redistest.Await(t, "the replica is in sync", func() bool { return strings.Contains(s.eu.Do(t, "INFO", "replication").Str, "master_link_status:up") })
	p := begin(t, s.drillArgs("--accept", "one-way-links", "--fault", "proxy")...)
	p.sees(t, "no failback is awaited")
	if d := p.document(t, 0); d.Verdict != "pass" || d.To == nil || *d.To != "eu" || d.Failback.Awaited || slices.ContainsFunc(d.Phases, func(one struct{ Name string }) bool { return one.Name == "resync" }) {
		t.Errorf("%s because %q: to %v, failback %+v, phases %v", d.Verdict, d.Reason, d.To, d.Failback, d.Phases)
	}
	if left := s.unexpiring(t); len(left) > 0 {
		t.Errorf("keys without an expiry: %q", left)
	}
}

// A command that promotes the replica too early makes two primaries: what the old one then takes is lost when it comes back
// as a replica. The drill says of as many writes that they are missing as there were.
func TestDrillWithAPrimaryAndItsReplica(t *testing.T) {
	t.Parallel()
	us := redistest.Start(t)
	s := &site{us: us, eu: redistest.Replica(t, us)}
	lost := 0
	s.strike = func() error {
		if !redistest.Until(func() bool { return s.us.Do(t, "DBSIZE").Int > s.eu.Do(t, "DBSIZE").Int+20 }) {
			return fmt.Errorf("nobody writes")
		}
		s.us.Do(t, "CLIENT", "PAUSE", "60000", "WRITE") // so that nothing comes between the count and the end
		here := s.us.Do(t, "KEYS", "aafailover:*").Elems
		for _, key := range here {
			if s.eu.Do(t, "EXISTS", key.Str).Int == 0 {
				lost++
			}
		}
		s.us.Kill()
		return nil
	}
	s.mend = func() error {
		if err := s.us.Restart(); err != nil {
			return err
		}
		s.us.Do(t, "REPLICAOF", "127.0.0.1", fmt.Sprint(s.eu.Port))
		return nil
	}
	s.listen(t)
	promote := fmt.Sprintf("redis-cli -h 127.0.0.1 -p %d REPLICAOF NO ONE && ", s.eu.Port)
	p := begin(t, s.drillArgs("--accept", "one-way-links",
		"--inject", promote+"tell "+s.address+" "+strikeWord, "--heal", "tell "+s.address+" "+mendWord)...)
	d := p.document(t, 1, 3) // nobody brings the application back, and nothing proves what became of what is missing
	s.doing.Lock()
	defer s.doing.Unlock()
	n := d.Missed.AtFailover
	if lost == 0 || n > lost || n < lost-d.Writes.Indeterminate || d.Missed.Lost+d.Missed.Pending != n || d.To == nil {
		t.Errorf("missed: %+v, to %v; %d were only in the old primary, of which %d at most were not acknowledged", d.Missed, d.To, lost, d.Writes.Indeterminate)
	}
	if left := s.unexpiring(t); len(left) > 0 {
		t.Errorf("keys without an expiry: %q", left)
	}
}

// phasesOfADrill are what a drill says on stderr when it begins with a phase, before it has one first.
var phasesOfADrill = []string{"run ", "steady", "fault", "detect", "cut over", "outage", "heal", "resync", "fail back", "settle"}

// phaseLine is how stderr tells a phase.
func phaseLine(name string) string {
	if name == "run " {
		return name
	}
	return "phase     " + name
}

// An interrupted drill reports what it measured; it leaves no fault, and no key that does not expire.
func TestDrillInterruptedInEachPhase(t *testing.T) {
	t.Parallel()
	for i, phase := range phasesOfADrill {
		t.Run("in "+strings.TrimSpace(phase), func(t *testing.T) {
			t.Parallel()
			s := twoServers(t)
			p := begin(t, s.drillArgs(s.commands()...)...)
			p.sees(t, phaseLine(phase))
			if err := p.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			s.alone.Store(true)
			if i == 0 { // it may not have got as far as to a report
				p.ends(t, 130)
				s.whole(t, i)
				return
			}
			d := p.document(t, 130)
			if d.Verdict != "inconclusive" {
				t.Errorf("%s because %q", d.Verdict, d.Reason)
			}
			var told []string
			for _, one := range d.Phases {
				told = append(told, one.Name)
			}
			if !slices.Contains(told, phase) {
				t.Errorf("the report is of %q", told)
			}
			if i > 1 && d.Writes.Acknowledged == 0 {
				t.Error("what was written before is not in the report")
			}
			s.whole(t, i)
		})
	}
}

// Of a drill that was killed the watchdog heals the fault, within its own time, and what the drill had measured is in the
// report of resume, which deletes what is left.
func TestDrillKilledInEachPhase(t *testing.T) {
	t.Parallel()
	for i, phase := range phasesOfADrill {
		t.Run("in "+strings.TrimSpace(phase), func(t *testing.T) {
			t.Parallel()
			s := twoServers(t)
			p := begin(t, s.drillArgs(s.commands()...)...)
			p.sees(t, phaseLine(phase))
			if err := p.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			s.alone.Store(true)
			<-p.ended
			redistest.Await(t, "the fault is healed", func() bool { broken, _ := s.state(); return !broken })
			s.whole(t, i)
			if i > 0 { // before that there is nothing to resume
				s.resume(t, p, i > slices.Index(phasesOfADrill, "steady"))
			}
		})
	}
}

// resume finishes a drill that was killed, after it had written something or not.
func (s *site) resume(t *testing.T, p *drilling, wrote bool) {
	t.Helper()
	_, id, _ := strings.Cut(p.stderr.String(), ", run ")
	id, _, _ = strings.Cut(id, "\n")
	o := run(t, nil, "drill", "resume", id, "--state-dir", p.state, "--region", "us=redis://"+s.us.Addr, "--region", "eu=redis://"+s.eu.Addr,
		"--allow-writes", "us,eu", "-o", "json")
	d := o.decode(t)
	writes, _ := d["writes"].(map[string]any)
	codes := []int{3}
	if d["killed_in"] == "settle" { // all may be known
		codes = append(codes, 0)
	}
	if n, _ := writes["acknowledged"].(float64); !slices.Contains(codes, o.code) || d["run"] != id || wrote && n == 0 {
		t.Errorf("exit code %d, run %v, writes %v\n%s", o.code, d["run"], writes, o.stderr)
	}
	redistest.Await(t, "the keys of the drill are deleted, in both regions", func() bool { return s.keysOf(t, id) == 0 })
}

// keysOf counts the keys of a run, on both servers.
func (s *site) keysOf(t *testing.T, run string) int {
	t.Helper()
	n := 0
	for _, server := range []*redistest.Server{s.us, s.eu} {
		for _, key := range server.Do(t, "KEYS", "aafailover:*").Elems {
			if isWriteOf(run, key.Str) {
				n++
			}
		}
	}
	return n
}

// whole demands that a drill which ended in the i-th phase has left no fault, and no key that stays for ever.
func (s *site) whole(t *testing.T, i int) {
	t.Helper()
	broken, asked := s.state()
	if i > slices.Index(phasesOfADrill, "fault") && !slices.Contains(asked, strikeWord) {
		t.Error("there was no fault")
	}
	if broken || strings.Count(strings.Join(asked, " "), strikeWord) > 1 {
		t.Errorf("broken: %t, after %q", broken, asked)
	}
	if slices.Contains(asked, strikeWord) && asked[len(asked)-1] != mendWord {
		t.Errorf("nobody healed: %q", asked)
	}
	for _, server := range []*redistest.Server{s.us, s.eu} {
		if got := server.Do(t, "PING").Str; got != "PONG" {
			t.Errorf("%s answers %q", server.Addr, got)
		}
	}
	if left := s.unexpiring(t); len(left) > 0 {
		t.Errorf("keys without an expiry: %q", left)
	}
}
