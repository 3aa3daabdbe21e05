package host

import (
	"fmt"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// What is worth a word. Below it a machine is taken to be well: these are where a
// measured latency begins to say more of the machine than of what was measured.
const (
	notableSteal      = 0.02
	notableBusy       = 0.95
	notableFlush      = 20 * time.Millisecond // a rotating disk takes 10
	notableWrite      = 20 * time.Millisecond
	notableAgain      = 0.01
	notableDiskStalls = 0.10
	notableMemory     = 0.01
)

// Notable says what of the load may have spoilt a measurement, each in words; none
// where there is nothing. All of it is about this machine only.
func (l Load) Notable() []string {
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	if c := l.CPU; c != nil {
		if c.Steal >= notableSteal {
			say("the hypervisor took %s of the CPU time of this machine", percent(c.Steal))
		}
		if c.Busy >= notableBusy {
			say("the CPUs of this machine were %s busy", percent(c.Busy))
		}
	}
	for _, d := range l.Disks {
		if d.FlushTime >= notableFlush {
			say("%s of this machine took %s for a flush", d.Name, words.Rough(d.FlushTime))
		}
		if d.WriteTime >= notableWrite {
			say("%s of this machine took %s for a write", d.Name, words.Rough(d.WriteTime))
		}
	}
	if p := l.DiskPressure; p != nil && p.Full >= notableDiskStalls {
		say("all tasks of this machine waited for its disks %s of the time", percent(p.Full))
	}
	if p := l.MemoryPressure; p != nil && p.Full >= notableMemory {
		say("all tasks of this machine waited for memory %s of the time", percent(p.Full))
	}
	for _, i := range l.Interfaces {
		if i.Dropped > 0 {
			say("%s of this machine dropped %s", i.Name, words.Count(i.Dropped, "packet"))
		}
		if i.Errors > 0 {
			say("%s of this machine had %s", i.Name, words.Count(i.Errors, "error"))
		}
	}
	if r := l.Retransmitted; r != nil && *r >= notableAgain {
		say("this machine sent %s of its TCP segments again", percent(*r))
	}
	return said
}

func percent(share float64) string { return fmt.Sprintf("%.0f%%", 100*share) }
