package failover

import (
	"strings"

	"github.com/aafailover/aafailover/probe"
)

// sight is what is seen of a region, as far as it matters to who writes there.
type sight struct {
	unusable bool   // the application should not be there
	why      string // why it should not, or what is known of a region that is no reason
	doubt    Doubt
}

// examine tells what is seen of the active region.
func examine(p Policy, s *probe.Snapshot, r *probe.Region) sight {
	seen := broken(s, r)
	if !seen.unusable && p.OnReplicationFailure == Move {
		if why, silent := alone(s, r.Name); silent {
			return sight{unusable: true, why: why}
		}
	}
	return seen
}

// broken tells whether a region cannot be written to: some of the application's
// keys are enough.
func broken(s *probe.Snapshot, r *probe.Region) sight {
	if r.State == probe.RegionDown && r.Cause == probe.Partitioned {
		return sight{unusable: true, why: r.Name + " answers other observers, but not this one", doubt: OnlyFromHere}
	}
	setting := "" // that is most likely to blame for what is counted among ours
	var down, refusing, ours []int
	shards := shardsOf(r)
	for i := range shards {
		h := &shards[i]
		own := ""
		if h.State == probe.RegionDown {
			own = ownSetting(s, r, h.Cause)
		}
		switch {
		case own != "":
			ours = append(ours, i)
			if setting == "" {
				setting = own
			}
		case h.State == probe.RegionDown:
			down = append(down, i)
		case refusesWrites(h.Cause):
			refusing = append(refusing, i)
		}
	}
	var reasons []string
	if len(down) > 0 {
		reasons = append(reasons, onShards(r, "is down", down))
	}
	switch {
	case len(refusing) > 0:
		reasons = append(reasons, onShards(r, "refuses writes", refusing))
	case provenToRefuse(s, r):
		reasons = append(reasons, refusal(r, ""))
	}
	if len(reasons) > 0 {
		return sight{unusable: true, why: strings.Join(reasons, "; ")}
	}
	switch {
	case len(ours) > 0:
		return sight{why: onShards(r, "is down", ours) + "; " + setting, doubt: OwnSettings}
	case refusesOurWrites(r):
		return sight{why: refusal(r, " of this user") + "; " + ownSetting(s, r, r.WritesCause), doubt: OwnSettings}
	}
	return sight{why: usable(r)}
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
