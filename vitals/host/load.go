package host

import "time"

// Load is how the machine was doing between two samples.
type Load struct {
	For time.Duration // between the two
	CPU *CPU          // nil where it could not be read
	// Disks are the devices that did something, by name; partitions and what lies on
	// them each count. Interfaces are likewise those that anything went over.
	Disks      []Disk
	Interfaces []Interface
	// Retransmitted is the share of TCP segments that were sent again, since the other
	// end had not said that it got them; nil where none were sent or it is not told.
	Retransmitted *float64
	// CPUPressure and the others are nil where the kernel does not tell them.
	CPUPressure, DiskPressure, MemoryPressure *Pressure
	// Unknown are the things that could not be read at either end, in words.
	Unknown []string
}

// Between returns the load from a to the later b.
func Between(a, b Sample) Load {
	passed := b.At.Sub(a.At)
	l := Load{
		For: passed, CPU: a.cpu.between(b.cpu),
		Disks: disksBetween(a, b, passed), Interfaces: interfacesBetween(a, b),
		Retransmitted:  a.tcp.between(b.tcp),
		CPUPressure:    pressureBetween(a, b, "cpu", passed),
		DiskPressure:   pressureBetween(a, b, "io", passed),
		MemoryPressure: pressureBetween(a, b, "memory", passed),
	}
	for _, part := range []struct {
		unknown bool
		name    string
	}{
		{l.CPU == nil, "CPU time"},
		{a.disks == nil || b.disks == nil, "disks"},
		{a.wires == nil || b.wires == nil, "network interfaces"},
		{a.tcp == nil || b.tcp == nil, "TCP"},
		{l.CPUPressure == nil || l.DiskPressure == nil || l.MemoryPressure == nil, "pressure"},
	} {
		if part.unknown {
			l.Unknown = append(l.Unknown, part.name)
		}
	}
	return l
}

// Disk returns what the device of this name did; false where it did nothing, or is
// not known.
func (l Load) Disk(name string) (Disk, bool) {
	for _, d := range l.Disks {
		if d.Name == name {
			return d, true
		}
	}
	return Disk{}, false
}
