package failover

import "github.com/aafailover/aafailover/probe"

// ownSettings are the causes that are most likely a setting of this observer, and
// which one, in words. The application has a user, a password and certificates of
// its own, and may be well where the observer is turned away: nobody is to move
// because the password of a probe was changed.
var ownSettings = map[probe.Cause]struct {
	words string
	// untilItWorked restricts this to a region that has delivered nothing yet with
	// the settings of this run.
	untilItWorked bool
}{
	// The server lives and checks passwords: it turned away this user, or the
	// password of this user could not be read here.
	probe.Authentication: {words: "our own user or password settings may be what is wrong"},
	// The server knows this user, and says that the right is missing to it alone.
	probe.Permission: {words: "a right that our own user lacks may be all that is wrong"},
	// An unknown authority, another name, a pin that does not fit and a client
	// certificate that is not shown are between this process and the server. A
	// certificate that has expired meets applications as well, but the cause does
	// not tell them apart, and a person sees it in the words of the error.
	probe.TLS: {words: "our own TLS certificate settings may be what is wrong"},
	// A mistaken host or port is found out by the first connection. What answers
	// at an address that was right before, the error page of a proxy say, is what
	// the application gets there too.
	probe.Protocol: {words: "our own address of it may be what is wrong", untilItWorked: true},
	// Not among them: a name that does not resolve (probe.NameNotFound), since the
	// names of a region are often served by that region; and
	// probe.MaxClients, which turns away everybody who connects next.
}

// ownSetting says which setting of this observer may be all that is wrong where
// something fails for a cause in a region; "" when none is likely to be.
func ownSetting(s *probe.Snapshot, r *probe.Region, c probe.Cause) string {
	own := ownSettings[c]
	if own.untilItWorked && hasWorked(s, r.Name) {
		return ""
	}
	return own.words
}

// hasWorked tells whether a region has delivered a message of its own in this run.
func hasWorked(s *probe.Snapshot, region string) bool {
	loop := s.Link(region, region)
	if loop == nil {
		return false
	}
	delivered := loop.Retired.Delivered
	for i := range loop.Cells {
		delivered += loop.Cells[i].Delivered
	}
	return delivered > 0
}
