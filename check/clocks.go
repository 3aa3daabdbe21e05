package check

import (
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// The limits of the difference of two clocks. Where the order of two writes of one string cannot be told, the later one by
// its region's clock wins.
const (
	// clockWarning is the offset from which ntpd steps a clock instead of slewing it (its step threshold, RFC 5905): two
	// clocks that both follow a time service are not apart by more.
	clockWarning = 128 * time.Millisecond
	// clockFailure is less than any application takes to notice a failure and go elsewhere. With clocks farther apart, what
	// it writes there can be older, by the clocks, than what it wrote last where it came from: the old value wins.
	clockFailure = time.Second
)

// synchronised is about the time service, where it can be seen: on this machine.
func synchronised(f *Facts, _ Target) []Finding {
	switch {
	case f.Lab:
		return notApplicable("the regions of a lab have the clock of this machine")
	case len(f.Regions) == 1:
		return notApplicable("there is one region, and no other clock decides on its writes")
	}
	var found []Finding
	for _, r := range f.Regions {
		switch here := f.Here.Synchronised; {
		case !loopback(r.host()):
			continue // no server tells it
		case !here.Known():
			found = append(found, untold(r.subject(), "this machine does not tell whether its clock follows a time service"))
		case here.Value:
			found = append(found, pass(r.subject(), "the clock of this machine follows a time service, as its kernel says"))
		default:
			found = append(found, warned(r.subject(), "", "the clock of this machine follows no time service, as its kernel says"))
		}
	}
	if len(found) == 0 {
		return notApplicable("whether hosts elsewhere follow a time service cannot be seen from here: chronyc tracking, or timedatectl, tells on each")
	}
	return found
}

// difference is how far the clocks of two regions are apart. Each is known from its own round trips, whose halves add up.
type difference struct {
	ahead, behind  Region
	by             time.Duration // at least 0
	uncertain      time.Duration
	least, largest time.Duration // what it can truly be, in amount
}

func between(a, b Region) difference {
	d := difference{ahead: a, behind: b, by: minus(a.Clock.Value.Offset, b.Clock.Value.Offset), uncertain: plus(a.Clock.Value.Within, b.Clock.Value.Within)}
	if d.by < 0 {
		d.ahead, d.behind, d.by = b, a, max(-d.by, 0)
	}
	d.least, d.largest = max(minus(d.by, d.uncertain), 0), plus(d.by, d.uncertain)
	return d
}

// most is the longest Duration: some 292 years, within which plus, minus and times stay. No clock is apart by more but one
// that is made up.
const most = time.Duration(1<<63 - 1)

func plus(a, b time.Duration) time.Duration {
	switch sum := a + b; {
	case a > 0 && b > 0 && sum < 0:
		return most
	case a < 0 && b < 0 && sum >= 0:
		return -most
	default:
		return sum
	}
}

func minus(a, b time.Duration) time.Duration { return plus(a, -max(b, -most)) }

// times is n times a duration, neither of which is negative.
func times(d time.Duration, n int64) time.Duration {
	if d > 0 && n > int64(most/d) {
		return most
	}
	return d * time.Duration(n)
}

// clocksAgree compares the clocks of all pairs of regions. A difference that is within the uncertainty is none; one that
// could be a failure or nothing, for the length of the round trips, cannot be told.
func clocksAgree(f *Facts, _ Target) []Finding {
	var found []Finding
	var known []Region
	for _, r := range f.Regions {
		switch {
		case r.Unreachable != "":
			found = append(found, silent(r))
		case !r.Clock.Known() || r.Clock.Value.Within < 0:
			found = append(found, unknown(r.subject(), r.Clock.Standing, "its time"))
		default:
			known = append(known, r)
		}
	}
	var widest *difference
	apart := false
	for i, a := range known {
		for _, b := range known[:i] {
			d := between(b, a)
			if widest == nil || d.by > widest.by {
				widest = &d
			}
			subject := b.Name + " and " + a.Name
			switch {
			case d.least > clockFailure:
				found = append(found, broken(subject, "", "%s, which is more than %s", d, words.Rough(clockFailure)))
			case d.least > clockWarning:
				found = append(found, warned(subject, "", "%s, which is more than %s", d, words.Rough(clockWarning)))
			case d.largest > clockFailure:
				found = append(found, untold(subject, "%s: the round trips are too long to tell", d))
			default:
				continue
			}
			apart = true
		}
	}
	if widest != nil && !apart {
		found = append(found, pass("", "no two are farther apart than this: %s", *widest))
	}
	return found
}

// String is "eu is 2.30 s (± 12 ms) ahead of us".
func (d difference) String() string {
	if d.by <= d.uncertain {
		return d.ahead.Name + " and " + d.behind.Name + " are apart by " + words.Rough(d.by) + " (± " + words.Rough(d.uncertain) + "), which is no difference that can be measured"
	}
	return d.ahead.Name + " is " + words.Rough(d.by) + " (± " + words.Rough(d.uncertain) + ") ahead of " + d.behind.Name
}
