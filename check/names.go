package check

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// namedEndpoints is about endpoints, and services of discovery, that are given by address.
func namedEndpoints(f *Facts, _ Target) []Finding {
	if f.Lab {
		return notApplicable("a lab has no names")
	}
	var found []Finding
	for _, r := range f.Regions {
		addresses := r.Discovery
		if len(addresses) == 0 {
			addresses = []string{r.Address}
		}
		for _, a := range addresses {
			host := hostOf(a)
			_, err := netip.ParseAddr(host)
			switch {
			case loopback(host):
			case err == nil:
				found = append(found, warned(r.subject(), "", "%s is an address, and no name", a))
			default:
				found = append(found, pass(r.subject(), "%s is a name", host))
			}
		}
	}
	if len(found) == 0 {
		return notApplicable("the endpoints are on this machine")
	}
	return found
}

// steadyNames is about what names led to, several times each.
func steadyNames(f *Facts, _ Target) []Finding {
	var found []Finding
	for _, r := range f.Regions {
		var order []string
		of := map[string][]Lookup{}
		for _, l := range r.Lookups {
			if of[l.Name] == nil {
				order = append(order, l.Name)
			}
			of[l.Name] = append(of[l.Name], l)
		}
		for _, name := range order {
			found = append(found, f.judgeLookups(r.Name+" ("+name+")", of[name]))
		}
	}
	if len(found) == 0 {
		return notApplicable("no names are configured")
	}
	return found
}

// judgeLookups compares what one name led to.
func (f *Facts) judgeLookups(subject string, lookups []Lookup) Finding {
	var answers []string // each once
	var failed []string
	for _, l := range lookups {
		if l.Failed != "" {
			failed = append(failed, l.Failed)
			continue
		}
		// The order in which addresses come rotates, which is no change.
		if a := words.Enumerate(slices.Sorted(slices.Values(l.Addresses))); !slices.Contains(answers, a) {
			answers = append(answers, a)
		}
	}
	switch {
	case len(failed) > 0:
		return finding(f.unanswered(Warned), subject, "see the name servers of this host, and of the application's", "%d of %s failed: %s", len(failed), words.Count(len(lookups), "lookup"), failed[0])
	case len(answers) > 1:
		return warned(subject, "", "it led to %s, in %s: a name that follows a failover, or a balancer, does so; clients that keep the first answer stay with an old one",
			strings.Join(answers, ", then to "), words.Count(len(lookups), "lookup"))
	case len(lookups) == 1:
		return untold(subject, "it was looked up once, and led to %s", answers[0])
	}
	return pass(subject, "%s, %d times", answers[0], len(lookups))
}
