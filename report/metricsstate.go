package report

import (
	"time"

	"github.com/aafailover/aafailover/probe"
)

// What is served of the probe itself and of the regions.
var (
	buildInfo    = gauge("build_info", "1, with what this program was built from.", "version", "commit")
	observerInfo = gauge("observer_info", "1, with whether the deployment is a lab or was given.", "deployment")
	events       = counter("events", "Changes that were told, by kind.", "kind")

	verdictState    = gauge("verdict", "1 for the verdict that holds, 0 for each other one.", "verdict")
	verdictSince    = gauge("verdict_since_timestamp_seconds", "Since when the verdict holds.")
	findings        = gauge("findings", "Findings, by what they are about and how bad they are.", "kind", "severity")
	coverageProven  = gauge("coverage_proven", "1 when the sharding of every region is known, so that every shard is provably tried.")
	shardingEqual   = gauge("sharding_equal", "1 when all regions are known to be sharded equally.")
	settled         = gauge("settled", "1 when all that can become known by waiting is known.")
	startTime       = gauge("start_timestamp_seconds", "When the probe began.")
	snapshotTime    = gauge("snapshot_timestamp_seconds", "Of when all of this is.")
	interval        = gauge("interval_seconds", "The time between two messages of a channel.")
	observerPaused  = gauge("observer_paused", "1 when this process was not running, or could not keep up, until a moment ago.")
	observerDropped = counter("observer_dropped", "Observations that came faster than they could be taken in: what they were about is without evidence.")

	regionInfo     = gauge("region_info", "1, with whether the region is the local one, which applications prefer.", "region", "role")
	regionState    = gauge("region_state", "1 for the state that a region is in, 0 for each other one.", "region", "state")
	regionCause    = gauge("region_cause", "1, with why the region is not available; not there when it is.", "region", "cause")
	regionWrites   = gauge("region_writes", "1 for what is known of writes to a region, 0 for each other answer.", "region", "writes")
	failbackReady  = gauge("region_failback_ready", "1 for the answer to whether the region is safe to return to, 0 for each other one.", "region", "answer")
	failbackLacks  = gauge("region_failback_missing", "How many things are missing until the region is safe to return to.", "region")
	regionShards   = gauge("region_shards", "Shards of a region, by their state.", "region", "state")
	regionAnswered = gauge("region_last_answer_timestamp_seconds", "When the shard that has not answered for longest last did; not there when one never did.", "region")
)

// oneHot sends a metric for each value that there is, 1 for the one that holds.
func oneHot[S ~string](to series, f *family, holds S, all []S, labels ...string) {
	for _, value := range all {
		to.truth(f, value == holds, append(append([]string(nil), labels...), string(value))...)
	}
}

// moment sends a moment, and nothing for one that never was.
func (s series) moment(f *family, at time.Time, labels ...string) {
	if !at.IsZero() {
		s.put(f, float64(at.UnixMicro())/1e6, labels...)
	}
}

// verdict sends what is known of the whole.
func (s series) verdict(snap *probe.Snapshot) {
	oneHot(s, verdictState, snap.Verdict, probe.Verdicts())
	s.moment(verdictSince, snap.Since)
	s.truth(coverageProven, snap.Coverage)
	s.truth(shardingEqual, snap.Symmetric && snap.Coverage)
	s.truth(settled, snap.Settled)
	type about struct {
		kind     probe.FindingKind
		severity probe.Severity
	}
	count := map[about]uint64{}
	for _, f := range snap.Findings {
		count[about{f.Kind, f.Severity}]++
	}
	for _, kind := range probe.FindingKinds() {
		for _, severity := range []probe.Severity{probe.Failure, probe.Warning} {
			s.count(findings, count[about{kind, severity}], string(kind), string(severity))
		}
	}
}

// observer sends how the probe itself is.
func (s series) observer(snap *probe.Snapshot) {
	s.moment(startTime, snap.Started)
	s.moment(snapshotTime, snap.At)
	s.put(interval, snap.Policy.Interval.Seconds())
	s.truth(observerPaused, snap.Paused)
	s.count(observerDropped, snap.Dropped)
}

// region sends what is known of a region.
func (s series) region(r *probe.Region, local bool) {
	role := "remote"
	if local {
		role = "local"
	}
	s.put(regionInfo, 1, r.Name, role)
	oneHot(s, regionState, r.State, probe.RegionStates(), r.Name)
	if r.State != probe.RegionAvailable && r.Cause != probe.NoCause {
		s.put(regionCause, 1, r.Name, r.Cause.String())
	}
	oneHot(s, regionWrites, r.Writes, []probe.Writes{probe.WritesProven, probe.WritesRefused, probe.WritesUnproven}, r.Name)
	oneHot(s, failbackReady, r.FailbackReady, []probe.Readiness{probe.ReadyYes, probe.ReadyNo, probe.ReadyUnproven}, r.Name)
	s.count(failbackLacks, uint64(len(r.FailbackMissing)), r.Name)
	count := map[probe.RegionState]uint64{}
	var answered time.Time
	for i := range r.Shards {
		count[r.Shards[i].State]++
		if at := r.Shards[i].LastAnswer; i == 0 || at.Before(answered) {
			answered = at
		}
	}
	for _, state := range probe.RegionStates() {
		s.count(regionShards, count[state], r.Name, string(state))
	}
	s.moment(regionAnswered, answered, r.Name)
}
