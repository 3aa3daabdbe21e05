package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/vitals"
)

// unknown stands for what a server did not say.
const unknown = "?"

// ServerLine is what is told of a server in a table, in words: "?" for what is not
// known.
type ServerLine struct {
	Name        string // the region, and the shard where there are several
	Version     string
	Role        string
	Replication string
	Memory      string
	Disk        string
}

// ServerLines returns what is told of each server.
func ServerLines(shards []vitals.Shard) []ServerLine {
	names := serverNames(shards)
	lines := make([]ServerLine, 0, len(shards))
	for i := range shards {
		lines = append(lines, serverLine(names[i], &shards[i]))
	}
	return lines
}

func serverLine(name string, s *vitals.Shard) ServerLine {
	l := ServerLine{Name: name, Version: unknown, Role: unknown, Replication: unknown, Memory: unknown, Disk: unknown}
	if s.Last == nil {
		return l
	}
	if v := s.Last.Version; v.Known() {
		l.Version = words.Clean(v.Value)
		if n := s.Last.Name; n.Known() && n.Value != "redis" {
			l.Version = words.Clean(n.Value) + " " + l.Version
		}
	}
	if r := s.Last.Replication.Role; r.Known() {
		l.Role = string(r.Value)
	}
	l.Replication, l.Memory, l.Disk = replicationText(s), memoryText(s.Last.Memory), diskText(s.Last)
	return l
}

// serverNames names servers by their region, and by their shard where it has several.
func serverNames(shards []vitals.Shard) []string {
	several := make(map[string]bool)
	for i := range shards {
		several[shards[i].Region] = several[shards[i].Region] || shards[i].Index > 0
	}
	return convert(shards, func(s vitals.Shard) string {
		if several[s.Region] {
			return words.Clean(s.Region) + " " + words.Shard(s.Index)
		}
		return words.Clean(s.Region)
	})
}

// replicationText says how a replica's link is by its word, or how far the replicas of
// a primary are.
func replicationText(s *vitals.Shard) string {
	r := &s.Last.Replication
	if r.Role.Known() && r.Role.Value == vitals.Replica {
		return "of " + cmp.Or(words.Clean(r.PrimaryAddress.Value), unknown) + ", link " + linkText(r)
	}
	if !r.Replicas.Known() {
		return unknown + resyncsText(r)
	}
	if len(r.Replicas.Value) == 0 {
		return "no replica" + resyncsText(r)
	}
	parts := convert(r.Replicas.Value, func(f vitals.Follower) string {
		return words.Clean(f.Address) + " " + followerText(r, f, s.Rates)
	})
	if len(parts) > mostFollowers {
		parts = append(parts[:mostFollowers], fmt.Sprintf("and %d more", len(parts)-mostFollowers))
	}
	return strings.Join(parts, "; ") + resyncsText(r)
}

// resyncsText counts how often replicas came to a primary; "" where none did.
func resyncsText(r *vitals.Replication) string {
	if !r.FullSyncs.Known() || !r.PartialSyncs.Known() || r.FullSyncs.Value+r.PartialSyncs.Value == 0 {
		return ""
	}
	return fmt.Sprintf("; since its start %s full and %s partial resyncs", words.Thousands(r.FullSyncs.Value), words.Thousands(r.PartialSyncs.Value))
}

// mostFollowers bounds the replicas that a line names.
const mostFollowers = 3

func linkText(r *vitals.Replication) string {
	switch {
	case r.Syncing.Known() && r.Syncing.Value:
		return "full resync"
	case !r.LinkUp.Known():
		return unknown
	case !r.LinkUp.Value:
		return "down"
	case r.LastIO.Known():
		return fmt.Sprintf("up (last io %d s ago)", int(r.LastIO.Value/time.Second))
	}
	return "up"
}

func followerText(r *vitals.Replication, f vitals.Follower, rates vitals.Rates) string {
	text := words.Clean(cmp.Or(f.State, unknown))
	if behind := vitals.BehindText(r.Behind(f), rates); behind != "" {
		text += ", " + behind
	}
	return text
}

func memoryText(m vitals.Memory) string {
	if !m.Used.Known() {
		return unknown
	}
	text := words.Bytes(float64(m.Used.Value))
	if m.Limit.Known() && m.Limit.Value > 0 {
		text += " of " + words.Bytes(float64(m.Limit.Value))
		if m.Policy.Known() {
			text += ", " + words.Clean(m.Policy.Value)
		}
	}
	return text
}

