package check_test

import (
	"testing"

	"github.com/aafailover/aafailover/check"
)

func TestPersistent(t *testing.T) {
	aof := func(r *check.Region) { settings("appendonly", "yes", "appendfsync", "everysec")(r) }
	unsaved := server(func(s *check.Server) { s.Vitals.Persistence.UnsavedWrites = known(int64(12)) })
	byInfo := func(on bool) func(*check.Region) {
		return server(func(s *check.Server) { s.Vitals.Persistence.AOF = known(on) })
	}
	managed := func(r *check.Region) { r.Management = &check.ManagementFacts{} }
	judge(t, "persistent", []row{
		{"append-only files pass", facts(region("us", aof), region("eu", aof)), check.Passed, []string{"us (us.example:6379): it keeps an append-only file, appendfsync everysec"}},
		{"also as INFO tells them", facts(region("us", byInfo(true)), region("eu", aof)), check.Passed, nil},
		{"snapshots alone are a warning", facts(region("us", aof), region("eu", settings("appendonly", "no", "save", "3600 1 300 100"), unsaved)), check.Warned,
			[]string{"eu (eu.example:6379): it saves snapshots only: what was written since the last one (12 writes now) is gone", "CONFIG SET appendonly yes"}},
		{"where all is saved nothing is gone yet", facts(region("us", aof), region("eu", settings("appendonly", "no", "save", "3600 1"), server(func(s *check.Server) { s.Vitals.Persistence.UnsavedWrites = known(int64(0)) }))), check.Warned,
			[]string{"since the last one is gone"}},
		{"nothing on disk is a failure", facts(region("us", aof), region("eu", settings("appendonly", "no", "save", ""))), check.Broken, []string{"it returns empty"}},
		{"without CONFIG nobody tells of snapshots", facts(region("us", aof), region("eu", byInfo(false))), check.Untold, []string{"whether it saves snapshots, and it keeps no append-only file"}},
		{"without INFO nobody tells anything", facts(region("us", aof), region("eu")), check.Untold, nil},
		{"what a server of Redis Enterprise keeps is not what its database does", facts(region("us", aof), region("eu", byInfo(false), ofEnterprise)), check.Untold, []string{"only its REST API tells"}},
		{"which has a rule of its own where it is asked", facts(region("us", byInfo(false), managed), region("eu", byInfo(false), managed)), check.NotApplicable, []string{"see api-persistence"}},
		{"one region alone is judged by the rules of durability", facts(region("us", settings("appendonly", "no", "save", ""))), check.NotApplicable, nil},
	})
}
