package host

import (
	"strconv"
	"strings"
	"time"
)

// stalls is for how long tasks have waited for something, in microseconds: some
// task, and all of them at once.
type stalls struct{ some, full uint64 }

// Pressure is the share of the time in which tasks waited for a resource, as the
// kernel's pressure stall information tells it (Linux 4.20 and later).
type Pressure struct {
	Some float64 // at least one task waited
	Full float64 // all tasks that had something to do waited; of the CPU always 0
}

func (s *Sample) parseCPUPressure(content string) error    { return s.parsePressure("cpu", content) }
func (s *Sample) parseIOPressure(content string) error     { return s.parsePressure("io", content) }
func (s *Sample) parseMemoryPressure(content string) error { return s.parsePressure("memory", content) }

// parsePressure takes "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", and the
// same of "full", Documentation/accounting/psi.rst.
func (s *Sample) parsePressure(resource, content string) error {
	var p stalls
	found := false
	for line := range strings.Lines(content) {
		_, after, ok := strings.Cut(line, "total=")
		total, err := strconv.ParseUint(strings.TrimSpace(after), 10, 64)
		if !ok || err != nil {
			return errForm
		}
		switch {
		case strings.HasPrefix(line, "some "):
			p.some, found = total, true
		case strings.HasPrefix(line, "full "):
			p.full = total
		}
	}
	if !found {
		return errForm
	}
	if s.pressure == nil {
		s.pressure = make(map[string]stalls)
	}
	s.pressure[resource] = p
	return nil
}

// pressureBetween returns nil where it is not known.
func pressureBetween(from, to Sample, resource string, passed time.Duration) *Pressure {
	a, known := from.pressure[resource]
	b, still := to.pressure[resource]
	some, more := grown(a.some, b.some)
	full, fuller := grown(a.full, b.full)
	if !known || !still || !more || !fuller || passed <= 0 {
		return nil
	}
	share := func(us uint64) float64 {
		return min(1, float64(time.Duration(us)*time.Microsecond)/float64(passed))
	}
	return &Pressure{Some: share(some), Full: share(full)}
}
