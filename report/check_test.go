package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/report"
)

// ruled is a rule that finds what it is given.
func ruled(id string, group check.Group, severity check.Severity, title string, found ...check.Finding) check.Rule {
	return check.Rule{ID: id, Title: title, Group: group, Severity: severity,
		Source: "Redis documentation, Persistence (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/)",
		Why:    "what was acknowledged and is nowhere else is gone with the server", Fix: "have each write on a second server or on a disk before it is acknowledged",
		Judge: func(*check.Facts, check.Target) []check.Finding { return found }}
}

func found(o check.Outcome, subject, text, fix string) check.Finding {
	return check.Finding{Outcome: o, Subject: subject, Text: text, Fix: fix}
}

// checkedRules have one of every outcome, the same reason for several, mixed findings, many findings, and what a hostile server says.
func checkedRules() []check.Rule {
	var many []check.Finding
	for i := range 12 {
		many = append(many, found(check.Warned, fmt.Sprintf("us (10.0.0.%d:6379)", i+1), fmt.Sprintf("fragmentation is %.1f", 1.6+float64(i)/10), ""))
	}
	return []check.Rule{
		ruled("reachable", check.ActiveActive, check.Failure, "every region can be reached from here",
			found(check.Passed, "us", "it answers", ""), found(check.Passed, "eu", "it answers", "")),
		ruled("persistence", check.ActiveActive, check.Failure, "every region keeps on disk what it acknowledged",
			found(check.Broken, "us (10.0.0.1:6379)", "appendonly is no, and there are no save points: a restart begins empty", "CONFIG SET appendonly yes, and the same in redis.conf"),
			found(check.Untold, "eu (10.8.1.4:6379)", "NOPERM this user has no permissions to run 'config|get'", ""),
			found(check.Passed, "ap", "appendonly yes, appendfsync everysec", ""), found(check.Passed, "ap", "save 60 1", "")),
		ruled("backlog", check.ActiveActive, check.Failure, "the backlog holds what is written in an outage",
			found(check.Broken, "us->eu", "8.4 kB/s written x 600 s outage = 5.0 MB, and the backlog holds 1.0 MB: full after 2m4s", "CONFIG SET repl-backlog-size 8mb, and the same in redis.conf"),
			found(check.Broken, "eu->us", "2.1 kB/s written x 600 s outage = 1.3 MB, and the backlog holds 1.0 MB: full after 8m13s", "CONFIG SET repl-backlog-size 2mb, and the same in redis.conf")),
		ruled("fragmentation", check.Durability, check.Warning, "memory is used for data", many...),
		ruled("hostile", check.Durability, check.Warning, "servers say <b>what</b> they are | no more",
			found(check.Warned, "us", "it calls itself \x1b[31m]]> <script>alert(1)</script> | `x` @everyone\nand more\x00", "run `rm` | <nothing> & go on")),
		ruled("api-peers", check.Management, check.Failure, "every region is a source of every other",
			found(check.Untold, "", "no `api:` is configured", "give the address of the REST API of each region: api: in the file, or --api NAME=URL")),
		ruled("versions", check.ActiveActive, check.Failure, "all servers run the same version", found(check.Untold, "ap", "it cannot be reached", "")),
		ruled("sharding", check.ActiveActive, check.Warning, "all regions are sharded alike", found(check.Passed, "us", "3 shards", ""),
			found(check.Untold, "ap", "it cannot be reached", ""), found(check.Untold, "eu", "it does not tell how it is sharded", "give --shards N")),
		ruled("eviction", check.ActiveActive, check.Warning, "no region evicts keys", found(check.Warned, "us", "allkeys-lru", "CONFIG SET maxmemory-policy noeviction"),
			found(check.Untold, "ap", "it cannot be reached", "")),
		ruled("ports", check.ActiveActive, check.Warning, "the ports are open", found(check.NotApplicable, "", "there is one region", "")),
		ruled("clocks", check.ActiveActive, check.Warning, "the clocks agree", found(check.NotApplicable, "", "there is one region", "")),
		ruled("snapshots", check.Durability, check.Warning, "snapshots are made", found(check.Passed, "us", "every 15 minutes at most", ""),
			found(check.Passed, "eu", "every hour at most", "")),
	}
}

// checked is the result of some of the rules, by their IDs; of all if there are none.
func checked(strict bool, ids ...string) report.CheckResult {
	rules := checkedRules()
	if len(ids) > 0 {
		rules = nil
		for _, r := range checkedRules() {
			for _, id := range ids {
				if r.ID == id {
					rules = append(rules, r)
				}
			}
		}
	}
	rpo := time.Second
	return report.CheckResult{Deployment: report.Given, Regions: []string{"us", "eu", "ap"}, Insecure: []string{"eu"},
		Result: check.Run(rules, &check.Facts{At: start}, check.Target{RPO: &rpo, Profile: "balanced", Outage: 10 * time.Minute, CertificateFor: 720 * time.Hour}, strict)}
}

