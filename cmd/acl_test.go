package cmd_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/redistest"
)

// rule returns the first line that an `acl` command prints, with a password.
func rule(t *testing.T, args ...string) []string {
	t.Helper()
	o := run(t, nil, append([]string{"acl"}, args...)...)
	if o.code != 0 || o.stderr != "" {
		t.Fatalf("exit code %d: %s", o.code, o.stderr)
	}
	line, _, _ := strings.Cut(o.stdout, "\n")
	return strings.Fields(strings.Replace(line, ">PASSWORD", ">pw", 1))
}

// TestProbeWithExactlyTheAccessThatACLProbePrints watches a primary and its replica as a user that may do nothing else, and
// looks over its shoulder.
func TestProbeWithExactlyTheAccessThatACLProbePrints(t *testing.T) {
	t.Parallel()
	us := redistest.Start(t)
	eu := redistest.Replica(t, us)
	grants := rule(t, "probe", "--user", "watcher")
	for _, s := range []*redistest.Server{us, eu} {
		if v := s.Do(t, grants...); v.Str != "OK" {
			t.Fatalf("%q: %v", grants, v)
		}
	}
	urls := []string{"--region", "us=redis://watcher:pw@" + us.Addr, "--region", "eu=redis://watcher:pw@" + eu.Addr}
	stops := []func() []redistest.Sent{us.Monitor(t), eu.Monitor(t)}
	o := run(t, nil, append([]string{"probe", "--once", "-o", "json"}, urls...)...)
	var found struct {
		Verdict string
		Regions []struct{ Name, State string }
		Links   []struct{ From, To, State string }
	}
	if err := json.Unmarshal([]byte(o.stdout), &found); err != nil {
		t.Fatalf("exit code %d: %v\n%s", o.code, err, o.stderr)
	}
	if o.code != 1 || found.Verdict != "replication_failure" {
		t.Errorf("exit code %d, verdict %s", o.code, found.Verdict)
	}
	for _, r := range found.Regions {
		if r.State != "available" {
			t.Errorf("%s is %s", r.Name, r.State)
		}
	}
	for _, l := range found.Links {
		if l.From == "us" && l.To == "eu" && l.State != "up" {
			t.Errorf("us->eu is %s", l.State)
		}
	}
	if strings.Contains(o.stderr, "NOPERM") {
		t.Errorf("something was refused: %s", o.stderr)
	}
	o = run(t, nil, append([]string{"slots"}, urls...)...)
	if o.code != 0 {
		t.Errorf("slots: exit code %d: %s", o.code, o.stderr)
	}
	for _, stop := range stops {
		sent := slices.DeleteFunc(stop(), func(s redistest.Sent) bool { return s.From == us.Addr }) // replication
		if len(sent) == 0 {
			t.Error("nothing was sent: this would not see what should not be")
		}
		for _, s := range sent {
			name := "+" + strings.ToLower(s.Args[0])
			if name == "+cluster" && len(s.Args) > 1 {
				name += "|" + strings.ToLower(s.Args[1])
			}
			if name != "+auth" && !slices.Contains(grants, name) { // every user may send AUTH
				t.Errorf("%q was sent, which the rule does not grant", s.Args)
			}
			if (name == "+publish" || name == "+subscribe") && !strings.HasPrefix(s.Args[1], "aafailover:{") {
				t.Errorf("%q is not under the prefix", s.Args)
			}
		}
	}
}

func TestACLPrintsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"a probe", []string{"probe"}, "ACL SETUSER aafailover reset on >pw resetchannels &aafailover:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards"},
		{"a probe that writes", []string{"probe", "--dataset", "--user", "u"},
			"ACL SETUSER u reset on >pw resetkeys ~aafailover:* resetchannels &aafailover:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards +set +get"},
		{"a drill under another prefix", []string{"drill", "--prefix", "p:q"},
			"ACL SETUSER aafailover reset on >pw resetkeys ~p:q:* resetchannels &p:q:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards +set +get +exists +del"},
	} {
		if got := strings.Join(rule(t, row.args...), " "); got != row.want {
			t.Errorf("%s: %s", row.name, got)
		}
	}
	document := run(t, nil, "acl", "drill", "-o", "json").decode(t)
	if document["schema"] != "aafailover.acl/v1" || !strings.HasPrefix(document["rule"].(string), "resetkeys ~aafailover:* ") || len(document["optional"].([]any)) != 4 {
		t.Errorf("%v", document)
	}
}

// Every rule that is printed is one that a server understands, the optional ones too.
func TestARealServerUnderstandsTheAccessRules(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	for _, args := range [][]string{{"probe"}, {"probe", "--dataset"}, {"drill"}} {
		for line := range strings.Lines(run(t, nil, append([]string{"acl"}, args...)...).stdout) {
			if !strings.HasPrefix(line, "ACL ") {
				continue
			}
			if v := s.Do(t, strings.Fields(line)...); v.Str != "OK" {
				t.Errorf("%s%v", line, v)
			}
		}
	}
}
