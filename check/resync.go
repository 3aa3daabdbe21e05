package check

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// resyncRules are about replicas that come back, and about what a copy of everything takes.
func resyncRules() []Rule {
	return []Rule{
		{
			ID: "replica-backlog", Title: "the backlog holds what is written while a replica is away", Group: Durability, Severity: Failure, Source: sourceReplication,
			Why:   "a replica that comes back later than the backlog reaches gets a copy of everything: until that is over the primary is busy with it and has a replica less",
			Fix:   "repl-backlog-size as large as what is written while a replica is restarted or cut off",
			Judge: running(replicated(ofServers(primaries, replicaBacklog))),
		},
		{
			ID: "replica-buffer", Title: "the buffer of a replica holds what is written during a copy", Group: Durability, Severity: Failure, Source: sourceConf,
			Why:   "a copy takes longer than the buffer lasts: the primary drops the replica, which begins anew, again and again",
			Fix:   "CONFIG SET client-output-buffer-limit \"replica 512mb 128mb 60\", and the same in redis.conf",
			Judge: replicated(ofServers(primaries, replicaBuffer)),
		},
	}
}

func replicaBacklog(t Target, r Region, s Server) Finding {
	replicas := s.Vitals.Replication.Replicas
	switch {
	case s.managed():
		return s.notTold("its replicas", vitals.Unknown)
	case !replicas.Known():
		return s.notTold("its replicas", replicas.Standing)
	case len(replicas.Value) == 0:
		return nothing("there are no replicas")
	}
	return judgeBacklog(t, r, s)
}

// bufferLimit is how far a replica may be behind within the buffer that its primary keeps for it: never more than hard, and
// not more than soft for as long as over. 0 is no limit.
type bufferLimit struct {
	hard, soft int64 // bytes
	over       time.Duration
}

// replicaBufferLimit takes CLASS HARD SOFT SECONDS, several times, as CONFIG GET says it.
func (s Server) replicaBufferLimit() vitals.Field[bufferLimit] {
	return read(s.Setting("client-output-buffer-limit"), func(text string) (bufferLimit, bool) {
		words := strings.Fields(text)
		for i := 0; i+3 < len(words); i += 4 {
			if class := strings.ToLower(words[i]); class != "slave" && class != "replica" {
				continue
			}
			hard, err1 := strconv.ParseInt(words[i+1], 10, 64)
			soft, err2 := strconv.ParseInt(words[i+2], 10, 64)
			over, err3 := strconv.ParseUint(words[i+3], 10, 32)
			return bufferLimit{hard, soft, time.Duration(over) * time.Second}, err1 == nil && err2 == nil && err3 == nil && hard >= 0 && soft >= 0
		}
		return bufferLimit{}, false
	})
}

// lasts is for how long a replica may take nothing at a rate in bytes a second; ok is false where there is no limit.
func (b bufferLimit) lasts(rate float64) (seconds float64, ok bool) {
	if b.hard > 0 {
		seconds, ok = float64(b.hard)/rate, true
	}
	if b.soft > 0 {
		if soft := float64(b.soft)/rate + b.over.Seconds(); !ok || soft < seconds {
			seconds, ok = soft, true
		}
	}
	return seconds, ok
}

// copying is how many bytes of data a primary copies to a replica a second: an assumption, on the slow side, since they are
// made, sent and loaded, and the replica takes no writes before.
const copying = 50e6

// leastBuffer is what every replica needs: less than this a burst of writes fills at once.
const leastBuffer = 16 << 20

func replicaBuffer(_ Target, _ Region, s Server) Finding {
	limit, replicas := s.replicaBufferLimit(), s.Vitals.Replication.Replicas
	if !limit.Known() {
		if replicas.Known() && len(replicas.Value) == 0 && !s.managed() {
			return nothing("there are no replicas")
		}
		return s.notTold("client-output-buffer-limit", limit.Standing)
	}
	b := limit.Value
	if size, ok := s.backlogSize(); ok && b.hard > 0 {
		b.hard = max(b.hard, size) // redis.conf: a limit below the backlog is taken for that of the backlog
	}
	text := b.String()
	switch used := s.Vitals.Memory.Used; {
	case b.hard == 0 && b.soft == 0:
		return pass("", "there is no limit: one that does not keep up takes the memory of its primary instead")
	case b.hard > 0 && b.hard < leastBuffer:
		return warned("", "", "%s: a burst of writes drops it", text)
	case replicas.Known() && len(replicas.Value) == 0:
		return nothing("there are no replicas")
	case !used.Known() || !s.Rates.Effects.Known():
		return pass("", "%s", text)
	default:
		return b.judge(float64(used.Value), s.Rates.Effects.Value, text)
	}
}

// String says the limit.
func (b bufferLimit) String() string {
	var parts []string
	if b.hard > 0 {
		parts = append(parts, words.Bytes(float64(b.hard)))
	}
	if b.soft > 0 {
		parts = append(parts, fmt.Sprintf("%s for %s", words.Bytes(float64(b.soft)), words.Rough(b.over)))
	}
	return "a replica may be " + strings.Join(parts, ", or ") + " behind"
}

// judge compares how long the buffer lasts at a rate with how long a copy of the data takes.
func (b bufferLimit) judge(data, rate float64, text string) Finding {
	takes := data / copying
	if rate <= 0 {
		return pass("", "%s; nothing was written while it was looked at", text)
	}
	lasts, _ := b.lasts(rate)
	sum := fmt.Sprintf("%s: %s/s written fill that in %s, and a copy of %s takes some %s, at %s/s, which is an assumption",
		text, words.Bytes(rate), roughSeconds(lasts), words.Bytes(data), roughSeconds(takes), words.Bytes(copying))
	if lasts < takes {
		hard := sizeFor(2 * rate * takes)
		return broken("", fmt.Sprintf("CONFIG SET client-output-buffer-limit \"replica %s %s 60\", and the same in redis.conf", hard, hard), "%s", sum)
	}
	return pass("", "%s", sum)
}
