package host

import (
	"strconv"
	"strings"
)

// cpu is the time that all processors together have spent, in ticks of the kernel,
// 1/100 s mostly. Only the proportions are used.
type cpu struct{ total, idle, wait, steal uint64 }

// CPU is how the time of all processors together was spent, as shares of 1.
type CPU struct {
	Busy  float64 // neither idle nor stolen
	Wait  float64 // idle while something waited for a disk
	Steal float64 // wanted by this machine, and given to others by its hypervisor
}

// parseCPU takes the first line, "cpu user nice system idle iowait irq softirq
// steal …", proc(5). What follows is contained in user and nice.
func (s *Sample) parseCPU(content string) error {
	line, _, _ := strings.Cut(content, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return errForm
	}
	var ticks [8]uint64
	for i := range ticks {
		n, err := strconv.ParseUint(fields[i+1], 10, 64)
		if err != nil {
			return errForm
		}
		ticks[i] = n
	}
	c := cpu{idle: ticks[3], wait: ticks[4], steal: ticks[7]}
	for _, n := range ticks {
		c.total += n
	}
	s.cpu = &c
	return nil
}

// between returns nil where no time passed. Idle, wait and steal are known to step
// back a little on some kernels, which counts as none.
func (c *cpu) between(to *cpu) *CPU {
	if c == nil || to == nil || to.total <= c.total {
		return nil
	}
	total := float64(to.total - c.total)
	share := func(from, to uint64) float64 {
		n, _ := grown(from, to)
		return min(float64(n)/total, 1)
	}
	l := &CPU{Wait: share(c.wait, to.wait), Steal: share(c.steal, to.steal)}
	l.Busy = max(0, 1-share(c.idle, to.idle)-l.Wait-l.Steal)
	return l
}
