package probe

// Counts is what became of messages. It adds up as those of a [Cell] do.
type Counts struct {
	Sent, Delivered, Late, Lost, NoEvidence, Overdue, Waiting uint64
	Duplicate, Foreign, Forged, TooLate                       uint64
}

// Plus returns the sum of two counts.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		Sent: c.Sent + d.Sent, Delivered: c.Delivered + d.Delivered, Late: c.Late + d.Late, Lost: c.Lost + d.Lost,
		NoEvidence: c.NoEvidence + d.NoEvidence, Overdue: c.Overdue + d.Overdue, Waiting: c.Waiting + d.Waiting,
		Duplicate: c.Duplicate + d.Duplicate, Foreign: c.Foreign + d.Foreign, Forged: c.Forged + d.Forged,
		TooLate: c.TooLate + d.TooLate,
	}
}

// sums returns what a cell has counted.
func (c *cell) sums() Counts {
	var sent uint64
	for _, n := range c.counts {
		sent += n
	}
	return Counts{
		Sent: sent, Delivered: c.counts[delivered], Late: c.counts[delayed] + c.counts[excused], Lost: c.counts[lost],
		NoEvidence: c.counts[withoutEvidence], Overdue: c.counts[overdue], Waiting: c.counts[waiting],
		Duplicate: c.duplicate, Foreign: c.foreign, Forged: c.forged, TooLate: c.tooLate,
	}
}
