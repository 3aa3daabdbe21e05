package check

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/internal/words"
)

// origin is the region that a source is, "" where it is none of those that were asked. The UID of a source is the ReplicaID
// of where its writes come from, which documents do not say of sources in so many words, but of the statistics of peers; so
// its address counts, too.
func origin(f *Facts, here Region, s enterprise.Source) string {
	host, port, err := net.SplitHostPort(s.Address)
	number, _ := strconv.Atoi(port)
	for _, r := range f.Regions {
		d, instead := r.database()
		if r.Name == here.Name || instead != nil {
			continue
		}
		if _, at := enterprise.At([]enterprise.Database{d}, []string{host}, number); err == nil && at {
			return r.Name
		}
		if s.UID != "" && is(d.ReplicaID, s.UID) && sameGUID(d, here.Management.Database.Value) {
			return r.Name
		}
	}
	return ""
}

func sameGUID(a, b enterprise.Database) bool { return a.GUID.Known() && a.GUID == b.GUID }

// linkFrom names the link that a source is.
func linkFrom(f *Facts, here Region, s enterprise.Source) string {
	from := origin(f, here, s)
	if from == "" {
		from = "replica " + s.UID
		if s.Address != "" {
			from = s.Address
		}
	}
	return from + "->" + here.Name
}

func apiPeers(f *Facts, _ Target) []Finding {
	regions, found := managedRegions(f)
	for _, r := range regions {
		if is(r.database.ActiveActive, false) {
			found = append(found, finding(NotApplicable, r.subject(), "", "its database is not Active-Active"))
			continue
		}
		if !r.database.Sources.Known() {
			found = append(found, untold(r.subject(), "its REST API does not tell whose writes it takes in"))
			continue
		}
		found = append(found, peersOf(f, r, regions))
	}
	return found
}

// peersOf compares the sources of a region with the other regions. Whom its cluster has no source for is told from whom this
// program does not know for it: a source can be a region that was not given, or one whose REST API does not answer.
func peersOf(f *Facts, r managedRegion, regions []managedRegion) Finding {
	var known, strange, missing []string
	for _, s := range r.database.Sources.Value {
		if name := origin(f, r.Region, s); name != "" {
			known = append(known, name)
		} else {
			strange = append(strange, strings.TrimSuffix(linkFrom(f, r.Region, s), "->"+r.Name))
		}
	}
	for _, other := range regions {
		if other.Name != r.Name && !slices.Contains(known, other.Name) {
			missing = append(missing, other.Name)
		}
	}
	more := ""
	if len(strange) > 0 {
		more = "; besides from " + words.Enumerate(strange) + ", which is none of the regions whose REST API told its database"
	}
	switch {
	case len(missing) > 0 && len(strange) >= len(missing):
		return untold(r.subject(), "it takes in the writes of %s%s; whether one of these is %s cannot be told", listed(known), more, words.Enumerate(missing))
	case len(missing) > 0:
		return broken(r.subject(), "", "it does not take in the writes of %s, only those of %s%s", words.Enumerate(missing), listed(known), more)
	case len(known) == 0 && len(strange) == 0 && len(regions) < 2:
		return untold(r.subject(), "it takes in the writes of nobody, and no other region told its database")
	}
	return pass(r.subject(), "it takes in the writes of %s%s", listed(known), more)
}

func apiSync(f *Facts, r Region, d enterprise.Database, _ Target) []Finding {
	if is(d.ActiveActive, false) {
		return []Finding{nothing("its database is not Active-Active")}
	}
	var found []Finding
	switch s := d.Sync; {
	case !s.Known():
		found = append(found, untold("", "its REST API does not tell whether it takes in what the others write"))
	case s.Value == "enabled":
		found = append(found, pass("", "it takes in what the others write"))
	default:
		found = append(found, broken("", "", "it does not take in what the others write: the synchronisation is %s", s.Value))
	}
	for _, s := range d.Sources.Value {
		one := judgeSource(s)
		one.Subject = linkFrom(f, r, s)
		found = append(found, one)
	}
	return found
}

