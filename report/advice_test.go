package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// advised returns the lines of a report from "Fail over?" to the tables, as one.
func advised(t *testing.T, s *probe.Snapshot) string {
	t.Helper()
	var text bytes.Buffer
	if err := report.ProbeText(&text, plain, report.ProbeResult{Deployment: report.Given, Snapshot: s}); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(text.String(), "Fail over?")
	advice, _, _ := strings.Cut(rest, "\n\n")
	return strings.Join(strings.Fields("Fail over?"+advice), " ")
}

// What is said of failing over never contradicts the verdict above it.
func TestAdvice(t *testing.T) {
	failing := func(cause probe.Cause, detail string) *probe.Snapshot {
		s := regionDown()
		us := &s.Regions[0]
		us.Cause, us.Detail = cause, detail
		for i := range us.Shards {
			us.Shards[i].Cause = cause
		}
		return s
	}
	refusing := func(cause probe.Cause, names ...string) *probe.Snapshot {
		s := snapshot()
		for _, name := range names {
			r := s.Region(name)
			r.Writes, r.WritesCause = probe.WritesRefused, cause
		}
		return s
	}
	partitioned := func() *probe.Snapshot {
		s := failing(probe.Refused, "connect: connection refused")
		s.Regions[0].Cause = probe.Partitioned
		return s
	}
	for _, test := range []struct {
		name   string
		s      *probe.Snapshot
		advice string
	}{
		{"all is well", snapshot(), "No: us is usable."},
		{"the local region is down", failing(probe.Refused, "connect: connection refused"), "Yes, to eu: us is down: connect: connection refused."},
		{"the local region refuses writes", refusing(probe.OutOfMemory, "us"), "Yes, to eu: us refuses writes: out of memory."},
		{"the local region and the next refuse writes", refusing(probe.OutOfMemory, "us", "eu"), "Yes, to ap: us refuses writes: out of memory."},
		{"all regions refuse writes", refusing(probe.OutOfMemory, "us", "eu", "ap"),
			"No: us refuses writes: out of memory, but there is no other region to go to (eu refuses writes: out of memory; ap refuses writes: out of memory)."},
		{"our own user may not write", refusing(probe.Permission, "us"),
			"Not on this evidence: us refuses writes of this user: permission; a right that our own user lacks may be all that is wrong."},
		{"our own password is wrong", failing(probe.Authentication, "AUTH: WRONGPASS invalid username-password pair"),
			"Not on this evidence: us is down: AUTH: WRONGPASS invalid username-password pair; our own user or password settings may be what is wrong."},
		{"it answers others", partitioned(), "Not for others: us answers other observers, but not this one; move only what runs here, to eu."},
		{"it answers others, and there is no other region", func() *probe.Snapshot {
			s := partitioned()
			s.Regions[1].State, s.Regions[2].State = probe.RegionDown, probe.RegionImpaired
			return s
		}(), "Not for others: us answers other observers, but not this one, but there is no other region to go to (eu is down; ap is impaired)."},
		{"what was written lately is in ap only", func() *probe.Snapshot {
			s := failing(probe.Refused, "refused")
			silentSince(s.Link("us", "eu"), after(10*time.Second))
			return s
		}(), "Yes, to ap: us is down: refused."},
		{"what was written lately is nowhere else", func() *probe.Snapshot {
			s := failing(probe.Refused, "refused")
			silentSince(s.Link("us", "eu"), after(10*time.Second))
			silentSince(s.Link("us", "ap"), after(10*time.Second))
			return s
		}(), "Yes, to eu: us is down: refused; what us wrote since 15:02:20 is not known to be in eu."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := advised(t, test.s); got != "Fail over? "+test.advice {
				t.Errorf("got  %s\nwant Fail over? %s", got, test.advice)
			}
		})
	}
}

// silentSince makes a link one on which nothing has arrived since a moment.
func silentSince(l *probe.Link, at time.Time) {
	l.LastUp = at
	for i := range l.Cells {
		l.Cells[i].LastUp, l.Cells[i].LastDelivered, l.Cells[i].LastDeliveredSent = at, at, at
	}
}