func TestCheckText(t *testing.T) {
	ofLab, interrupted, ofFiles, aimless := checked(false, "reachable", "ports"), checked(false, "reachable", "api-peers"), checked(false, "snapshots"), checked(false, "snapshots")
	ofLab.Deployment, ofLab.Insecure = report.Lab, nil
	interrupted.Interrupted = true
	ofFiles.Regions, ofFiles.Insecure, ofFiles.Files = nil, nil, []string{"redis.conf", "sentinel.conf"}
	aimless.Target = check.Target{Outage: time.Minute}
	for name, r := range map[string]report.CheckResult{
		"": checked(false), "-ready": ofLab, "-warned": checked(false, "reachable", "hostile"), "-strict": checked(true, "reachable", "hostile"),
		"-strict-untold": checked(true, "reachable", "api-peers"), "-untold": checked(false, "api-peers"), "-interrupted": interrupted,
		"-files": ofFiles, "-aimless": aimless,
	} {
		for _, columns := range []int{0, 60, 80, 200} {
			var got bytes.Buffer
			if err := report.CheckText(&got, report.Style{Width: columns}, r); err != nil {
				t.Fatal(err)
			}
			if columns == 0 || name == "" && columns < 200 {
				golden(t, fmt.Sprintf("check%s-%d", name, columns), got.String())
			}
			most := 100
			if columns > 0 {
				most = min(columns, most)
			}
			for line := range strings.Lines(got.String()) {
				line = strings.TrimSuffix(line, "\n")
				if n := utf8.RuneCountInString(line); n > most {
					t.Errorf("a line of %d columns, of %d: %s", n, most, line)
				}
				if strings.TrimRight(line, " ") != line || strings.ContainsAny(line, "\x00\x1b") {
					t.Errorf("blanks at the end, or what a terminal obeys: %q", line)
				}
			}
		}
	}
}

// What is painted in several lines, such as that certificates were not checked, gets no blanks at their ends.
func TestColourOnlyAddsToACheck(t *testing.T) {
	t.Setenv("CLICOLOR_FORCE", "1")
	t.Setenv("NO_COLOR", "")
	coloured := report.NewStyle(io.Discard)
	coloured.Zone = nil
	var with, without bytes.Buffer
	if err := errors.Join(report.CheckText(&with, coloured, checked(false)), report.CheckText(&without, report.Style{}, checked(false))); err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(with.String(), "")
	if got == with.String() {
		t.Error("nothing was painted")
	}
	if diff := cmp.Diff(strings.Split(without.String(), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("without its colours it differs (-want +got):\n%s", diff)
	}
}

func TestRuleTexts(t *testing.T) {
	for name, write := range map[string]func(*bytes.Buffer, report.Style) error{
		"check-list":    func(b *bytes.Buffer, s report.Style) error { return report.ChecksText(b, s, checkedRules()) },
		"check-explain": func(b *bytes.Buffer, s report.Style) error { return report.RuleText(b, s, checkedRules()[1]) },
	} {
		var got bytes.Buffer
		if err := write(&got, report.Style{Width: 80}); err != nil {
			t.Fatal(err)
		}
		golden(t, name, got.String())
	}
}

// What is said in the text is what is counted in the document.
func TestTheDocumentOfACheckAddsUp(t *testing.T) {
	d := report.NewCheckDocument(checked(false))
	outcomes := map[check.Outcome]int{}
	for _, r := range d.Rules {
		outcomes[r.Outcome]++
		if r.Findings[0].Outcome != r.Outcome {
			t.Errorf("%s: the first finding is not the worst", r.ID)
		}
	}
	want := report.CheckCountsDocument{Passed: outcomes[check.Passed], Warned: outcomes[check.Warned], Broken: outcomes[check.Broken],
		Untold: outcomes[check.Untold], NotApplicable: outcomes[check.NotApplicable]}
	if d.Counts != want || d.Verdict != check.Fail || len(d.Rules) != len(checkedRules()) {
		t.Errorf("%+v of %d rules, want %+v; verdict %s", d.Counts, len(d.Rules), want, d.Verdict)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	file := check.NewFile("redis.conf", "maxmemory "+strings.Repeat("é7", 400_000), redisconf.Reading{})
	var out bytes.Buffer
	if err := report.Answers(&out, []check.File{file}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); len(text) > 1000 || !strings.Contains(text, ">>> 'maxmemory é7é7") || !strings.Contains(text, "…\n") || !strings.HasSuffix(text, "argument must be a memory value\n") || !utf8.ValidString(text) {
		t.Errorf("%d bytes: %.600s", len(text), text)
	}
}
