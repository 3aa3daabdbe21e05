package check

import (
	"cmp"
	"slices"
)

// reachable is about every region, and about every server that owns a shard of one: an endpoint that can be reached may
// announce shards that cannot, and one that is loading answers those who look at it and nobody else.
func reachable(f *Facts, _ Target) []Finding {
	var found []Finding
	for _, r := range f.Regions {
		if r.Unreachable != "" {
			found = append(found, finding(f.unanswered(Broken), r.subject(), r.Advice, "it cannot be reached: %s", r.Unreachable))
			continue
		}
		lost := 0
		for _, s := range r.owners() {
			switch {
			case s.Untried:
				lost++
				found = append(found, untold(s.subject(r), "the region announces this address for a shard; %s", s.Failed))
			case is(s.Vitals.Loading, true):
				lost++
				found = append(found, broken(s.subject(r), "wait until it is done: INFO persistence tells loading_eta_seconds",
					"it answers, and reads its data from the disk: whatever an application asks is refused with LOADING"))
			case s.Failed != "":
				lost++
				found = append(found, finding(f.unanswered(Broken), s.subject(r), cmp.Or(r.heldDown(s), s.Advice, "have the region announce addresses that lead here, or translate them: --cluster-addresses seed-host, --address-map FROM=TO"),
					"the region announces this address for a shard, and it could not be asked: %s", s.Failed))
			}
		}
		if lost == 0 {
			found = append(found, pass(r.subject(), "it answers"))
		}
	}
	return found
}

// heldDown is what to do about a server that the other nodes of its cluster do not reach either; "" where they do.
func (r Region) heldDown(s Server) string {
	if slices.ContainsFunc(r.Cluster.Value.Primaries, func(p ClusterPrimary) bool { return p.Failed && p.Address == s.Address }) {
		return "the other nodes hold it down, too: see why, and start it again"
	}
	return ""
}

// UseREST is what Port.Use says of the REST API of Redis Enterprise, over which the clusters also manage an Active-Active
// database among themselves.
const UseREST = "REST API"

// portsOpen is about the ports that were tried besides those of the endpoints. Of several for the same use in a region,
// such as sentinels, one that is open serves while the others are mended.
func portsOpen(f *Facts, _ Target) []Finding {
	var found []Finding
	for _, r := range f.Regions {
		open := map[string]bool{}
		for _, p := range r.Ports {
			open[p.Use] = open[p.Use] || p.Failed == ""
		}
		for _, p := range r.Ports {
			subject, fix := r.Name+" ("+p.Address+")", "open "+p.Address+" to the hosts of the application"
			switch {
			case p.Failed == "":
				found = append(found, pass(subject, "%s: open", p.Use))
			case p.Use == UseREST:
				found = append(found, finding(f.unanswered(Warned), subject, "open "+p.Address+" between the clusters, and to here if this should ask it",
					"%s: not open from here: %s; the clusters need it between each other, which cannot be seen from here", p.Use, p.Failed))
			case open[p.Use]:
				found = append(found, finding(f.unanswered(Warned), subject, fix, "%s: not open: %s; another one is", p.Use, p.Failed))
			default:
				found = append(found, finding(f.unanswered(Broken), subject, fix, "%s: not open: %s", p.Use, p.Failed))
			}
		}
	}
	if len(found) == 0 {
		return notApplicable("no port is needed besides those of the endpoints")
	}
	return found
}
