package check_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/vitals"
)

func known[T any](value T) vitals.Field[T] {
	return vitals.Field[T]{Value: value, Standing: vitals.Told}
}

func notAllowed[T any]() vitals.Field[T] { return vitals.Field[T]{Standing: vitals.NotAllowed} }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// target is what is asked for where a row says nothing else.
var target = check.Target{Outage: check.DefaultOutage, CertificateFor: check.DefaultCertificateFor}

// region is one with a server, which was asked and is a primary, changed as a row wants it.
func region(name string, change ...func(*check.Region)) check.Region {
	r := check.Region{Name: name, Address: name + ".example:6379", Servers: []check.Server{{Address: name + ".example:6379"}}}
	r.Servers[0].Vitals.Replication.Role = known(vitals.Primary)
	for _, c := range change {
		c(&r)
	}
	return r
}

// server changes the only server of a region.
func server(change func(*check.Server)) func(*check.Region) {
	return func(r *check.Region) { change(&r.Servers[0]) }
}

// settings are what CONFIG GET says: names and values in turn, besides appendonly, of which every server says something
// that nobody manages.
func settings(namesAndValues ...string) func(*check.Region) {
	return server(func(s *check.Server) {
		s.Vitals.Settings = map[string]vitals.Field[string]{"appendonly": known("yes")}
		for i := 0; i < len(namesAndValues); i += 2 {
			s.Vitals.Settings[namesAndValues[i]] = known(namesAndValues[i+1])
		}
	})
}

func unreachable(r *check.Region) {
	*r = check.Region{Name: r.Name, Address: r.Address, Unreachable: "connection refused"}
}

func ofEnterprise(r *check.Region) { r.Servers[0].Vitals.Enterprise = known("7.22.0-28") }

func facts(regions ...check.Region) *check.Facts { return &check.Facts{At: noon, Regions: regions} }

// inLab makes the facts those of a lab.
func inLab(f *check.Facts) *check.Facts {
	f.Lab = true
	return f
}

// row is what a rule has to find in facts.
type row struct {
	name  string
	facts *check.Facts
	want  check.Outcome
	says  []string // each in the subject, the text or the fix of some finding
}

// judge tries a rule by rows.
func judge(t *testing.T, id string, rows []row) {
	t.Helper()
	judgeFor(t, target, id, rows)
}

// judgeFor tries a rule by rows, for a target.
func judgeFor(t *testing.T, target check.Target, id string, rows []row) {
	t.Helper()
	rule, err := check.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			j := check.Run([]check.Rule{rule}, tt.facts, target, false).Rules[0]
			var all strings.Builder
			for _, f := range j.Findings {
				all.WriteString(string(f.Outcome) + " " + f.Subject + ": " + f.Text + " [" + f.Fix + "]\n")
			}
			if j.Outcome != tt.want {
				t.Errorf("got %s, want %s: %s", j.Outcome, tt.want, all.String())
			}
			for _, text := range tt.says {
				if !strings.Contains(all.String(), text) {
					t.Errorf("%q is not said: %s", text, all.String())
				}
			}
		})
	}
}
