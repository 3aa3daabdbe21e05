package check

import (
	"fmt"

	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/vitals"
)

func apiVersion(f *Facts, _ Target) []Finding {
	regions, found := managedRegions(f)
	versions, features := tally{}, tally{}
	for _, r := range regions {
		version := r.database.Version
		if !version.Known() {
			version = r.database.RedisVersion
		}
		if version.Known() {
			versions.count(version.Value, r.Name)
		} else {
			found = append(found, untold(r.subject(), "its REST API does not tell the version of its database"))
		}
		if a := r.Management.ActiveActive; a.Known() && a.Value.Featureset.Known() {
			features.count(fmt.Sprintf("featureset %d", a.Value.Featureset.Value), r.Name)
		}
	}
	return append(found, alike(versions, features)...)
}

// alike is the findings about values that should be the same in all regions.
func alike(tallies ...tally) []Finding {
	var found []Finding
	for _, t := range tallies {
		switch {
		case len(t) > 1:
			found = append(found, broken("", "", "they differ: %s", t))
		case len(t.subjects()) > 1:
			found = append(found, pass("", "%s", t))
		case len(t) == 1:
			found = append(found, untold("", "%s, and there is no other region that tells", t))
		}
	}
	return found
}

func apiModules(f *Facts, _ Target) []Finding {
	regions, found := managedRegions(f)
	var have inventory
	for _, r := range regions {
		if !r.database.Modules.Known() {
			found = append(found, untold(r.subject(), "its REST API does not tell the modules of its database"))
			continue
		}
		has := holder{region: r.Name}
		have.take(has)
		for _, m := range r.database.Modules.Value {
			have.add(m.Name, m.Version, has)
		}
	}
	if len(have.asked) < 2 {
		return found
	}
	names := have.names()
	if len(names) == 0 {
		return append(found, pass("", "no region has modules"))
	}
	for _, name := range names {
		switch missing := have.missing(name); {
		case missing != "":
			found = append(found, broken("", "", "%s is not in %s", name, missing))
		case len(have.versions[name]) > 1:
			found = append(found, warned("", "", "%s differs: %s", name, have.versions[name]))
		default:
			found = append(found, pass("", "%s is the same everywhere", name))
		}
	}
	return found
}

func apiTLS(_ *Facts, _ Region, d enterprise.Database, _ Target) []Finding {
	switch mode := d.TLS; {
	case mode.Standing == vitals.Unknown:
		return []Finding{untold("", "its REST API does not tell whether its database takes TLS")}
	case mode.Value == "enabled":
		return []Finding{pass("", "its database takes TLS only")}
	case mode.Value == "replica_ssl":
		return []Finding{warned("", "", "its database takes TLS between the regions only: clients speak to it in plain text")}
	default:
		return []Finding{warned("", "", "its database takes plain text: TLS is %s", mode.Value)}
	}
}
