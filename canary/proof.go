package canary

import (
	"fmt"
	"math/bits"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// proof tells what is known of a region because the canary writes.
func (b *book) proof(region int, now Moment) probe.Proof {
	p := b.writes(region, now)
	missing, unread := b.lacking(region, now)
	if missing > 0 {
		p.Missing = []string{fmt.Sprintf("%s known to exist elsewhere %s not readable in it", writesText(missing), are(missing))}
	}
	if unread > 0 {
		p.Doubtful = []string{fmt.Sprintf("%s known to exist elsewhere %s yet to be looked for in it", writesText(unread), are(unread))}
	}
	return p
}

// writes tells whether every slot of a region accepts writes, by the last one to
// each; nothing of a region in which none was tried lately.
func (b *book) writes(region int, now Moment) probe.Proof {
	tried, owned, proven := 0, 0, 0
	for _, slot := range b.cover {
		if _, owns := b.sharded[region].ShardOf(slot); !owns {
			continue
		}
		owned++
		p := place{region, slot}
		t, ok := b.tries[p]
		if !ok || now-t.at > b.lately() {
			continue
		}
		tried++
		switch {
		case t.outcome == drill.Acknowledged && b.valid(p, t.at):
			proven++
		case t.outcome == drill.Rejected && t.cause != probe.Moved:
			return probe.Proof{Writes: probe.WritesRefused, Cause: t.cause}
		}
	}
	switch {
	case tried == 0:
		return probe.Proof{}
	case proven == owned:
		return probe.Proof{Writes: probe.WritesProven}
	}
	return probe.Proof{Writes: probe.WritesUnproven}
}

// lacking counts the writes that are known to be readable in another region that
// can be asked, and were not found in this one, or not looked for yet. Those so
// young that they may be on their way do not count, nor those about to expire.
func (b *book) lacking(region int, now Moment) (missing, unread int) {
	there := make(map[int]uint64) // by slot: the other regions that are there
	for _, n := range b.stillOpen(region) {
		w := b.at(n)
		if w.ended() > now-b.grace || !b.stays(n, now) {
			continue
		}
		slot := int(w.slot)
		others, known := there[slot]
		if !known {
			for _, other := range b.owners(slot) {
				if other != region && b.latest.shard(other, slot).present {
					others |= bit(other)
				}
			}
			there[slot] = others
		}
		switch {
		case bits.OnesCount64(w.seen&others) == 0:
		case w.absent&bit(region) != 0:
			missing++
		default:
			unread++
		}
	}
	return missing, unread
}

func writesText(n int) string {
	if n == 1 {
		return "1 canary write that is"
	}
	return fmt.Sprintf("%d canary writes that are", n)
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
