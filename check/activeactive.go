package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// The documents that the rules cite.
const (
	sourceFailover = "Redis Enterprise, Active-Active region application failover"
	sourceManage   = "Redis Software, Manage Active-Active databases (https://redis.io/docs/latest/operate/rs/databases/active-active/manage/)"
	sourceCreate   = "Redis Enterprise, Considerations for Active-Active databases"
)

// activeActiveRules are about the regions beside each other.
func activeActiveRules() []Rule {
	return []Rule{
		{
			ID: "reachable", Title: "every region can be reached from here", Group: ActiveActive, Severity: Failure, Source: sourceFailover,
			Why:   "to fail over is to connect to another region: one that cannot be reached from where the application runs is none to fail over to",
			Fix:   "open the way from the application's hosts to the endpoint: routes, firewalls, names, certificates, the user's password",
			Judge: reachable,
		},
		{
			ID: "same-version", Title: "all servers run the same version", Group: ActiveActive, Severity: Failure, Source: sourceCreate,
			Why:   "all clusters of an Active-Active database must run the same version; an application that fails over to an older one meets commands that it lacks",
			Fix:   "upgrade the regions that are behind, one after the other",
			Judge: sameVersion,
		},
		{
			ID: "outage-in-backlog", Title: "the backlog holds what is written while a region is away", Group: ActiveActive, Severity: Failure, Source: sourceManage,
			Why:   "a region that comes back gets what it missed from the backlog; where that no longer reaches back all data is copied between the regions, and the messages published meanwhile are lost",
			Fix:   "make the backlog as large as what is written in the longest outage that should cost no full copy",
			Judge: among(2, outageInBacklog),
		},
	}
}

func reachable(f *Facts, _ Target) []Finding {
	var found []Finding
	for _, r := range f.Regions {
		if r.Unreachable != "" {
			found = append(found, broken(r.subject(), "", "%s", words.Said(r.Unreachable)))
			continue
		}
		found = append(found, pass(r.subject(), "it answers"))
	}
	return found
}

func sameVersion(f *Facts, _ Target) []Finding {
	where := map[string][]string{} // version -> subjects
	var found []Finding
	asked := 0
	for _, r := range f.Regions {
		for _, s := range r.Servers {
			asked++
			if !s.Vitals.Version.Known() {
				found = append(found, untold(s.subject(r), "it does not tell its version"))
				continue
			}
			v := s.Vitals.Version.Value
			where[v] = append(where[v], s.subject(r))
		}
	}
	switch {
	case len(where) == 1 && len(found) == 0 && asked == 1:
		return notApplicable("there is one server")
	case len(where) == 1:
		for v, subjects := range where {
			found = append(found, pass("", "%s: %s", v, words.Count(len(subjects), "server")))
		}
	case len(where) > 1:
		var each []string
		for v, subjects := range where {
			each = append(each, fmt.Sprintf("%s: %s", v, words.Enumerate(subjects)))
		}
		slices.Sort(each)
		found = append(found, broken("", "", "there are several: %s", strings.Join(each, "; ")))
	}
	return found
}
