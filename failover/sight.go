package failover

import (
	"slices"
	"strings"

	"github.com/aafailover/aafailover/probe"
)

// sight is what is seen of the region that the application is in.
type sight struct {
	unusable bool // the policy is to leave it
	// choice says that leaving is not forced: the region can be written to.
	choice bool
	alert  bool   // the policy is to stay, and to tell somebody
	why    string // why it is to be left, or what is known of a region that is no reason
	doubt  Doubt
}

// examine tells what is seen of the active region.
func examine(p Policy, s *probe.Snapshot, r *probe.Region) sight {
	seen := broken(p, s, r)
	if seen.unusable {
		return seen
	}
	why, silent := alone(s, r.Name)
	switch {
	case !silent:
	case p.OnReplicationFailure == Move:
		return sight{unusable: true, choice: true, why: why}
	case p.OnReplicationFailure == Raise:
		if seen.alert {
			why = seen.why + "; " + why
		}
		seen.alert, seen.why = true, why
	}
	return seen
}

// broken tells whether a region cannot be written to, some of the application's
// keys being enough, and the policy is to leave it for that.
func broken(p Policy, s *probe.Snapshot, r *probe.Region) sight {
	faults := faultsOf(p, s, r)
	if len(faults) == 0 {
		return sight{why: usable(r)}
	}
	worst := slices.MaxFunc(faults, func(a, b fault) int { return a.reaction.does() - b.reaction.does() }).reaction
	faults = slices.DeleteFunc(faults, func(f fault) bool { return f.reaction != worst })
	seen := sight{unusable: worst == Move, alert: worst == Raise, why: inWords(r, faults), doubt: doubtOf(faults)}
	if _, said := p.React[faults[0].cause]; said && worst != Move {
		seen.why += "; the policy is to stay"
	}
	return seen
}

// fault is one thing for which a region cannot be written to.
type fault struct {
	what     string // is wrong: isDown, refuses, or answersOthers
	shard    int    // index; wholeRegion where it is not of one shard
	cause    probe.Cause
	reaction Reaction
	setting  string // of the observer that may be all that is wrong, in words; "" for none
}

const (
	isDown        = "is down"
	refuses       = "refuses writes"
	answersOthers = "answers other observers, but not this one"
	wholeRegion   = -1
)

// faultsOf returns what is wrong with a region.
func faultsOf(p Policy, s *probe.Snapshot, r *probe.Region) []fault {
	worked := hasWorked(s, r.Name)
	made := func(what string, shard int, c probe.Cause) fault {
		return fault{what, shard, c, p.Reaction(c, worked), ownSetting(s, r, c)}
	}
	if r.State == probe.RegionDown && r.Cause == probe.Partitioned {
		return []fault{made(answersOthers, wholeRegion, r.Cause)}
	}
	var faults []fault
	refusing := false
	for i, h := range shardsOf(r) {
		switch {
		case h.State == probe.RegionDown:
			faults = append(faults, made(isDown, i, h.Cause))
		case refusesWrites(h.Cause):
			faults, refusing = append(faults, made(refuses, i, h.Cause)), true
		}
	}
	if !refusing && refusesOurWrites(r) {
		faults = append(faults, made(refuses, wholeRegion, r.WritesCause))
	}
	return faults
}

// inWords says what is wrong with a region: faults that are met with one reaction.
func inWords(r *probe.Region, faults []fault) string {
	var reasons []string
	for _, what := range []string{isDown, refuses} {
		var shards []int
		for _, f := range faults {
			if f.what == what && f.shard != wholeRegion {
				shards = append(shards, f.shard)
			}
		}
		if len(shards) > 0 {
			reasons = append(reasons, onShards(r, what, shards))
		}
	}
	for _, f := range faults {
		switch {
		case f.what == answersOthers:
			reasons = append(reasons, r.Name+" "+answersOthers)
		case f.shard == wholeRegion && f.setting != "":
			reasons = append(reasons, refusal(r, " of this user"))
		case f.shard == wholeRegion:
			reasons = append(reasons, refusal(r, ""))
		}
	}
	if setting := faults[0].setting; doubtOf(faults) == OwnSettings {
		reasons = append(reasons, setting)
	}
	return strings.Join(reasons, "; ")
}

// doubtOf returns the doubt about a failure, which there is only when all of it is
// in doubt.
func doubtOf(faults []fault) Doubt {
	switch {
	case faults[0].what == answersOthers:
		return OnlyFromHere
	case !slices.ContainsFunc(faults, func(f fault) bool { return f.setting == "" }):
		return OwnSettings
	}
	return NoDoubt
}

// shardsOf returns the shards of a region, of which there is one in all respects
// like the region when none is told of.
func shardsOf(r *probe.Region) []probe.Shard {
	if len(r.Shards) > 0 {
		return r.Shards
	}
	return []probe.Shard{{State: r.State, Cause: r.Cause, Detail: r.Detail}}
}

// refusesWrites tells whether a server that answers for this cause executes no
// write.
func refusesWrites(c probe.Cause) bool {
	switch c {
	case probe.ReadOnly, probe.OutOfMemory, probe.NoReplicas, probe.MasterDown, probe.ClusterDown, probe.Loading:
		return true
	}
	return false
}

// refusesOurWrites tells whether the last write that the observer tried was
// refused. Of a region that does not answer any more that is no news.
func refusesOurWrites(r *probe.Region) bool {
	return r.Writes == probe.WritesRefused && (r.State == probe.RegionAvailable || r.State == probe.RegionImpaired)
}

// provenToRefuse tells whether a region refuses everybody's writes, by a write
// that was tried.
func provenToRefuse(s *probe.Snapshot, r *probe.Region) bool {
	return refusesOurWrites(r) && ownSetting(s, r, r.WritesCause) == ""
}

// refusal says that a write that was tried was refused, and why. Whose is "" when
// anybody's would be.
func refusal(r *probe.Region, whose string) string {
	return r.Name + " refuses writes" + whose + because(r.WritesCause, "")
}

// alone tells whether a link from a region carries nothing, and which.
func alone(s *probe.Snapshot, region string) (why string, silent bool) {
	for i := range s.Links {
		if l := &s.Links[i]; l.From == region && !l.Loop() && l.State.Silent() {
			return "replication " + l.From + "->" + l.To + " is " + string(l.State), true
		}
	}
	return "", false
}

// usable says of a region that is not left what is known of it.
func usable(r *probe.Region) string {
	switch r.State {
	case probe.RegionAvailable:
		return r.Name + " is usable"
	case probe.RegionImpaired:
		return r.Name + " is impaired, which is no reason to leave it" + because(r.Cause, r.Detail)
	}
	return "what " + r.Name + " does is not known, which is no reason to leave it"
}
