package matrix_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/probe"
)

// A snapshot that calls every region ready is a lie, whatever the reason for which one is not.
func TestTheTruthFindsEveryLie(t *testing.T) {
	for _, row := range []struct{ says, actions, blamed string }{
		{"nothing is wrong", "", ""},
		{"a region that is down", "{lab: {kind: kill, region: eu}}", "eu is called ready, and its shard 1 is down"},
		{"a region that hangs", "{lab: {kind: hang, region: eu}}", "eu is called ready, and its shard 1 is hung"},
		{"a link that is cut, at its source", "{lab: {kind: cut, from: us, to: eu, one_way: true}}", "us is called ready, and us->eu is cut"},
		{"and at its target", "{lab: {kind: cut, from: us, to: eu, one_way: true}}", "eu is called ready, and us->eu is cut"},
		{"a link that is stalled", "{lab: {kind: stall, from: us, to: eu, one_way: true}}", "us->eu is stalled"},
		{"a link that carries keys only", "{lab: {kind: lose, from: us, to: eu, share: 1}}", "us->eu is lossy"},
		{"writes that are refused", "{lab: {kind: answer, region: eu, error: oom}}", "its shard 1 refuses writes: oom"},
		{"data that does not come", "{lab: {kind: stall, from: us, to: eu, one_way: true}}", "eu is called ready, and lacks what was written in us, which us has"},
		{"data that is lost", "{lab: {kind: cut, from: us, to: eu, one_way: true}}, {lab: {kind: kill, region: eu}}, {lab: {kind: start, region: eu, empty: true}}",
			"eu is called ready, and lacks what was written in us"},
		{"a region that is stale", "{lab: {kind: cut, from: us, to: eu}}, {lab: {kind: cut, from: ap, to: eu}}, {lab: {kind: kill, region: eu}}, {lab: {kind: start, region: eu}}",
			"its shard 1 is stale"},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			s, err := parse("lie", []byte("says: "+row.says+"\ndataset: true\nbefore: ["+row.actions+"]"))
			if err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				if wrong := lies(t, s, folder); (row.blamed == "") != (wrong == "") || !strings.Contains(wrong, row.blamed) {
					t.Errorf("want %q, got:\n%s", row.blamed, wrong)
				}
			})
		})
	}
}

// lies returns what is wrong with calling every region ready after the actions of a scenario.
func lies(t *testing.T, s *scenario, folder string) string {
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{scenario: s, simulated: true, random: rand.New(rand.NewPCG(1, 0)), judge: newJudge(s), background: new(errgroup.Group)}
	var err error
	if r.deployment, err = deploy(ctx, s, new(memnet.Network), process.Binary{}, folder, 1); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = r.background.Wait()
		_ = r.deployment.close()
	}()
	r.judge.truth = newTruth(r.deployment, probe.PolicyOf(sensible), 0)
	r.use(ctx)
	rest(ctx, 3*time.Second)
	if err := r.do(ctx, s.Before); err != nil {
		t.Fatal(err)
	}
	said := new(probe.Snapshot)
	for _, of := range s.Regions {
		said.Regions = append(said.Regions, probe.Region{Name: of.Name, State: probe.RegionAvailable, FailbackReady: probe.ReadyYes})
	}
	var wrong []string
	for range 30 {
		rest(ctx, time.Second)
		wrong = r.judge.truth.contradicts(said)
	}
	return strings.Join(wrong, "\n")
}
