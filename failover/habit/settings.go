package habit

import (
	"errors"
	"fmt"
	"time"
)

// Settings are the times and thresholds of a client library.
type Settings struct {
	// A round is Probes PINGs to a region, Gap apart, of which all must be answered; the
	// next round begins Pause after it has ended. The first that fails ends it. 0 probes:
	// nothing is pinged, and commands are all that is judged by.
	Probes     int
	Pause, Gap time.Duration
	// Timeout is for a PING; where PerRound, for all of a round.
	Timeout  time.Duration
	PerRound bool
	// A region has failed when so many commands, and such a share of all to it, have
	// failed within Span.
	Failures int
	Share    float64
	Span     time.Duration
	// Grace is how long a region that has failed is not used again.
	Grace time.Duration
	// Return is how often is looked whether a preferred region can be returned to.
	Return time.Duration
}

// Ping returns the defaults of redis-py's MultiDBClient, as measured and documented:
// rounds of 3 PINGs half a second apart, 5 s after each other, with 3 s for a round;
// 1,000 failed commands and 10 % of all in 2 s; a minute of grace, and a look at the
// way back every two minutes. Those of Jedis and Lettuce differ in the time-out, 1 s
// for each PING; those of the open request to go-redis are the same.
func Ping() Settings {
	return Settings{Probes: 3, Pause: 5 * time.Second, Gap: 500 * time.Millisecond, Timeout: 3 * time.Second, PerRound: true,
		Failures: 1000, Share: 0.1, Span: 2 * time.Second, Grace: time.Minute, Return: 2 * time.Minute}
}

// Timeout returns the same without PINGs, as circuit breakers around a client work:
// the errors of commands are all that counts, and a region that has failed is tried
// again when its grace is over, whatever it is like by then.
func Timeout() Settings {
	s := Ping()
	s.Probes, s.Pause, s.Gap, s.Timeout, s.PerRound = 0, 0, 0, 0, false
	return s
}

// Check says what of the settings makes no sense, all of it.
func (s Settings) Check() error {
	var errs []error
	bad := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(s.Probes < 0, "%d PINGs a round: must not be negative", s.Probes)
	bad(s.Probes > 0 && s.Pause <= 0, "pause %v between rounds: must be more than 0", s.Pause)
	bad(s.Probes > 0 && s.Timeout <= 0, "timeout %v of PINGs: must be more than 0", s.Timeout)
	bad(s.Gap < 0, "gap %v between PINGs: must not be negative", s.Gap)
	bad(s.Failures < 1, "%d failures: must be at least 1", s.Failures)
	bad(!(s.Share >= 0 && s.Share <= 1), "share %v of failures: must be 0 to 1", s.Share)
	bad(s.Span <= 0, "span %v of failures: must be more than 0", s.Span)
	bad(s.Grace < 0, "grace %v: must not be negative", s.Grace)
	bad(s.Return <= 0, "return %v: must be more than 0", s.Return)
	return errors.Join(errs...)
}
