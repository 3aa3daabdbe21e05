package check

import (
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// The most regions that an Active-Active database may have: five by the documents of older releases, ten by those of newer
// ones, which send those who need more to Redis support.
const (
	mostRegionsOnce = 5
	mostRegions     = 10
)

func regionCount(f *Facts, _ Target) []Finding {
	switch n := len(f.Regions); {
	case n <= mostRegionsOnce:
		return []Finding{pass("", "%d regions", n)}
	case n <= mostRegions:
		return []Finding{warned("", "", "%d regions: older releases of Redis Enterprise allow %d, newer ones %d", n, mostRegionsOnce, mostRegions)}
	default:
		return []Finding{broken("", "", "%d regions: an Active-Active database has %d at the most", n, mostRegions)}
	}
}

// sameVersion is about all servers, replicas too: one that is promoted is what the application meets. Between releases
// that differ in the third number only, no command differs.
func sameVersion(f *Facts, _ Target) []Finding {
	exact, series := holdings{}, holdings{}
	servers := 0
	found := eachServer(f, func(r Region) []Server { return r.Servers }, func(r Region, s Server) []Finding {
		v := s.Vitals.Version
		if !v.Known() {
			return []Finding{s.notTold("its version", v.Standing)}
		}
		servers++
		version := strings.TrimSpace(s.Vitals.Name.Value + " " + v.Value)
		line := seriesOf(version)
		if e := s.Vitals.Enterprise; e.Known() {
			release, _, _ := strings.Cut(e.Value, "-") // the build follows
			version, line = version+" of Redis Enterprise "+e.Value, line+" of Redis Enterprise "+release
		}
		exact.count(version, s.holder(r))
		series.count(line, s.holder(r))
		return nil
	})
	switch {
	case len(series) > 1:
		return append(found, broken("", "", "there are several: %s", exact))
	case len(exact) > 1:
		return append(found, warned("", "", "they differ in the last number: %s", exact))
	case servers == 1 && len(found) == 0:
		return notApplicable("there is one server")
	}
	for version := range exact {
		found = append(found, pass("", "%s: %s", version, words.Count(servers, "server")))
	}
	return found
}

// seriesOf is the version without its third number: "redis 7.0" of "redis 7.0.15".
func seriesOf(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(len(parts), 2)], ".")
}

// distinctRegions is about regions that are one server under two names, so that they fail together.
func distinctRegions(f *Facts, _ Target) []Finding {
	var found []Finding
	for i, r := range f.Regions {
		for _, other := range f.Regions[:i] {
			if shared := sharedServer(other, r); shared != "" {
				found = append(found, broken(other.Name+" and "+r.Name, "", "they lead to one server: both have %s", shared))
			}
		}
	}
	servers := 0
	found = append(found, eachOwner(f, func(_ Region, s Server) []Finding {
		servers++
		if s.Vitals.RunID.Known() {
			return nil
		}
		return []Finding{s.notTold("the id of its run", s.Vitals.RunID.Standing)}
	})...)
	if len(found) == 0 {
		return []Finding{pass("", "%s, each with a run id of its own", words.Count(servers, "server"))}
	}
	return found
}

// sharedServer is what two regions have in common that only one server has: the id of its run or, where that is not told,
// its address. Two clusters behind translated addresses may announce the same.
func sharedServer(a, b Region) string {
	runs, told := map[string]bool{}, map[string]bool{} // ids, and addresses with whether their servers tell it
	for _, s := range a.owners() {
		id := s.Vitals.RunID
		runs[id.Value] = runs[id.Value] || id.Known()
		told[s.Address] = id.Known()
	}
	for _, s := range b.owners() {
		id := s.Vitals.RunID
		if id.Known() && runs[id.Value] {
			return "the run id " + id.Value
		}
		if other, same := told[s.Address]; same && (!other || !id.Known()) {
			return "the address " + s.Address
		}
	}
	return ""
}

// notReplicaOf is about regions that are a replica of something: an application that fails over there cannot write, and
// what it writes elsewhere is all that such a region ever has.
func notReplicaOf(f *Facts, _ Target) []Finding {
	return eachOwner(f, func(r Region, s Server) []Finding {
		role := s.Vitals.Replication.Role
		switch {
		case !role.Known():
			return []Finding{s.notTold("whether it is a replica", role.Standing)}
		case role.Value == vitals.Replica:
			return []Finding{broken("", "", "it is a replica%s: it refuses writes, and nothing goes from it to other regions", primaryOf(f, r, s))}
		case r.enterprise() && r.Management == nil:
			return []Finding{pass("", "it is a primary; whether it is the target of a Replica Of only the REST API tells")}
		}
		return []Finding{pass("", "it is a primary")}
	})
}

// primaryOf is " of us (10.0.0.1:6379)": the region that a replica gets its data from, by the history of the data or by
// the address, or else the address alone.
func primaryOf(f *Facts, of Region, replica Server) string {
	rep := replica.Vitals.Replication
	for _, r := range f.Regions {
		for _, s := range r.owners() {
			p := s.Vitals.Replication
			if r.Name != of.Name && p.Role.Value == vitals.Primary && (p.ID.Known() && p.ID == rep.ID || rep.PrimaryAddress.Known() && rep.PrimaryAddress.Value == s.Address) {
				return " of " + s.subject(r)
			}
		}
	}
	if rep.PrimaryAddress.Known() {
		return " of " + rep.PrimaryAddress.Value
	}
	return ""
}
