package check_test

import (
	"testing"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/redisconf"
)

func TestSavePoints(t *testing.T) {
	judge(t, "save-points", []row{
		{"the default passes, with what it bounds", bare(), check.Passed, []string{"save 3600 1 300 100 60 10000: a write is in a snapshot after 1h"}},
		{"none is right beside an append-only file", logged("save", ""), check.Passed, []string{"backups need a BGSAVE"}},
		{"nothing at all is not", bare("save", ""), check.Warned, []string{`save "" and appendonly no: nothing is kept`}},
		{"changes that are too few for any are never saved", bare("save", "60 10000"), check.Warned, []string{"fewer changes than that"}},
		{"which an append-only file makes good", logged("save", "60 10000"), check.Passed, nil},
		{"what may not be asked for is not judged", facts(region("us", refused)), check.Untold, nil},
		{"nor is what is no value", bare("save", "often"), check.Untold, nil},
	})
}

func TestSnapshotSaved(t *testing.T) {
	state := func(ok bool, namesAndValues ...string) *check.Facts {
		return facts(region("us", defaults(namesAndValues...), server(func(s *check.Server) { s.Vitals.Persistence.SaveOK = known(ok) })))
	}
	judge(t, "snapshot-saved", []row{
		{"ok passes", state(true), check.Passed, nil},
		{"err refuses writes", state(false), check.Broken, []string{"it refuses writes"}},
		{"or goes on without", state(false, "stop-writes-on-bgsave-error", "no"), check.Broken, []string{"nothing newer"}},
		{"a snapshot that was asked for by hand refuses nothing", state(false, "save", ""), check.Broken, []string{"nothing newer"}},
		{"what is not told is not judged", bare(), check.Untold, nil},
		{"a file does not tell", fromFile(bare()), check.NotApplicable, nil},
	})
}

func TestSnapshotSettings(t *testing.T) {
	judge(t, "stop-writes-on-bgsave-error", []row{
		{"yes passes", bare(), check.Passed, nil},
		{"no is not noticed", bare("stop-writes-on-bgsave-error", "no"), check.Warned, []string{"when its disk is full"}},
		{"without snapshots there is nothing to notice", bare("save", "", "stop-writes-on-bgsave-error", "no"), check.NotApplicable, nil},
		{"what may not be asked for is not judged", facts(region("us", refused)), check.Untold, nil},
	})
	judgeFor(t, profile(t, redisconf.LowLatency), "stop-writes-on-bgsave-error", []row{
		{"it is what low latency asks for", bare("stop-writes-on-bgsave-error", "no"), check.NotApplicable, []string{"as low-latency has it"}},
	})
	judge(t, "snapshot-checksum", []row{
		{"yes passes", bare(), check.Passed, nil},
		{"no does not", bare("rdbchecksum", "no"), check.Warned, nil},
		{"what may not be asked for is not judged", facts(region("us", refused)), check.Untold, nil},
	})
}

func TestRestartKeepsData(t *testing.T) {
	with := func(replicas func(*check.Region), namesAndValues ...string) *check.Facts {
		return facts(region("us", defaults(namesAndValues...), replicas))
	}
	judge(t, "restart-keeps-data", []row{
		{"a primary that keeps nothing empties its replicas", with(hasReplica, "save", ""), check.Broken, []string{"it has 1 replica: restarted at once it is empty"}},
		{"one with an append-only file does not", with(hasReplica, "save", "", "appendonly", "yes"), check.Passed, nil},
		{"one with snapshots starts with the last one", with(hasReplica), check.Passed, []string{"its last snapshot"}},
		{"one without replicas empties none", with(followed(), "save", ""), check.NotApplicable, nil},
		{"whoever does not tell its replicas is not judged", bare("save", ""), check.Untold, []string{"its replicas"}},
		{"nor is a server of Redis Enterprise", facts(region("us", ofEnterprise, hasReplica, server(func(s *check.Server) { s.Vitals.Persistence.AOF = known(false) }))), check.Untold, nil},
		{"nor a lab", inLab(with(hasReplica, "save", "")), check.NotApplicable, nil},
	})
}