func judgeSource(s enterprise.Source) Finding {
	last := ""
	if s.LastError.Known() && s.LastError.Value != "" {
		last = "; the last error was: " + s.LastError.Value
	}
	switch {
	case !s.Status.Known() || s.Status.Value == "":
		return untold("", "its status is not told%s", last)
	case s.Status.Value == enterprise.InSync:
		return pass("", "%s%s", s.Status.Value, last)
	case s.Status.Value == "syncing":
		copied := ""
		if s.CopySize.Value > 0 && s.Copied.Known() {
			copied = fmt.Sprintf(": %s of %s are copied", words.Bytes(float64(s.Copied.Value)), words.Bytes(float64(s.CopySize.Value)))
		}
		return warned("", "wait until everything is copied", "syncing%s%s", copied, last)
	}
	return broken("", "", "%s%s", s.Status.Value, last)
}

// mostRegionLag is from when on a lag deserves attention, by "Observability and monitoring guidance".
const mostRegionLag = 500 * time.Millisecond

// apiLag is about the lag of each source and, of the same link, the one in the statistics of peers: the larger one counts.
func apiLag(f *Facts, r Region, d enterprise.Database, _ Target) []Finding {
	if is(d.ActiveActive, false) {
		return []Finding{nothing("its database is not Active-Active")}
	}
	var found []Finding
	for _, s := range d.Sources.Value {
		lag := s.Lag
		for _, p := range r.Management.Peers.Value {
			if p.UID == s.UID && p.Lag.Known() && (!lag.Known() || p.Lag.Value > lag.Value) {
				lag = p.Lag
			}
		}
		link := linkFrom(f, r, s)
		switch {
		case !is(s.Status, enterprise.InSync):
			found = append(found, untold(link, "it is not in sync, and a lag is one of links that are: see api-sync"))
		case !lag.Known():
			found = append(found, untold(link, "its lag is not told"))
		case lag.Value > mostRegionLag:
			found = append(found, warned(link, "", "it is %s behind, more than %s: that much of the newest writes would be missed", words.Rough(lag.Value), words.Rough(mostRegionLag)))
		default:
			found = append(found, pass(link, "it is %s behind", words.Rough(lag.Value)))
		}
	}
	if len(found) == 0 {
		return []Finding{untold("", "its REST API does not tell whose writes it takes in")}
	}
	return found
}

func apiAvailable(_ *Facts, r Region, _ enterprise.Database, _ Target) []Finding {
	switch a := r.Management.Available; {
	case !a.Known():
		return []Finding{untold("", "%s", a.reason())}
	case a.Value.OK:
		return []Finding{pass("", "its cluster calls it available")}
	default:
		return []Finding{broken("", "", "its cluster does not call it available: %s", because(a.Value))}
	}
}

// because is why a database is not available, in the words of its cluster.
func because(a enterprise.Availability) string {
	if a.Description == "" {
		return a.Code
	}
	return a.Code + " (" + a.Description + ")"
}

func apiCaughtUp(_ *Facts, r Region, d enterprise.Database, _ Target) []Finding {
	m := r.Management
	switch a := m.CaughtUp; {
	case is(d.ActiveActive, false):
		return []Finding{nothing("its database is not Active-Active, and is never said to have caught up")}
	case m.Available.Known() && !m.Available.Value.OK:
		return []Finding{nothing("its cluster does not call it available, whatever its lag")}
	case !a.Known():
		return []Finding{untold("", "%s", a.reason())}
	case a.Value.OK:
		return []Finding{pass("", "its cluster says that it has caught up with the others, within its own tolerance (%s unless it was changed)", words.Rough(enterprise.ServerTolerance))}
	case m.Nearly.Known() && m.Nearly.Value.OK:
		return []Finding{warned("", "", "its cluster says that it is behind the others by more than its own tolerance (%s unless it was changed), and by less than %s, with which clients ask",
			words.Rough(enterprise.ServerTolerance), words.Rough(enterprise.ClientTolerance))}
	case m.Nearly.Known():
		return []Finding{warned("", "", "its cluster says that it is behind the others by more than %s: %s; a client would not come back to it now", words.Rough(enterprise.ClientTolerance), because(m.Nearly.Value))}
	default:
		return []Finding{warned("", "", "its cluster says that it is behind the others by more than its own tolerance (%s unless it was changed): %s", words.Rough(enterprise.ServerTolerance), because(a.Value))}
	}
}
