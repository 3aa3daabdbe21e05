package vitals

import (
	"fmt"
	"math"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// Remark is something about a server that is not as it should be, or is worth to know
// while something else is not.
type Remark struct {
	Kind    Kind
	Subject string // the other server that it is about; "" for itself
	Text    string // in words, that speak of the server as "it"
}

// Kind is what a remark is about.
type Kind string

// The kinds of remarks, and of explanations.
const (
	FullResync     Kind = "full_resync"     // all data is being copied
	LinkDown       Kind = "link_down"       // a replica says that its link is down
	LinkStalled    Kind = "link_stalled"    // a replica says that its link is up, and nothing comes over it
	ReplicaStalled Kind = "replica_stalled" // a primary says that a replica is online, which acknowledges nothing
	FromReplica    Kind = "from_replica"    // a link leads from a replica to its primary: there is none
	Loading        Kind = "loading"         // it reads its data from the disk
	AOFFailed      Kind = "aof_failed"      // the append-only file cannot be written
	RewriteFailed  Kind = "rewrite_failed"  // the append-only file cannot be rewritten
	SaveFailed     Kind = "save_failed"     // a snapshot cannot be saved
	Evicting       Kind = "evicting"        // keys are removed for want of memory
	MemoryFull     Kind = "memory_full"     // the limit is reached, and nothing may be evicted
	Fragmented     Kind = "fragmented"      // much more memory is taken than is used
	RefusesClients Kind = "refuses_clients" // connections are rejected for want of room
	FewReplicas    Kind = "few_replicas"    // fewer than min-replicas-to-write: writes are refused
	SlowLately     Kind = "slow"            // something took long, by the server's own latency monitor
)

func (r Remark) same(other Remark) bool { return r.Kind == other.Kind && r.Subject == other.Subject }

// about says what was over when a remark is.
func (r Remark) about() string {
	text := words.Plain(r.Kind)
	if r.Subject != "" {
		text += " (" + words.Clean(r.Subject) + ")"
	}
	return text + " is over"
}

// Bounds from which something is worth a word.
const (
	// stalledAck is since when a replica, which acknowledges each second, has to have
	// said nothing: the default of min-replicas-max-lag.
	stalledAck = 10 * time.Second
	// defaultPing is the default of repl-ping-replica-period: at least so often something
	// comes over a link, whose quiet is suspicious after one and a half of it.
	defaultPing = 10 * time.Second
	// fragmented and wasted bytes together: the ratio alone is high wherever little is used.
	fragmented      = 1.5
	fragmentedBytes = 100 << 20
	// full is the share of the limit from which a server is about to refuse writes.
	full = 0.95
	// recent is how long a spike is worth a word, and slow how long it took.
	recent = time.Minute
	slow   = 100 * time.Millisecond
)

// remarksOf are the remarks on a reading.
func remarksOf(s *Server, rates Rates) []Remark {
	var remarks []Remark
	say := func(kind Kind, subject, format string, args ...any) {
		remarks = append(remarks, Remark{kind, subject, fmt.Sprintf(format, args...)})
	}
	if is(s.Loading, true) {
		say(Loading, "", "it reads its data from the disk")
	}
	s.Replication.remark(s, rates, say)
	s.Persistence.remark(say)
	s.remarkMemory(rates, say)
	if r := rates.Refused; r.Known() && r.Value > 0 {
		say(RefusesClients, "", "it rejects %s connections/s for want of room: see maxclients", words.Amount(r.Value))
	}
	for _, spike := range s.Spikes.Value {
		if spike.Took >= slow && s.At.Sub(spike.At) <= recent {
			say(SlowLately, spike.Event, "%s took %s (its latency monitor)", words.Clean(spike.Event), words.Rough(spike.Took))
		}
	}
	return remarks
}

type sayRemark func(kind Kind, subject, format string, args ...any)

func (r *Replication) remark(s *Server, rates Rates, say sayRemark) {
	primary := words.Clean(r.PrimaryAddress.Value)
	switch {
	case is(r.Role, Replica) && is(r.Syncing, true):
		say(FullResync, primary, "all data of its primary %s is being copied to it (full resync)%s", primary, r.left())
	case is(r.Role, Replica) && is(r.LinkUp, false):
		say(LinkDown, primary, "it says that its link to its primary %s is down%s", primary, since(r.LinkDownFor))
	case is(r.Role, Replica) && r.stalled(pinged(s)):
		say(LinkStalled, primary, "it says that its link to its primary %s is up, and that nothing has come over it for %s, though a ping should every %s: it is stalled",
			primary, whole(r.LastIO.Value), whole(pinged(s)))
	}
	for _, f := range r.Replicas.Value {
		address := words.Clean(f.Address)
		switch {
		case f.Copying():
			say(FullResync, f.Address, "it copies all its data to its replica %s (full resync)", address)
		case f.Online() && f.Lag.Known() && f.Lag.Value >= stalledAck:
			say(ReplicaStalled, f.Address, "it says that its replica %s is online, which has acknowledged nothing for %s%s: the link is stalled, or the replica hangs",
				address, whole(f.Lag.Value), after(", ", BehindText(r.Behind(f), rates)))
		}
	}
	if least, ok := s.setting("min-replicas-to-write"); ok && is(r.Role, Primary) && r.Replicas.Known() && r.good(s) < least {
		say(FewReplicas, "", "it refuses writes: %s acknowledged lately, and min-replicas-to-write is %d", words.Count(r.good(s), "replica"), least)
	}
}

// good counts the replicas that min-replicas-to-write counts: those that acknowledged
// within min-replicas-max-lag. Either at 0 switches the rule off.
func (r *Replication) good(s *Server) int64 {
	within := stalledAck
	if seconds, ok := s.setting("min-replicas-max-lag"); ok && soundSeconds(seconds) {
		if within = time.Duration(seconds) * time.Second; within == 0 {
			return math.MaxInt64
		}
	}
	n := int64(0)
	for _, f := range r.Replicas.Value {
		if f.Online() && f.Lag.Known() && f.Lag.Value <= within {
			n++
		}
	}
	return n
}

// left says how much of a copy is still to come.
func (r *Replication) left() string {
	switch {
	case r.SyncLeft.Known() && r.SyncTotal.Known():
		return fmt.Sprintf(": %s of %s are left", words.Bytes(float64(r.SyncLeft.Value)), words.Bytes(float64(r.SyncTotal.Value)))
	case r.SyncRead.Known():
		return fmt.Sprintf(": %s have come", words.Bytes(float64(r.SyncRead.Value)))
	}
	return ""
}

// stalled tells whether a link that is said to be up has been quiet for longer than it
// can be: its primary pings over it.
func (r *Replication) stalled(period time.Duration) bool {
	return is(r.LinkUp, true) && r.LastIO.Known() && r.LastIO.Value > period+period/2
}

// pinged is how often a primary pings. The period is that of the primary; the replica's
// own setting is the best guess at it.
func pinged(s *Server) time.Duration {
	if seconds, ok := s.setting("repl-ping-replica-period"); ok && seconds > 0 && soundSeconds(seconds) {
		return time.Duration(seconds) * time.Second
	}
	return defaultPing
}

// Behind is how many bytes a replica has not acknowledged, as far as that is known.
func (r *Replication) Behind(f Follower) Field[int64] {
	if !r.Offset.Known() || !f.Offset.Known() || !f.Online() || f.Offset.Value > r.Offset.Value {
		return Field[int64]{}
	}
	return FieldOf(r.Offset.Value - f.Offset.Value)
}

// Late is what bytes are in time, at the rate of the effects: an estimate. It is not
// known where nothing was executed lately.
func (r Rates) Late(behind Field[int64]) Field[time.Duration] {
	if is(behind, 0) {
		return FieldOf(time.Duration(0))
	}
	if !behind.Known() || !r.Effects.Known() || r.Effects.Value <= 0 {
		return Field[time.Duration]{}
	}
	seconds := float64(behind.Value) / r.Effects.Value
	if seconds > longest {
		return Field[time.Duration]{}
	}
	return FieldOf(time.Duration(seconds * float64(time.Second)))
}

// BehindText is "1.2 MB (about 3 s) behind"; "" where there is nothing to say.
func BehindText(behind Field[int64], rates Rates) string {
	if !behind.Known() || behind.Value == 0 {
		return ""
	}
	text := words.Bytes(float64(behind.Value))
	if late := rates.Late(behind); late.Known() {
		text += " (about " + about(late.Value) + ")"
	}
	return text + " behind"
}

// about is a time that is an estimate, without digits that nobody could know.
func about(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return words.Rough(d)
}

// after puts something before a text, unless there is none.
func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func since(d Field[time.Duration]) string {
	if !d.Known() {
		return ""
	}
	return " for " + whole(d.Value)
}

func (p *Persistence) remark(say sayRemark) {
	if is(p.AOF, true) && is(p.AOFWriteOK, false) {
		say(AOFFailed, "", "it cannot write its append-only file, and refuses writes: see its disk")
	}
	if is(p.AOF, true) && is(p.AOFRewriteOK, false) {
		say(RewriteFailed, "", "the last rewrite of its append-only file failed: see its disk and its memory")
	}
	if is(p.SaveOK, false) {
		say(SaveFailed, "", "its last snapshot could not be saved: see its disk and its memory; unless stop-writes-on-bgsave-error is no, it refuses writes")
	}
}

func (s *Server) remarkMemory(rates Rates, say sayRemark) {
	m := s.Memory
	if e := rates.Evicted; e.Known() && e.Value > 0 {
		say(Evicting, "", "it evicts %s keys/s for want of memory: such a key is not lost by replication", words.Amount(e.Value))
	}
	if m.Used.Known() && m.Limit.Known() && m.Limit.Value > 0 && is(m.Policy, "noeviction") && float64(m.Used.Value) >= full*float64(m.Limit.Value) {
		say(MemoryFull, "", "it uses %s of %s and may evict nothing: it refuses writes at the limit", words.Bytes(float64(m.Used.Value)), words.Bytes(float64(m.Limit.Value)))
	}
	if m.Fragmentation.Known() && m.Fragmentation.Value > fragmented && m.Wasted.Known() && m.Wasted.Value > fragmentedBytes {
		say(Fragmented, "", "its memory is fragmented: %s more than it uses (ratio %.1f)", words.Bytes(float64(m.Wasted.Value)), m.Fragmentation.Value)
	}
}

// setting is a setting that is a whole number.
func (s *Server) setting(name string) (int64, bool) {
	f := s.Settings[name]
	l := lines{values: map[string]string{name: f.Value}}
	n := l.number(name)
	return n.Value, f.Known() && n.Known()
}
