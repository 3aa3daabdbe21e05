package service

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/recorder"
)

// measure works out what the service did and was told. It is pure.
func measure(h history) Measures {
	m := Measures{To: -1, Moves: slices.Clone(h.moves), ByWrites: h.byWrites, Gap: h.gap(), Storm: h.storm(), Split: h.split()}
	if len(m.Moves) > 0 {
		m.To = m.Moves[0].To
	}
	m.countCommands(h)
	m.readWrites(h)
	m.readConnections(h)
	m.Errors = h.errorsSince()
	for _, r := range h.reads {
		m.Reads += r.Count
		if r.Verdict == recorder.Older || r.Verdict == recorder.Missing {
			m.Stale = append(m.Stale, r)
		}
	}
	if len(m.Moves) > 0 {
		m.CutOverAt = &m.Moves[0].At
	}
	return m
}

// errorsSince are the errors since the fault. Where there were some before, it is not known which was the first of the others.
func (h history) errorsSince() (since []recorder.Errors) {
	for _, e := range h.errors {
		for _, b := range h.before {
			if b.Region == e.Region && b.Code == e.Code {
				e.Count, e.First = e.Count-b.Count, max(e.First, h.fault)
			}
		}
		if e.Count > 0 && e.Last >= h.fault {
			since = append(since, e)
		}
	}
	return since
}

// countCommands tells how busy the service was before the fault, and how much of what it sent failed.
func (m *Measures) countCommands(h history) {
	commands, writes := 0, 0
	for s := range h.steps(h.end) {
		for _, step := range s.by {
			if s.end > h.fault {
				m.Failed += step.Failed
				continue
			}
			m.FailedBefore += step.Failed
			if s.end > h.steady {
				commands += step.Commands
				writes += step.Writes
			}
		}
	}
	if took := (h.fault - h.steady).Seconds(); took > 0 {
		m.Commands, m.PerSecond = float64(commands)/took, float64(writes)/took
	}
}

// readWrites goes through the writes twice: it finds the exact moments of the moves, and then what was repeated, split or astray.
func (m *Measures) readWrites(h history) {
	if h.byWrites {
		m.findArrivals(h)
	}
	left := drill.Moment(-1)
	blur := h.width()
	if h.byWrites {
		blur = 0
	}
	for w := range h.writes {
		if w.Repeats != recorder.NoWrite {
			m.Repeats.add(w, h.write(w.Repeats).Region)
		}
		m.stray(w, blur)
		if w.Outcome != drill.Acknowledged {
			continue
		}
		if w.Region == home && len(m.Moves) > 0 && w.Ended <= m.Moves[0].At {
			left = max(left, w.Ended)
		}
	}
	if left >= 0 {
		m.LeftAt = &left
	}
}

// findArrivals gives each move the moment of its first write: until then it has that of a step of the traffic.
func (m *Measures) findArrivals(h history) {
	const none = math.MaxInt64
	exact := slices.Repeat([]drill.Moment{none}, len(m.Moves))
	for w := range h.writes {
		if w.Outcome != drill.Acknowledged {
			continue
		}
		for i, move := range m.Moves {
			if w.Region == move.To && w.Ended >= move.At && w.Ended < move.At+h.width() {
				exact[i] = min(exact[i], w.Ended)
			}
		}
	}
	for i, at := range exact {
		if at != none {
			m.Moves[i].At = at
		}
		if i > 0 { // two in one step may have come the other way round
			m.Moves[i].At = max(m.Moves[i].At, m.Moves[i-1].At)
		}
	}
}

// stray counts a write that was sent to a region out of which the service had moved. One that was under way when it moved there
// again was a part of that. The moments of moves are known to within blur.
func (m *Measures) stray(w recorder.Write, blur time.Duration) {
	away := false
	for _, move := range m.Moves {
		if move.At+blur >= w.Sent {
			away = away && (move.To != w.Region || w.Ended < move.At)
			break
		}
		away = move.From == w.Region || away && move.To != w.Region
	}
	if !away {
		return
	}
	s := &m.Strays
	if s.Sent == 0 {
		s.First = w.Sent
	}
	s.Sent++
	s.Last = max(s.Last, w.Sent)
	if w.Outcome == drill.Acknowledged {
		s.Acknowledged++
	}
}

