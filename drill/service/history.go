package service

import (
	"iter"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/recorder"
)

// home is the index of the region that the service is to prefer.
const home = 0

// history is what Measures are made from: what the recorder saw, and when the fault came.
type history struct {
	sight
	writes      iter.Seq[recorder.Write]
	write       func(n int) recorder.Write
	connections []recorder.Connection
	errors      []recorder.Errors
	before      []recorder.Errors // those that it had been given when the fault came
	reads       []recorder.Reads

	steady, fault, end drill.Moment // steady: when the steady phase began; fault: the end of the run where there was none
	moves              []Move
}

// historyOf takes from a log what was entered up to a moment.
func historyOf(l *recorder.Log, s sight, steady drill.Moment, fault *drill.Moment, end drill.Moment, moves []Move, before []recorder.Errors) history {
	h := history{sight: s, writes: l.Writes(), write: l.Write, connections: l.Connections(), errors: l.Errors(), before: before, reads: l.Reads(),
		steady: steady, fault: end, end: end, moves: moves}
	if fault != nil {
		h.fault = *fault
	}
	return h
}

// sightOf is what is to be seen in a log now.
func sightOf(l *recorder.Log, regions int, byWrites bool) sight {
	s := sight{byWrites: byWrites}
	for region := range regions {
		s.traffic = append(s.traffic, l.Traffic(region))
	}
	return s
}
