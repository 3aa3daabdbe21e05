package drill

import (
	"bufio"
	"cmp"
	"container/heap"
	"fmt"
	"io"
	"math"
	"slices"
)

// SetRead is a look for every write of a run in one region: one read of the whole
// set, as a history has it.
type SetRead struct {
	Region       int
	Began, Ended Moment
	Found        *Numbers
	// Complete says that every write that was acknowledged before Began was looked
	// for, and that each of these looks was answered.
	Complete bool
}

// WriteHistory writes a whole run as operations in the form that Jepsen's set-full
// checker takes: each write is an `add` of its number, each of the reads a `read` of
// all numbers that it found. So another program can judge the run, and one that
// knows nothing of fences or links.
//
//	ledger (in the order of sending) ─┐
//	reads (in the order of beginning) ┴─> invocations ─┬─> operations, by time
//	                           ends of those under way ┘
//
// A write that was rejected or never sent is a `fail`; one that is indeterminate is
// an `info`, and its process is never heard of again, as Jepsen demands. What is
// held in memory is the operations under way at one moment, and nothing else.
func WriteHistory(w io.Writer, f HistoryFormat, l *Ledger, regions []string, reads []SetRead) error {
	reads = slices.SortedFunc(slices.Values(reads), func(a, b SetRead) int { return cmp.Compare(a.Began, b.Began) })
	out := bufio.NewWriterSize(w, 1<<16)
	h := history{out: opWriter{out: out, format: f}, regions: regions}
	last := Moment(0)
	for n := range l.Len() {
		e := l.Entry(n)
		// Whoever entered this write had done so after the one before was entered, so
		// it was sent later than that moment, too.
		last = max(last, e.Sent)
		for len(reads) > 0 && reads[0].Began <= last {
			h.read(reads[0])
			reads = reads[1:]
		}
		h.add(e, last)
	}
	for _, read := range reads {
		h.read(read)
	}
	h.endUntil(math.MaxInt64)
	return out.Flush()
}

// history is a history that is being written.
type history struct {
	out     opWriter
	regions []string
	index   int
	pending ends
	free    []int // processes that have nothing to do
	started int   // processes that there ever were
}

// op is one line of a history.
type op struct {
	index, process int
	time           Moment
	kind           string // invoke, ok, fail or info
	node           string
	value          int      // of an add
	read           bool     // it is a read
	found          *Numbers // by a read that is ok
}

// end is the end of an operation that is under way.
type end struct {
	at Moment
	op op
}

// add begins the operation of a write.
func (h *history) add(e Entry, at Moment) {
	one := op{node: h.regions[e.Region], value: e.N}
	ended := max(e.Ended, at)
	switch e.Outcome {
	case Acknowledged:
		one.kind = "ok"
	case Rejected, Unsent:
		one.kind = "fail"
	case Inflight: // to the end
		one.kind, ended = "info", math.MaxInt64
	default:
		one.kind = "info"
	}
	h.begin(one, at, ended)
}

// read begins the operation of a read.
func (h *history) read(r SetRead) {
	one := op{node: h.regions[r.Region], read: true, kind: "ok", found: r.Found}
	if !r.Complete {
		one.kind, one.found = "fail", nil // absence from it would mean nothing
	}
	h.begin(one, r.Began, max(r.Ended, r.Began))
}

// begin writes the invocation of an operation, after the ends of those that ended
// before. What happens at the same moment overlaps.
func (h *history) begin(one op, at, ended Moment) {
	h.endUntil(at)
	if n := len(h.free); n > 0 {
		one.process = h.free[n-1]
		h.free = h.free[:n-1]
	} else {
		one.process = h.started
		h.started++
	}
	heap.Push(&h.pending, end{ended, one})
	one.kind, one.found = "invoke", nil
	h.write(one, at)
}

// endUntil writes the ends of the operations that ended before a moment.
func (h *history) endUntil(at Moment) {
	for len(h.pending) > 0 && (h.pending[0].at < at || at == math.MaxInt64) {
		e := heap.Pop(&h.pending).(end)
		if e.op.kind != "info" {
			h.free = append(h.free, e.op.process)
		}
		if e.at == math.MaxInt64 {
			e.at = h.out.last
		}
		h.write(e.op, e.at)
	}
}

func (h *history) write(one op, at Moment) {
	one.index, one.time = h.index, at
	h.index++
	h.out.write(one)
}

// ends is a heap of ends, the earliest first.
type ends []end

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i].at < e[j].at }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }

// Push and Pop are for package heap.
func (e *ends) Push(x any) { *e = append(*e, x.(end)) }

// Pop is for package heap.
func (e *ends) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// writeHistory writes the history of the run if one is wanted. That it could not be
// written is told as an event: it is no part of what the drill found out.
func (r *run) writeHistory() {
	if r.History == nil {
		return
	}
	names := make([]string, len(r.Maps))
	for i := range names {
		names[i] = r.name(i)
	}
	if err := WriteHistory(r.History, r.HistoryFormat, r.ledger, names, slices.Concat(r.search.sets, r.sets)); err != nil {
		r.tell(r.now(), EventError, fmt.Sprintf("write the history: %v", err))
	}
}
