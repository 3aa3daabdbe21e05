package check

import (
	"slices"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// which are the servers that a rule is about.
type which func(Server) bool

func anyServer(Server) bool { return true }

// aPrimary takes a server that does not say what it is for one: of a file, and where INFO is not allowed, nobody says.
func aPrimary(s Server) bool { return !aReplica(s) }
func aReplica(s Server) bool { return is(s.Vitals.Replication.Role, vitals.Replica) }

// judgeServer is what a rule says of one server, without a subject: NotApplicable where it has nothing to look at there.
type judgeServer func(Target, Region, Server) Finding

// ofServers makes a rule's Judge of what it says of each server by itself. Those of a region of which it says the same are
// told in one finding.
func ofServers(of which, judge judgeServer) func(*Facts, Target) []Finding {
	return func(f *Facts, t Target) []Finding {
		var found []Finding
		for _, r := range f.Regions {
			found = append(found, judgeRegion(f, t, r, of, judge)...)
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

// replicated makes a Judge that says nothing of a lab, whose shards have no replicas and who holds no elections.
func replicated(judge func(*Facts, Target) []Finding) func(*Facts, Target) []Finding {
	return func(f *Facts, t Target) []Finding {
		if f.Lab {
			return notApplicable("the shards of a lab have no replicas")
		}
		return judge(f, t)
	}
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

func judgeRegion(f *Facts, t Target, r Region, of which, judge judgeServer) []Finding {
	if unasked, ok := r.unasked(f); ok {
		return []Finding{unasked}
	}
	if len(r.Servers) == 0 {
		if len(f.Files) > 0 {
			return notApplicable("there is no redis.conf to look at")
		}
		return []Finding{silent(r)}
	}
	var found []Finding
	said := map[Finding][]Server{}
	for _, s := range r.Servers {
		switch {
		case !of(s):
			continue
		case s.Failed != "":
			found = append(found, untold(s.subject(r), "it could not be asked: %s", s.Failed))
			continue
		}
		what := judge(t, r, s)
		if said[what] == nil {
			found = append(found, what)
		}
		said[what] = append(said[what], s)
	}
	for i, what := range found {
		if of := said[what]; of != nil {
			found[i].Subject = r.subjectOf(of)
		}
	}
	return found
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
	return r.Name + " (" + words.Enumerate(addresses) + ")"
}

// applicable leaves out what does not apply, unless nothing does: then it is the first that says why.
func applicable(found []Finding) []Finding {
	none := func(f Finding) bool { return f.Outcome == NotApplicable }
	if len(found) > 0 && !slices.ContainsFunc(found, func(f Finding) bool { return !none(f) }) {
		return []Finding{nothing("%s", found[0].Text)}
	}
	return slices.DeleteFunc(found, none)
}
