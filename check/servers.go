package check

import (
	"slices"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// which are the servers of a region that a rule is about.
type which struct {
	of   func(Region) []Server
	none string // is said where there are none
}

var (
	allServers = which{func(r Region) []Server { return r.Servers }, "there are no servers"}
	primaries  = which{Region.primaries, "there are no primaries"}
	standbys   = which{Region.standbys, "there are no replicas"}
)

// primaries are the servers that own shards, but of a region that is a replica itself. One that does not say what it is, as a
// file does not, is taken for one.
func (r Region) primaries() []Server { return slices.DeleteFunc(r.owners(), Server.replica) }

// standbys are the replicas: those that say so, and what could not be asked and owns nothing.
func (r Region) standbys() []Server {
	owns := map[string]bool{}
	for _, o := range r.owners() {
		owns[o.Address] = true
	}
	return slices.DeleteFunc(slices.Clone(r.Servers), func(s Server) bool {
		return !s.replica() && (owns[s.Address] || s.Failed == "")
	})
}

func (s Server) replica() bool { return is(s.Vitals.Replication.Role, vitals.Replica) }

// judgeServer is what a rule says of one server, without a subject: NotApplicable where it has nothing to look at there.
type judgeServer func(Target, Region, Server) Finding

// ofServers makes a rule's Judge of what it says of each server by itself.
func ofServers(of which, judge judgeServer) func(*Facts, Target) []Finding {
	return func(f *Facts, t Target) []Finding {
		if len(f.Files) > 0 && !slices.ContainsFunc(f.Regions, func(r Region) bool { return len(r.Servers) > 0 }) {
			return notApplicable("there is no redis.conf to look at")
		}
		found := eachServer(f, of.of, func(r Region, s Server) []Finding {
			if r.enterprise() && !s.Vitals.Enterprise.Known() {
				s.Vitals.Enterprise = vitals.FieldOf("") // old ones do not say so, and have a REST API
			}
			what := judge(t, r, s)
			if f.Lab && what.Outcome == Untold {
				what = nothing("the lab's own servers have no such thing")
			}
			return []Finding{what}
		})
		if len(found) == 0 {
			return notApplicable(of.none)
		}
		return applicable(found)
	}
}

// ofRegions makes a rule's Judge of what it says of each region that could be asked.
func ofRegions(judge func(*Facts, Target, Region) []Finding) func(*Facts, Target) []Finding {
	return func(f *Facts, t Target) []Finding {
		var found []Finding
		for _, r := range f.Regions {
			if unasked, ok := r.unasked(f); ok {
				found = append(found, unasked)
				continue
			}
			found = append(found, judge(f, t, r)...)
		}
		return applicable(found)
	}
}

// running makes a Judge that says nothing of files, which do not tell what only a running server does.
func running(judge func(*Facts, Target) []Finding) func(*Facts, Target) []Finding {
	return func(f *Facts, t Target) []Finding {
		if len(f.Files) > 0 {
			return notApplicable("a file does not tell: only a running server does")
		}
		return judge(f, t)
	}
}

// outsideLab makes a Judge that says nothing of a lab, and why.
func outsideLab(because string, judge func(*Facts, Target) []Finding) func(*Facts, Target) []Finding {
	return func(f *Facts, t Target) []Finding {
		if f.Lab {
			return notApplicable(because)
		}
		return judge(f, t)
	}
}

// replicated makes a Judge that says nothing of a lab, whose shards have no replicas and hold no elections.
func replicated(judge func(*Facts, Target) []Finding) func(*Facts, Target) []Finding {
	return outsideLab("the shards of a lab have no replicas", judge)
}

// unasked is what every rule says of a region that told nothing.
func (r Region) unasked(f *Facts) (Finding, bool) {
	switch {
	case r.Unreachable == "" && (len(r.Servers)+len(r.Sentinels) > 0 || r.Cluster.Known()):
		return Finding{}, false
	case len(f.Files) > 0:
		return nothing("there is no file of it"), true
	}
	return silent(r), true
}

// subjectOf names servers of the region in a finding: the region alone where it is all of them, and more than one.
func (r Region) subjectOf(servers []Server) string {
	switch {
	case len(servers) == 1:
		return servers[0].subject(r)
	case len(servers) == len(r.Servers):
		return r.subject()
	}
	var addresses []string
	for _, s := range servers {
		addresses = append(addresses, s.Address)
	}
	return r.of(words.Enumerate(addresses))
}

// applicable leaves out what does not apply, unless nothing does: then it is the first that says why.
func applicable(found []Finding) []Finding {
	none := func(f Finding) bool { return f.Outcome == NotApplicable }
	if len(found) > 0 && !slices.ContainsFunc(found, func(f Finding) bool { return !none(f) }) {
		return []Finding{nothing("%s", found[0].Text)}
	}
	return slices.DeleteFunc(found, none)
}
