package check_test

import (
	"testing"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/vitals"
)

func TestSameModules(t *testing.T) {
	loads := func(modules ...check.Module) func(*check.Region) {
		return server(func(s *check.Server) { s.Modules = known(modules) })
	}
	search, json, bloom := check.Module{Name: "search", Version: "20813"}, check.Module{Name: "ReJSON", Version: "20807"}, check.Module{Name: "bf", Version: "20802"}
	older := check.Module{Name: "search", Version: "20604"}
	judge(t, "same-modules", []row{
		{"none passes", facts(region("us", loads()), region("eu", loads())), check.Passed, []string{"none is loaded"}},
		{"search and JSON everywhere pass", facts(region("us", loads(search, json)), region("eu", loads(json, search))), check.Passed, []string{"ReJSON is loaded in all", "search is loaded in all"}},
		{"one that is missing is a failure", facts(region("us", loads(search)), region("eu", loads())), check.Broken, []string{"search is not loaded in eu"}},
		{"another version is a warning", facts(region("us", loads(search)), region("eu", loads(older))), check.Warned, []string{"20604 in eu; 20813 in us"}},
		{"so is one that Active-Active does not take", facts(region("us", loads(bloom)), region("eu", loads(bloom))), check.Warned, []string{"bf is no module that an Active-Active database takes"}},
		{"what is not told is not known", facts(region("us", loads()), region("eu")), check.Untold, []string{"eu (eu.example:6379): it does not tell its modules"}},
		{"the lab's own engine has none", inLab(facts(region("us"), region("eu"))), check.NotApplicable, []string{"the lab's own engine does not have that"}},
		{"one region has no others to differ from", facts(region("us", loads(bloom))), check.NotApplicable, nil},
	})
}

func TestSameSettings(t *testing.T) {
	denied := server(func(s *check.Server) {
		s.Vitals.Settings = map[string]vitals.Field[string]{}
		for _, name := range check.SettingNames() {
			s.Vitals.Settings[name] = notAllowed[string]()
		}
	})
	judge(t, "same-settings", []row{
		{"the same pass, and are named", facts(region("us", settings("timeout", "0", "databases", "16")), region("eu", settings("timeout", "0", "databases", "16"))), check.Passed, []string{"the same everywhere: databases and timeout"}},
		{"others are a warning, with who has what, and what it does", facts(region("us", settings("maxmemory", "100")), region("eu", settings("maxmemory", "200"))), check.Warned,
			[]string{"maxmemory differs: 100 in us; 200 in eu: the one with the least is full first", "set maxmemory to the same in all regions"}},
		{"an empty value is shown", facts(region("us", settings("notify-keyspace-events", "")), region("eu", settings("notify-keyspace-events", "KEA"))), check.Warned, []string{`notify-keyspace-events differs: "" in us; KEA in eu`}},
		{"some differ on purpose", facts(region("us", settings("appendfsync", "always", "timeout", "0")), region("eu", settings("appendfsync", "everysec", "timeout", "0"))), check.Passed, nil},
		{"who may not ask is told what to grant", facts(region("us", settings("timeout", "0")), region("eu", denied)), check.Untold, []string{"eu (eu.example:6379): its user may not ask for its settings", "acl check"}},
		{"one region has no others to differ from", facts(region("us", settings("timeout", "0"))), check.NotApplicable, nil},
	})
}

func TestSameFunctions(t *testing.T) {
	has := func(libraries ...check.Library) func(*check.Region) {
		return server(func(s *check.Server) { s.Libraries = known(libraries) })
	}
	one, other := check.Library{Name: "orders", Digest: "aa"}, check.Library{Name: "orders", Digest: "bb"}
	second := func(r *check.Region) {
		s := check.Server{Address: "10.0.0.2:6379", Shard: 1}
		s.Libraries = known([]check.Library{})
		r.Servers = append(r.Servers, s)
	}
	judge(t, "same-functions", []row{
		{"none passes", facts(region("us", has()), region("eu", has())), check.Passed, []string{"there are no functions"}},
		{"the same code passes", facts(region("us", has(one)), region("eu", has(one))), check.Passed, []string{"with the same code everywhere: 1 of 1 libraries"}},
		{"a library that is missing is a failure", facts(region("us", has(one)), region("eu", has())), check.Broken, []string{"the library orders is missing in eu, and FCALL fails there"}},
		{"so is one that is missing on a shard", facts(region("us", has(one), second), region("eu", has(one))), check.Broken, []string{"missing in us (10.0.0.2:6379)"}},
		{"and other code", facts(region("us", has(one)), region("eu", has(other))), check.Broken, []string{"the library orders has not the same code in us and eu"}},
		{"what is not told is not known", facts(region("us", has(one)), region("eu")), check.Untold, []string{"it does not tell its functions"}},
	})
}

func TestSameScripts(t *testing.T) {
	caches := func(n int64) func(*check.Region) {
		return server(func(s *check.Server) { s.Scripts = known(n) })
	}
	judge(t, "same-scripts", []row{
		{"none passes", facts(region("us", caches(0)), region("eu", caches(0))), check.Passed, []string{"no scripts are cached"}},
		{"others are a warning", facts(region("us", caches(12)), region("eu", caches(0))), check.Warned, []string{"12 scripts in us; no scripts in eu: EVALSHA"}},
		{"as many may be others", facts(region("us", caches(12)), region("eu", caches(12))), check.Untold, []string{"whether they are the same no command tells"}},
		{"what is not told is not known", facts(region("us", caches(0)), region("eu")), check.Untold, nil},
	})
}
