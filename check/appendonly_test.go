package check_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/vitals"
)

// inInfo is a server that may not be asked for settings, and says in INFO whether it has an append-only file.
func inInfo(aof bool) *check.Facts {
	return facts(region("us", refused, server(func(s *check.Server) { s.Vitals.Persistence.AOF = known(aof) })))
}

func TestAppendOnly(t *testing.T) {
	silent := facts(region("us"))
	judge(t, "appendonly", []row{
		{"a server with one passes", logged(), check.Passed, []string{"us (us.example:6379): appendonly is yes"}},
		{"one without says what that costs", bare(), check.Warned, []string{"up to 1h is lost (save 3600 1 300 100 60 10000"}},
		{"one that keeps nothing says so", bare("save", ""), check.Warned, []string{"there is no bound to what is lost", "nothing is kept"}},
		{"where settings may not be asked for INFO is taken", inInfo(true), check.Passed, nil},
		{"also where it says no", inInfo(false), check.Warned, []string{"whether snapshots are saved is not told"}},
		{"who may ask for neither is told what to grant", facts(region("us", refused)), check.Untold, []string{"may not ask for appendonly", "aafailover acl check"}},
		{"a server that says nothing is not judged", silent, check.Untold, []string{"it does not tell appendonly"}},
		{"nor is one of Redis Enterprise by its INFO", facts(region("us", ofEnterprise, server(func(s *check.Server) { s.Vitals.Persistence.AOF = known(false) }))),
			check.Untold, []string{"its REST API"}},
		{"nor is another service that answers CONFIG GET without it", facts(region("us", server(func(s *check.Server) {
			s.Vitals.Persistence.AOF, s.Vitals.Settings = known(false), map[string]vitals.Field[string]{"lua-time-limit": known("5000")}
		}))),
			check.Untold, []string{"as services do not"}},
		{"a server that could not be asked is not", facts(region("us", server(func(s *check.Server) { s.Failed = "i/o timeout" }))), check.Untold, []string{"i/o timeout"}},
		{"servers that say the same are told in one finding", facts(region("us", defaults("appendonly", "yes"), func(r *check.Region) { r.Servers = append(r.Servers, r.Servers[0]) })),
			check.Passed, []string{"pass us: appendonly is yes"}},
		{"a file is judged by what it says", fromFile(bare()), check.Warned, nil},
		{"a sentinel.conf is no redis.conf", &check.Facts{Files: []check.File{{}}, Regions: []check.Region{{Sentinels: []check.Sentinel{{}}}}}, check.NotApplicable, nil},
	})
	judgeFor(t, rpo(time.Hour), "appendonly", []row{{"snapshots that keep to the RPO are enough", bare(), check.Passed, []string{"within an RPO of 1h"}}})
	judgeFor(t, rpo(time.Minute), "appendonly", []row{{"those that do not are not", bare(), check.Warned, nil}})
}

func TestSettingsOfTheLog(t *testing.T) {
	for _, rule := range []struct {
		id   string
		rows []row
	}{
		{"appendfsync", []row{
			{"always loses nothing", logged("appendfsync", "always"), check.Passed, []string{"before a write is acknowledged"}},
			{"everysec is said with its figure", logged(), check.Passed, []string{"up to a second"}},
			{"no is left to the kernel", logged("appendfsync", "no"), check.Warned, []string{"30 s"}},
		}},
		{"fsync-during-rewrite", []row{
			{"no goes on to flush", logged(), check.Passed, nil},
			{"yes does not", logged("no-appendfsync-on-rewrite", "yes"), check.Warned, []string{"up to 30.00 s"}},
			{"with appendfsync no there is nothing to go on with", logged("appendfsync", "no"), check.NotApplicable, nil},
		}},
		{"aof-rewrite", []row{
			{"the default passes with its figures", logged(), check.Passed, []string{"grown by 100%", "67 MB"}},
			{"0 never rewrites", logged("auto-aof-rewrite-percentage", "0"), check.Warned, []string{"BGREWRITEAOF"}},
			{"nor does a growth that is never reached", logged("auto-aof-rewrite-percentage", "20000"), check.Warned, []string{"201 times the size"}},
			{"nor does a size", logged("auto-aof-rewrite-min-size", "1099511627776"), check.Warned, []string{"1,099,512 MB"}},
		}},
		{"aof-rdb-preamble", []row{
			{"yes passes", logged(), check.Passed, nil},
			{"no is slow", logged("aof-use-rdb-preamble", "no"), check.Warned, nil},
		}},
		{"aof-load-truncated", []row{
			{"yes passes", logged(), check.Passed, nil},
			{"no waits for somebody", logged("aof-load-truncated", "no"), check.Warned, []string{"redis-check-aof"}},
		}},
	} {
		t.Run(rule.id, func(t *testing.T) {
			judge(t, rule.id, append(rule.rows,
				row{"without a log there is nothing to judge", bare(), check.NotApplicable, nil},
				row{"what may not be asked for is not judged", inInfo(true), check.Untold, []string{"aafailover acl check"}},
				row{"nor is what is no value", logged("appendfsync", "x", "no-appendfsync-on-rewrite", "x", "auto-aof-rewrite-percentage", "-1", "aof-use-rdb-preamble", "x", "aof-load-truncated", "x"), check.Untold, nil}))
		})
	}
}

func TestStateOfTheLog(t *testing.T) {
	state := func(change func(*vitals.Persistence)) *check.Facts {
		return facts(region("us", defaults("appendonly", "yes"), server(func(s *check.Server) { change(&s.Vitals.Persistence) })))
	}
	for id, set := range map[string]func(*vitals.Persistence, vitals.Field[bool]){
		"aof-written":   func(p *vitals.Persistence, ok vitals.Field[bool]) { p.AOFWriteOK = ok },
		"aof-rewritten": func(p *vitals.Persistence, ok vitals.Field[bool]) { p.AOFRewriteOK = ok },
	} {
		t.Run(id, func(t *testing.T) {
			judge(t, id, []row{
				{"ok passes", state(func(p *vitals.Persistence) { set(p, known(true)) }), check.Passed, []string{"_status is ok"}},
				{"err does not", state(func(p *vitals.Persistence) { set(p, known(false)) }), check.Broken, []string{"_status is err"}},
				{"what is not told is not judged", logged(), check.Untold, nil},
				{"a server without a log writes none", bare(), check.NotApplicable, nil},
				{"nor does a file", fromFile(logged()), check.NotApplicable, []string{"a file does not tell"}},
			})
		})
	}
}
