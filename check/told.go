package check

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/vitals"
)

// is tells whether a value is known and is this one.
func is[T comparable](f vitals.Field[T], value T) bool { return f.Known() && f.Value == value }

// read makes another value of one that was told; one that parse refuses is unknown.
func read[T any](f vitals.Field[string], parse func(string) (T, bool)) vitals.Field[T] {
	if !f.Known() {
		return vitals.Field[T]{Standing: f.Standing}
	}
	if value, ok := parse(f.Value); ok {
		return vitals.FieldOf(value)
	}
	return vitals.Field[T]{}
}

// yes is a setting that is yes or no.
func (s Server) yes(name string) vitals.Field[bool] {
	return read(s.Setting(name), func(text string) (bool, bool) {
		yes := strings.EqualFold(text, "yes")
		return yes, yes || strings.EqualFold(text, "no")
	})
}

// number is a setting that is a count, a size in bytes or a percentage: never negative.
func (s Server) number(name string) vitals.Field[int64] {
	return read(s.Setting(name), func(text string) (int64, bool) {
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil && n >= 0
	})
}

// lasting is a setting that is a number of units, each of which is at most a second.
func (s Server) lasting(name string, unit time.Duration) vitals.Field[time.Duration] {
	n := s.number(name)
	if n.Value > math.MaxUint32 {
		return vitals.Field[time.Duration]{}
	}
	return vitals.Field[time.Duration]{Value: time.Duration(n.Value) * unit, Standing: n.Standing}
}

// says is a setting with its value as a finding tells it: "appendfsync is no", and "appendonly is no by default" where a file
// does not name it.
func (s Server) says(name, value string) string {
	text := name + " is " + value
	if s.Unset[name] {
		text += " by default"
	}
	return text
}

// savePoints are when it saves snapshots; none: it does not.
func (s Server) savePoints() vitals.Field[[]redisconf.SavePoint] {
	return read(s.Setting("save"), func(text string) ([]redisconf.SavePoint, bool) {
		points, err := redisconf.Config{}.With("save", text).SavePoints()
		return points, err == nil
	})
}

// appendOnly tells whether it keeps an append-only file: by its setting, and where that may not be asked, by INFO.
func (s Server) appendOnly() vitals.Field[bool] {
	return s.orInfo(s.yes("appendonly"), s.Vitals.Persistence.AOF)
}

// orInfo is a setting or, where its user may not ask for it, or there is no CONFIG, what INFO says. Of a managed service
// INFO speaks of the process that answers it, which is not what keeps the data.
func (s Server) orInfo(setting, info vitals.Field[bool]) vitals.Field[bool] {
	if setting.Known() || s.managed() || !info.Known() {
		return setting
	}
	return info
}

// managed tells whether a service keeps the data in its own ways: it is a server of Redis Enterprise, or it answers CONFIG
// GET and says nothing of a setting that every server has, since it lets be asked only what concerns clients. What INFO says
// there of replicas, persistence and memory is not what its cluster manager arranges.
func (s Server) managed() bool {
	if s.Vitals.Enterprise.Known() {
		return true
	}
	if s.Setting("appendonly").Standing != vitals.Unknown {
		return false
	}
	for _, f := range s.Vitals.Settings {
		if f.Known() {
			return true
		}
	}
	return false
}

// managed tells whether servers of the region are.
func (r Region) managed() bool {
	return r.enterprise() || slices.ContainsFunc(r.Servers, Server.managed)
}

// notTold is what a rule says of a server that did not tell what it has to know.
func (s Server) notTold(what string, standing vitals.Standing) Finding {
	if s.managed() {
		return finding(Untold, "", "ask its REST API, by api: of the region, or its console", "it does not tell %s, as services do not that arrange it themselves", what)
	}
	return unknown("", standing, what)
}

// nothing is what a rule says of a server that it has nothing to look at in.
func nothing(format string, args ...any) Finding {
	return finding(NotApplicable, "", "", format, args...)
}

// set is what to type to change settings of a server: names and values in turn.
func set(namesAndValues ...string) string {
	var commands []string
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		commands = append(commands, "CONFIG SET "+namesAndValues[i]+" "+namesAndValues[i+1])
	}
	return strings.Join(commands, ", ") + ", and the same in redis.conf"
}
