package report

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/probe"
)

// linkFamilies are what is served of a link; of a loop, from a region to itself, it is the same by other names, since a rule about
// links must not have to leave the loops out.
type linkFamilies struct {
	state, cells, lastUp, lastDelivered, deadline, overdueNow, waitingNow *family

	sent, delivered, late, overdue, lost, noEvidence, duplicate, foreign, forged, tooLate *family

	roundTrip *family
}

var (
	ofLinks = lazy.Value[linkFamilies]{Make: func() linkFamilies { return linkMetrics("link_", "from", "to") }}
	ofLoops = lazy.Value[linkFamilies]{Make: func() linkFamilies { return linkMetrics("loop_", "region") }}
)

func linkMetrics(prefix string, ends ...string) linkFamilies {
	with := func(label string) []string { return append(append([]string(nil), ends...), label) }
	return linkFamilies{
		state:         gauge(prefix+"state", "1 for the state, 0 for each other one. It is as bad as the worst cell.", with("state")...),
		cells:         gauge(prefix+"cells", "Cells, by their state.", with("state")...),
		lastUp:        gauge(prefix+"last_up_timestamp_seconds", "The last time at which all cells had delivered in time, also by an earlier run; not there when they never had.", ends...),
		lastDelivered: gauge(prefix+"last_delivered_timestamp_seconds", "When the cell that has not delivered for longest last did; not there when one never did.", ends...),
		deadline:      gauge(prefix+"deadline_seconds", "How long a message may take at present.", ends...),
		overdueNow:    gauge(prefix+"overdue_messages", "Messages whose deadline has passed, that have not come yet.", ends...),
		waitingNow:    gauge(prefix+"waiting_messages", "Messages that are not decided on yet.", ends...),
		sent:          counter(prefix+"messages_sent", "Messages that were handed to the source region.", ends...),
		delivered:     counter(prefix+"messages_delivered", "Messages received before their deadline.", ends...),
		late:          counter(prefix+"messages_late", "Messages received after their deadline.", ends...),
		overdue:       counter(prefix+"messages_overdue", "Messages that had not come by their deadline, of those that must have; what comes after all is late besides.", ends...),
		lost:          counter(prefix+"messages_lost", "Messages given up, or overtaken by a later one; what comes after all is late besides.", ends...),
		noEvidence:    counter(prefix+"messages_no_evidence", "Messages that did not come and nobody could be charged with.", ends...),
		duplicate:     counter(prefix+"messages_duplicate", "Messages received once more.", ends...),
		foreign:       counter(prefix+"messages_foreign", "Messages of other observers.", ends...),
		forged:        counter(prefix+"messages_forged", "Messages on the channels of this observer that are of nobody.", ends...),
		tooLate:       counter(prefix+"messages_too_late", "Messages received so late that they could not be told from duplicates.", ends...),
		roundTrip:     gauge(prefix+"round_trip_seconds", "From the PUBLISH in the source region to the arrival from the target region, of messages that came.", ends...),
	}
}

// What is served of single cells.
var (
	cellUp        = gauge("cell_up", "1 when a cell delivers, in time or late; 0 when it is silent; not there when nothing is known.", "from", "to", "slot", "from_shard", "to_shard")
	cellDelivered = gauge("cell_last_delivered_timestamp_seconds", "When a cell last delivered; not there when it never did.", "from", "to", "slot", "from_shard", "to_shard")
	cellOverdue   = gauge("cell_overdue_messages", "Messages whose deadline has passed, that have not come yet.", "from", "to", "slot", "from_shard", "to_shard")
	cellCount     = gauge("cells", "Cells of all links.")
	cellsOmitted  = gauge("cells_omitted", "Cells that have no series of their own, since together they have more than the limit.")
)

// seriesOfCell is how many there are of each cell at most.
const seriesOfCell = 3

// link sends what is known of a link or loop.
func (s series) link(l *probe.Link) {
	f, ends := ofLinks.Get(), []string{l.From, l.To}
	if l.Loop() {
		f, ends = ofLoops.Get(), ends[:1]
	}
	count := map[probe.LinkState]uint64{}
	var delivered time.Time
	var overdue, waiting uint64
	for i := range l.Cells {
		c := &l.Cells[i]
		count[c.State]++
		overdue, waiting = overdue+c.Overdue, waiting+c.Waiting
		if i == 0 || c.LastDelivered.Before(delivered) {
			delivered = c.LastDelivered
		}
	}
	oneHot(s, f.state, l.State, probe.LinkStates(), ends...)
	for _, state := range probe.LinkStates() {
		s.count(f.cells, count[state], append(append([]string(nil), ends...), string(state))...)
	}
	s.moment(f.lastUp, l.LastUp, ends...)
	s.moment(f.lastDelivered, delivered, ends...)
	s.put(f.deadline, l.Deadline.Seconds(), ends...)
	s.count(f.overdueNow, overdue, ends...)
	s.count(f.waitingNow, waiting, ends...)
	s.messages(f, &l.Ever, ends)
	s.roundTrips(f.roundTrip.desc(), &l.Trips, ends)
}

// messages sends what was ever said of the messages of a link.
func (s series) messages(f linkFamilies, e *probe.Ever, ends []string) {
	for _, one := range []struct {
		of *family
		n  uint64
	}{
		{f.sent, e.Sent}, {f.delivered, e.Delivered}, {f.late, e.Late}, {f.overdue, e.Overdue}, {f.lost, e.Lost}, {f.noEvidence, e.NoEvidence},
		{f.duplicate, e.Duplicate}, {f.foreign, e.Foreign}, {f.forged, e.Forged}, {f.tooLate, e.TooLate},
	} {
		s.count(one.of, one.n, ends...)
	}
}

// roundTrips sends a histogram. Its bounds are exclusive, where those of Prometheus are inclusive: what takes exactly a bound, to
// the microsecond, is counted with what takes longer.
func (s series) roundTrips(desc *prometheus.Desc, t *probe.RoundTrips, ends []string) {
	buckets := make(map[float64]uint64, len(t.Below))
	for i, bound := range probe.TripBounds() {
		buckets[bound.Seconds()] = t.Below[i]
	}
	s.to <- prometheus.MustNewConstHistogram(desc, t.Count, t.Sum.Seconds(), buckets, clean(ends)...)
}

// cells sends what is known of single cells, when that takes no more series than the limit.
func (s series) cells(snap *probe.Snapshot, limit int) {
	all := 0
	for i := range snap.Links {
		if !snap.Links[i].Loop() {
			all += len(snap.Links[i].Cells)
		}
	}
	s.count(cellCount, uint64(all))
	if all > limit/seriesOfCell {
		s.count(cellsOmitted, uint64(all))
		return
	}
	s.count(cellsOmitted, 0)
	for i := range snap.Links {
		l := &snap.Links[i]
		if l.Loop() {
			continue
		}
		from, to := snap.Region(l.From), snap.Region(l.To)
		for k := range l.Cells {
			c := &l.Cells[k]
			labels := []string{l.From, l.To, strconv.Itoa(c.Slot), shardOf(from, c.FromShard), shardOf(to, c.ToShard)}
			if c.State != probe.LinkUnknown {
				s.truth(cellUp, !c.State.Silent(), labels...)
			}
			s.moment(cellDelivered, c.LastDelivered, labels...)
			s.count(cellOverdue, c.Overdue, labels...)
		}
	}
}

// shardOf is the id of a shard of a region, "" when there is none.
func shardOf(r *probe.Region, index int) string {
	if r == nil || index < 0 || index >= len(r.Shards) {
		return ""
	}
	return r.Shards[index].ID
}
