package check

import (
	"slices"

	"github.com/aafailover/aafailover/vitals"
)

// subject is a region in a finding.
func (r Region) subject() string { return r.Name }

// subject is a server in a finding.
func (s Server) subject(r Region) string { return r.of(s.Address) }

// of is something within the region, which has no name where a file is all that is known of it.
func (r Region) of(what string) string {
	if r.Name == "" {
		return what
	}
	return r.Name + " (" + what + ")"
}

// owners are the servers that own the shards of a region: of each shard the first of Servers.
func (r Region) owners() []Server {
	var owners []Server
	seen := map[int]bool{}
	for _, s := range r.Servers {
		if !seen[s.Shard] {
			owners = append(owners, s)
		}
		seen[s.Shard] = true
	}
	return owners
}

// enterprise tells whether a region is known to be of Redis Enterprise. What its servers say of their persistence, their
// backlog and their memory is then not what the database has.
func (r Region) enterprise() bool {
	return r.Management != nil || slices.ContainsFunc(r.Servers, func(s Server) bool { return s.Vitals.Enterprise.Known() })
}

// eachOwner judges the servers that own the shards, by findings without a subject. Those that are the same of several
// servers of a region become one. Regions and servers that could not be asked are Untold: what keeps them
// is what the rule "reachable" is about.
func eachOwner(f *Facts, judge func(Region, Server) []Finding) []Finding {
	return eachServer(f, Region.owners, judge)
}

// eachServer judges those servers of the regions that pick returns, as eachOwner does.
func eachServer(f *Facts, pick func(Region) []Server, judge func(Region, Server) []Finding) []Finding {
	var found []Finding
	for _, r := range f.Regions {
		if r.Unreachable != "" || len(r.Servers) == 0 {
			found = append(found, silent(r))
			continue
		}
		var each []Finding
		about := map[Finding][]Server{} // the servers of each
		for _, s := range pick(r) {
			judged := []Finding{untold("", "it could not be asked: %s", s.Failed)}
			if s.Failed == "" {
				judged = judge(r, s)
			}
			for _, j := range judged {
				if len(about[j]) == 0 {
					each = append(each, j)
				}
				about[j] = append(about[j], s)
			}
		}
		for _, e := range each {
			e.Subject = r.subjectOf(about[e])
			found = append(found, e)
		}
	}
	return found
}

// silent is the finding about a region of which nothing is known.
func silent(r Region) Finding {
	if r.Unreachable != "" {
		return untold(r.subject(), "it cannot be reached")
	}
	return untold(r.subject(), "no server of it is known")
}

// unknown is the finding about something that was not told, and why it was not.
func unknown(subject string, why vitals.Standing, what string) Finding {
	if why == vitals.NotAllowed {
		return finding(Untold, subject, "grant it: aafailover acl check prints the rule", "its user may not ask for %s", what)
	}
	return untold(subject, "it does not tell %s", what)
}

// lacking is the finding about something that a server did not tell, which the lab's own engine does not have.
func (f *Facts) lacking(s Server, what string, why vitals.Standing) Finding {
	if f.Lab && why == vitals.Unknown {
		return finding(NotApplicable, "", "", "the lab's own engine does not have that")
	}
	return s.notTold(what, why)
}

// among has a rule asked only where there are so many regions: with fewer, or of files, it has nothing to look at.
func among(least int, judge func(*Facts, Target) []Finding) func(*Facts, Target) []Finding {
	return func(f *Facts, t Target) []Finding {
		switch n := len(f.Regions); {
		case len(f.Files) > 0:
			return notApplicable("a file tells nothing of regions")
		case n >= least:
			return judge(f, t)
		case n == 0:
			return notApplicable("no region is looked at")
		}
		return notApplicable("there is one region, and nothing to compare it with")
	}
}
