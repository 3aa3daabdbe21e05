package host

import (
	"slices"
	"strconv"
	"strings"
)

// wire is what a network interface has counted.
type wire struct{ received, sent, dropped, errors uint64 }

// Interface is what went over a network interface between two readings. What was
// dropped on the way between machines is not seen here; see Load.Retransmitted.
type Interface struct {
	Name     string // "eth0", "lo"
	Received uint64 // bytes
	Sent     uint64 // bytes
	Dropped  uint64 // packets, in both directions
	Errors   uint64 // packets, in both directions
}

// parseWires takes two lines of headings, and then NAME: bytes packets errs drop
// fifo frame compressed multicast, and the same eight of what was sent, proc(5).
func (s *Sample) parseWires(content string) error {
	wires := make(map[string]wire)
	for line := range strings.Lines(content) {
		name, rest, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		fields := strings.Fields(rest)
		if len(fields) < 12 {
			return errForm
		}
		var n [12]uint64
		for i := range n {
			var err error
			if n[i], err = strconv.ParseUint(fields[i], 10, 64); err != nil {
				return errForm
			}
		}
		wires[strings.TrimSpace(name)] = wire{received: n[0], sent: n[8], errors: n[2] + n[10], dropped: n[3] + n[11]}
	}
	if len(wires) == 0 {
		return errForm
	}
	s.wires = wires
	return nil
}

// interfacesBetween leaves out those over which nothing went, and those that came
// or went.
func interfacesBetween(from, to Sample) []Interface {
	var interfaces []Interface
	for name, b := range to.wires {
		a, ok := from.wires[name]
		received, more := grown(a.received, b.received)
		sent, sentMore := grown(a.sent, b.sent)
		dropped, lost := grown(a.dropped, b.dropped)
		failures, failed := grown(a.errors, b.errors)
		if ok && more && sentMore && lost && failed && received+sent+dropped+failures > 0 {
			interfaces = append(interfaces, Interface{Name: name, Received: received, Sent: sent, Dropped: dropped, Errors: failures})
		}
	}
	slices.SortFunc(interfaces, func(a, b Interface) int { return strings.Compare(a.Name, b.Name) })
	return interfaces
}

// tcp is how many segments of TCP were sent, and how many again.
type tcp struct{ sent, again uint64 }

// parseTCP takes the two lines that begin with "Tcp:", names and values, proc(5).
func (s *Sample) parseTCP(content string) error {
	var names []string
	for line := range strings.Lines(content) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "Tcp:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		sent, again := slices.Index(names, "OutSegs"), slices.Index(names, "RetransSegs")
		if sent < 0 || again < 0 || max(sent, again) >= len(fields) {
			return errForm
		}
		var t tcp
		var err, err2 error
		t.sent, err = strconv.ParseUint(fields[sent], 10, 64)
		t.again, err2 = strconv.ParseUint(fields[again], 10, 64)
		if err != nil || err2 != nil {
			return errForm
		}
		s.tcp = &t
		return nil
	}
	return errForm
}

// between returns the share of segments that were sent again, and nil where it
// cannot be told.
func (t *tcp) between(to *tcp) *float64 {
	if t == nil || to == nil {
		return nil
	}
	sent, more := grown(t.sent, to.sent)
	again, retransmitted := grown(t.again, to.again)
	if !more || !retransmitted || sent == 0 {
		return nil
	}
	share := min(1, float64(again)/float64(sent))
	return &share
}
