package check

import (
	"cmp"
	"slices"

	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/internal/words"
)

func apiAnswers(f *Facts, _ Target) []Finding {
	if none := noAPI(f); none != nil {
		return none
	}
	var found []Finding
	for _, r := range f.Regions {
		m := r.Management
		if m == nil {
			found = append(found, finding(NotApplicable, r.subject(), "", "no REST API of it is configured"))
			continue
		}
		subject := r.Name + " (" + m.Address + ")"
		switch {
		case m.Unreachable != "":
			found = append(found, finding(Untold, subject, m.Advice, "%s; that says nothing of the database", m.Unreachable))
		case m.Insecure:
			found = append(found, warned(subject, "give its CA or the fingerprint of its key below tls: of api:, instead of switching the check off",
				"it answers, and nothing checks who does: whoever is in between was shown the password of the cluster's user"))
		default:
			found = append(found, pass(subject, "it answers"))
		}
	}
	return found
}

// availableStatuses are those of a database that serves, by
// https://redis.io/docs/latest/operate/rs/monitoring/db-availability.
var availableStatuses = []string{"active", "active-change-pending", "import-pending", "pending"}

func apiDatabase(f *Facts, _ Target) []Finding {
	if none := noAPI(f); none != nil {
		return none
	}
	var found []Finding
	for _, r := range f.Regions {
		m := r.Management
		if m != nil && m.Unreachable == "" && !m.Database.Known() {
			found = append(found, finding(Untold, r.subject(), "give the REST API of the cluster that the database is in; behind a load balancer or an address translation it cannot be told by its endpoint", "%s", cmp.Or(m.Missing, "the database is not found there")))
			continue
		}
		d, instead := r.database()
		if instead != nil {
			found = append(found, instead...)
			continue
		}
		what := "it is database " + d.UID
		if d.Name.Known() {
			what += " (" + d.Name.Value + ")"
		}
		switch s := d.Status; {
		case !s.Known():
			found = append(found, untold(r.subject(), "%s, whose status is not told", what))
		case s.Value == "active":
			found = append(found, pass(r.subject(), "%s, which is active", what))
		case slices.Contains(availableStatuses, s.Value):
			found = append(found, warned(r.subject(), "wait until what is under way is done, and check again", "%s, which serves, and is %s", what, s.Value))
		default:
			found = append(found, broken(r.subject(), "", "%s, which is %s", what, s.Value))
		}
	}
	return found
}

// apiSameDatabase compares the GUID, which all regions of an Active-Active database have in common.
func apiSameDatabase(f *Facts, _ Target) []Finding {
	regions, found := managedRegions(f)
	same := tally{}
	for _, r := range regions {
		switch crdt, guid := r.database.ActiveActive, r.database.GUID; {
		case is(crdt, false) && len(f.Regions) > 1:
			found = append(found, broken(r.subject(), "", "its database is not Active-Active: what is written there goes to no other region"))
		case is(crdt, false):
			found = append(found, nothing("its database is not Active-Active, and it is the only region"))
		case !crdt.Known() || !guid.Known() || guid.Value == "":
			found = append(found, untold(r.subject(), "its REST API does not tell which Active-Active database it is of"))
		default:
			same.count(guid.Value, r.Name)
		}
	}
	switch all := same.subjects(); {
	case len(same) > 1:
		found = append(found, broken("", "", "they are of different Active-Active databases: %s", same))
	case len(all) > 0:
		found = append(found, pass("", "%s", same))
	}
	return found
}

func apiNotReplicaOf(_ *Facts, _ Region, d enterprise.Database, _ Target) []Finding {
	switch s := d.ReplicaOf; {
	case !s.Known():
		return []Finding{untold("", "its REST API does not tell whether it follows another database")}
	case s.Value == "disabled":
		return []Finding{pass("", "it follows no other database")}
	default:
		return []Finding{broken("", "", "it is the target of a Replica Of, which is %s", s.Value)}
	}
}

// listed is "us", "us and eu", or "nothing".
func listed(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return words.Enumerate(names)
}