func (r *Repeats) add(w recorder.Write, earlier int) {
	if r.Count == 0 {
		r.First = w.Sent
	}
	r.Count++
	r.Last = max(r.Last, w.Sent)
	if w.Doubtful {
		r.Doubtful++
	}
	if earlier != w.Region {
		r.Elsewhere++
	}
}

// split tells when the service wrote to several regions at once: in a step of the traffic in whose second before, and in whose second
// after, it wrote to each of them. A region that is left for another has nothing after, and that other one nothing before.
func (h history) split() (s Split) {
	steps := slices.Collect(h.steps(h.end))
	around := max(1, int(time.Second/max(h.width(), 1)))
	wrote := func(some []slice, region int) bool {
		return slices.ContainsFunc(some, func(one slice) bool { return one.by[region].Writes > 0 })
	}
	seconds := make(map[drill.Moment]bool)
	for i, now := range steps {
		if now.end <= h.fault {
			continue
		}
		before, after := steps[max(i-around, 0):i], steps[i+1:min(i+1+around, len(steps))]
		regions, all, most := 0, 0, 0
		for region, step := range now.by {
			if wrote(before, region) && wrote(after, region) {
				regions++
				all, most = all+step.Writes, max(most, step.Writes)
			}
		}
		if regions < 2 || all == most {
			continue
		}
		if s.Writes == 0 {
			s.First = now.end - h.width()
		}
		s.Writes += all - most
		s.Last = now.end
		seconds[now.end/time.Second] = true
	}
	s.Seconds = len(seconds)
	return s
}

// readConnections tells of the first success, of what the service gave up waiting for, and of what it lost while it waited for nothing.
func (m *Measures) readConnections(h history) {
	for _, c := range h.connections {
		if c.Region == home && c.First >= 0 && (m.FirstAt == nil || c.First < *m.FirstAt) {
			m.FirstAt = &c.First
		}
		if c.Code == timedOut && c.Ended >= h.fault && c.Unanswered > 0 {
			m.TimedOut++
			m.Unanswered += c.Unanswered
		}
		if c.Ended >= h.fault && c.Cut() {
			m.Cut++
		}
	}
}

// timedOut is the code of a connection that the service closed with commands unanswered: see recorder.Errors.
const timedOut = "timeout"

// width is that of the steps of the traffic.
func (h history) width() time.Duration {
	if len(h.traffic) == 0 {
		return 0
	}
	return slices.MaxFunc(h.traffic, func(a, b recorder.Traffic) int { return cmp.Compare(a.Width, b.Width) }).Width
}

// gap is the longest stretch since the fault in which nothing succeeded anywhere. Where no step of the traffic is without a success
// there is none to speak of: it is shorter than two steps.
func (h history) gap() Gap {
	var longest Gap
	since := h.fault
	for s := range h.steps(h.end) {
		if s.end <= h.fault {
			continue
		}
		if !slices.ContainsFunc(s.by, func(step recorder.Step) bool { return step.Succeeded > 0 }) {
			continue
		}
		if g := (Gap{From: since, To: max(s.end-h.width(), since)}); g.Length() > longest.Length() {
			longest = g
		}
		since = s.end
	}
	if g := (Gap{From: since, To: h.end}); g.Length() > longest.Length() {
		longest = g
	}
	return longest
}

// storm is the second since the fault in which most connections were opened to one region.
func (h history) storm() (s Storm) {
	if took := (h.fault - h.steady).Seconds(); took > 0 {
		n := 0
		for _, c := range h.connections {
			if c.Opened >= h.steady && c.Opened < h.fault {
				n++
			}
		}
		s.Usual = float64(n) / took
	}
	opened := make([][]drill.Moment, len(h.traffic))
	for _, c := range h.connections {
		if c.Opened >= h.fault {
			opened[c.Region] = append(opened[c.Region], c.Opened)
		}
	}
	for region, all := range opened {
		slices.Sort(all)
		first := 0
		for i, at := range all {
			for at-all[first] >= time.Second {
				first++
			}
			if n := i - first + 1; n > s.Opened {
				s.Region, s.At, s.Opened = region, all[first], n
			}
		}
	}
	return s
}
