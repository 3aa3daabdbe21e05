package vitals

import (
	"fmt"
	"net"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// Explanation is what servers say of a link over which the probe sees messages arrive
// late, in part or not at all. It explains what was seen, and changes nothing of it.
type Explanation struct {
	From, To           string // the link
	FromShard, ToShard int    // indexes into the slot maps of the two regions
	Kind               Kind
	Text               string
}

// Beside says what the servers say of the links that are not up, where one end is a
// replica of the other. Nothing is said of the links of an Active-Active database, whose
// servers say nothing of those.
func Beside(snap *probe.Snapshot, shards []Shard) []Explanation {
	if snap == nil {
		return nil
	}
	at := make(map[end]*Shard, len(shards))
	for i := range shards {
		at[end{shards[i].Region, shards[i].Index}] = &shards[i]
	}
	var found []Explanation
	for i := range snap.Links {
		l := &snap.Links[i]
		seen := make(map[[2]int]bool)
		for k := range l.Cells {
			c := &l.Cells[k]
			between := [2]int{c.FromShard, c.ToShard}
			if l.Loop() || seen[between] || !suffers(c.State) {
				continue
			}
			seen[between] = true
			from, to := at[end{l.From, c.FromShard}], at[end{l.To, c.ToShard}]
			found = append(found, explain(c, from, to)...)
		}
	}
	return found
}

// end is one end of a link on a slot.
type end struct {
	region string
	shard  int
}

// suffers tells whether a state wants an explanation.
func suffers(s probe.LinkState) bool {
	return s.Silent() || s == probe.LinkLate || s == probe.LinkDegraded
}

// explain says what the two ends of a cell say of each other.
func explain(c *probe.Cell, from, to *Shard) []Explanation {
	if from == nil || to == nil {
		return nil
	}
	var found []Explanation
	say := func(kind Kind, text string) {
		found = append(found, Explanation{From: from.Region, To: to.Region, FromShard: c.FromShard, ToShard: c.ToShard, Kind: kind, Text: text})
	}
	if replicates(to, from) {
		say(FromReplica, fmt.Sprintf("%s is a replica of %s: nothing that is written or published in it goes there", words.Clean(from.Region), words.Clean(to.Region)))
		return found
	}
	if kind, text := byReplica(c.State, from, to); text != "" {
		say(kind, text)
	}
	if kind, text := byPrimary(c.State, from, to); text != "" {
		say(kind, text)
	}
	return found
}

// seen is what the probe sees of a cell, to stand behind what a server says.
func seen(s probe.LinkState) string {
	switch {
	case s.Silent():
		return "nothing arrives: it is stalled"
	case s == probe.LinkLate:
		return "messages arrive late: it is slow, or was stalled"
	}
	return "a part of the messages does not arrive in time"
}

// byReplica is what the target says of its link to its primary, the source.
func byReplica(state probe.LinkState, from, to *Shard) (Kind, string) {
	if !replicates(from, to) {
		return "", ""
	}
	name, peer, r := words.Clean(to.Region), words.Clean(from.Region), to.Last.Replication
	switch {
	case is(r.Syncing, true):
		return FullResync, fmt.Sprintf("%s says that all data of %s is being copied to it (full resync)%s", name, peer, r.left())
	case is(r.LinkUp, false):
		return LinkDown, fmt.Sprintf("%s says that its link to %s is down%s", name, peer, since(r.LinkDownFor))
	case is(r.LinkUp, true):
		text := fmt.Sprintf("%s says that its link to %s is up", name, peer)
		if r.LastIO.Known() {
			text += fmt.Sprintf(" (last io %s before it was asked)", whole(r.LastIO.Value))
		}
		return LinkStalled, text + asked(to) + "; " + seen(state)
	}
	return "", ""
}

// byPrimary is what the source says of its replica, the target.
func byPrimary(state probe.LinkState, from, to *Shard) (Kind, string) {
	f := followerAt(from, to)
	if f == nil {
		return "", ""
	}
	name, peer, r := words.Clean(from.Region), words.Clean(to.Region), &from.Last.Replication
	switch {
	case f.Copying():
		return FullResync, fmt.Sprintf("%s says that it copies all its data to %s (full resync)", name, peer)
	case f.Online():
		text := fmt.Sprintf("%s says that its replica %s is online", name, peer)
		if f.Lag.Known() {
			text += fmt.Sprintf(" and acknowledged %s before it was asked%s", whole(f.Lag.Value), after(", ", BehindText(r.Behind(*f), from.Rates)))
		}
		return ReplicaStalled, text + asked(from) + "; " + seen(state)
	}
	return "", ""
}

// asked says that what a server says is old, since it cannot be asked any more.
func asked(s *Shard) string {
	if s.Failed == "" {
		return ""
	}
	return ", but that was before it stopped answering"
}

// whole is a time that a server counts in whole seconds.
func whole(d time.Duration) string { return fmt.Sprintf("%d s", int(d/time.Second)) }

// replicates tells whether the second is a replica of the first: their data has one
// history, or it names the address.
func replicates(primary, replica *Shard) bool {
	if primary.Last == nil || replica.Last == nil || !is(replica.Last.Replication.Role, Replica) {
		return false
	}
	a, b := primary.Last.Replication, replica.Last.Replication
	if a.ID.Known() && b.ID.Known() && a.ID.Value == b.ID.Value {
		return true
	}
	return is(b.PrimaryAddress, primary.Address)
}

// followerAt is what a primary says of a replica; nil where it does not know it. Where
// addresses are translated in between, the only replica of a primary with its history is
// the one.
func followerAt(primary, replica *Shard) *Follower {
	if primary.Last == nil {
		return nil
	}
	followers := primary.Last.Replication.Replicas.Value
	for i := range followers {
		if followers[i].Address == replica.Address {
			return &followers[i]
		}
	}
	if len(followers) == 1 && replicates(primary, replica) && portOf(followers[0].Address) == portOf(replica.Address) {
		return &followers[0]
	}
	return nil
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}
