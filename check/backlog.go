package check

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// A primary keeps the last that it executed in a backlog of a fixed size. Who was away and comes back gets what it missed
// from there as long as it reaches back to where that one was; else all data is copied.

// backlogSize is the size of the backlog of a server in bytes, as it is set or as INFO says it.
func (s Server) backlogSize() (int64, bool) {
	if set := s.number("repl-backlog-size"); set.Known() {
		return set.Value, true
	}
	size := s.Vitals.Replication.BacklogSize
	return size.Value, size.Known() && size.Value >= 0
}

// written is how many bytes a second a server executed while it was measured.
func (s Server) written() (float64, bool) {
	e := s.Rates.Effects
	return e.Value, e.Known() && e.Value >= 0 && !math.IsInf(e.Value, 0) && !math.IsNaN(e.Value)
}

// judgeBacklog compares the backlog of a primary with what is written to it while somebody is away for Target.Outage, and
// shows the arithmetic. The finding has no subject. Where nothing was written it says what the backlog would bear.
func judgeBacklog(t Target, _ Region, s Server) Finding {
	size, ok := s.backlogSize()
	if !ok {
		return s.notTold("the size of its backlog", max(s.Setting("repl-backlog-size").Standing, s.Vitals.Replication.BacklogSize.Standing))
	}
	if t.Outage <= 0 {
		return finding(NotApplicable, "", "", "no outage is asked for that its backlog of %s should hold", words.Bytes(float64(size)))
	}
	bears := backlogBears(size, t.Outage)
	rate, ok := s.written()
	switch need := rate * t.Outage.Seconds(); {
	case !ok:
		return untold("", "how much is written to it was not measured; %s", bears)
	case rate == 0:
		return pass("", "nothing was written%s; %s", s.measuredFor(), bears)
	case need <= float64(size):
		return pass("", "%s, and its backlog holds %s", outageArithmetic(rate, t.Outage, s), words.Bytes(float64(size)))
	default:
		to := sizeFor(need)
		return broken("", "CONFIG SET repl-backlog-size "+to+", and the same in redis.conf",
			"%s, and its backlog holds %s: full after %s", outageArithmetic(rate, t.Outage, s), words.Bytes(float64(size)), roughSeconds(float64(size)/rate))
	}
}

// backlogBears is how much may be written while somebody is away for so long.
func backlogBears(size int64, outage time.Duration) string {
	return fmt.Sprintf("its backlog of %s holds %s at up to %s/s", words.Bytes(float64(size)), words.Rough(outage), words.Bytes(float64(size)/outage.Seconds()))
}

// outageArithmetic is "8.4 kB/s written x 10m0s = 5.0 MB".
func outageArithmetic(rate float64, outage time.Duration, s Server) string {
	return fmt.Sprintf("%s/s written%s x %s of outage = %s", words.Bytes(rate), s.measuredFor(), words.Rough(outage), words.Bytes(rate*outage.Seconds()))
}

// roughly is how exactly it is said how long servers were looked at, so that the same is said of all that were alike.
const roughly = 100 * time.Millisecond

// measuredFor is " in 2.00 s", how long it was looked at; "" where that is not known.
func (s Server) measuredFor() string {
	if s.Measured <= 0 {
		return ""
	}
	return " in " + words.Rough(cmp.Or(s.Measured.Round(roughly), s.Measured))
}

// sizeFor is the least power of two of megabytes, as redis.conf writes them, that holds so many bytes: what is measured
// within seconds is no more exact than that.
func sizeFor(bytes float64) string {
	const most = 1 << 40 // MiB, to have a number: no server has as much
	mebibytes := uint64(min(math.Ceil(bytes/(1<<20)), most))
	return fmt.Sprintf("%dmb", uint64(1)<<bits.Len64(max(mebibytes, 1)-1))
}

// roughSeconds is a number of seconds as people say it.
func roughSeconds(seconds float64) string {
	const day, year = 24 * 3600, 365 * 24 * 3600
	switch {
	case seconds >= year:
		return "more than a year"
	case seconds >= 2*day:
		return fmt.Sprintf("%.0f days", seconds/day)
	}
	return words.Rough(time.Duration(seconds * float64(time.Second)))
}

// outageInBacklog is about the backlogs that the regions are brought up to date from.
func outageInBacklog(f *Facts, t Target) []Finding {
	return eachOwner(f, func(r Region, s Server) []Finding {
		switch {
		case r.Management != nil:
			return []Finding{finding(NotApplicable, "", "", "the backlog between the regions is told by the REST API: see api-backlog")}
		case r.managed():
			return []Finding{finding(Untold, "", "give the REST API of the region (api:) to have it told",
				"the backlog between the regions is another one than that of the server, and only the REST API tells its size")}
		}
		size, sized := s.backlogSize()
		rate, measured := s.written()
		if !f.Lab && sized && measured && rate == 0 && t.Outage > 0 && len(s.Vitals.Replication.Replicas.Value) == 0 {
			// Without a replica a server need not count what it executes: its offset stands still.
			return []Finding{untold("", "nothing was counted as written%s, which a server without replicas need not count; %s", s.measuredFor(), backlogBears(size, t.Outage))}
		}
		return []Finding{judgeBacklog(t, r, s)}
	})
}