// diskText says what a server keeps on disk, as far as it says so.
func diskText(s *vitals.Server) string {
	p, save := s.Persistence, s.Settings["save"]
	var parts []string
	if p.AOF.Known() && p.AOF.Value {
		parts = append(parts, "append-only file "+okText(p.AOFWriteOK))
	}
	if saves := !save.Known() || save.Value != ""; p.SaveOK.Known() && (saves || !p.SaveOK.Value) {
		parts = append(parts, "snapshot "+okText(p.SaveOK))
	}
	if len(parts) == 0 && p.AOF.Known() && save.Known() {
		return "nothing is kept"
	}
	return cmp.Or(strings.Join(parts, ", "), unknown)
}

func okText(f vitals.Field[bool]) string {
	switch {
	case !f.Known():
		return unknown
	case f.Value:
		return "ok"
	}
	return "failed"
}

// VitalsRemark is something that a server says and that is worth reading.
type VitalsRemark struct {
	Subject string // the server or the link that it is about
	Text    string // in words, without a full stop
}

// VitalsRemarks are what the servers say of links that are not up, and then what is not
// as it should be with them. The clock puts times into words.
func VitalsRemarks(snap *probe.Snapshot, shards []vitals.Shard, clock func(time.Time) string) []VitalsRemark {
	names := serverNames(shards)
	var remarks []VitalsRemark
	explanations := vitals.Beside(snap, shards)
	for _, e := range explanations {
		remarks = append(remarks, VitalsRemark{words.Link(e.From, e.To), e.Text})
	}
	for i := range shards {
		s := &shards[i]
		if s.Failed != "" {
			remarks = append(remarks, VitalsRemark{names[i], silentText(s, clock)})
		}
		for _, r := range s.Remarks {
			if !explained(explanations, shards, s, r) {
				remarks = append(remarks, VitalsRemark{names[i], r.Text})
			}
		}
		for _, c := range s.Copies {
			if c.Done {
				remarks = append(remarks, VitalsRemark{names[i], c.Text()})
			}
		}
	}
	return remarks
}

// explained tells whether what a server says of its link to its primary, or of a replica, is told of the link already.
func explained(explanations []vitals.Explanation, shards []vitals.Shard, s *vitals.Shard, r vitals.Remark) bool {
	return slices.ContainsFunc(explanations, func(e vitals.Explanation) bool {
		switch {
		case e.Kind != r.Kind:
			return false
		case e.To == s.Region && e.ToShard == s.Index:
			return true
		}
		return e.From == s.Region && e.FromShard == s.Index && slices.ContainsFunc(shards, func(to vitals.Shard) bool {
			return to.Region == e.To && to.Index == e.ToShard && to.Address == r.Subject
		})
	})
}

// silentText says that a server could not be asked any more.
func silentText(s *vitals.Shard, clock func(time.Time) string) string {
	why := words.Said(s.Failed)
	if s.Last == nil {
		return "it could not be asked: " + why
	}
	return fmt.Sprintf("it could not be asked since %s, and what is told of it was so before: %s", clock(s.FailedAt), why)
}

// NotToldText says in a sentence which commands are not answered by whom; "" where all are.
func NotToldText(shards []vitals.Shard) string {
	var parts []string
	for _, c := range vitals.Commands() {
		for _, why := range []struct {
			text string
			are  func(*vitals.Server) []vitals.Command
		}{
			{"its user may not send it", func(s *vitals.Server) []vitals.Command { return s.Denied }},
			{"there is no such command", func(s *vitals.Server) []vitals.Command { return s.Lacks }},
		} {
			var regions []string
			for i := range shards {
				s := &shards[i]
				if s.Last != nil && slices.Contains(why.are(s.Last), c) && !slices.Contains(regions, words.Clean(s.Region)) {
					regions = append(regions, words.Clean(s.Region))
				}
			}
			if len(regions) > 0 {
				parts = append(parts, fmt.Sprintf("%s in %s (%s)", c, words.Enumerate(regions), why.text))
			}
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Not answered: " + strings.Join(parts, ", ") + "."
}

// VitalsCostText says in a sentence what asking the servers will take.
func VitalsCostText(c vitals.Cost) string {
	return fmt.Sprintf("--vitals asks each server how it is: %s, %s readings/s of %d commands that only read",
		words.Count(c.Connections, "more connection"), words.Amount(c.ReadingsPerSecond), c.CommandsPerReading)
}
