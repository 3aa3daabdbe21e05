package probe

// Ever counts what was ever said of the messages of a link, of cells that are no more too. Nothing of it ever goes down: a message
// that comes after all stays among those that were once overdue or lost, and is late besides.
type Ever struct {
	Sent       uint64 // handed to the source region
	Delivered  uint64 // received before the deadline
	Late       uint64 // received after the deadline
	Overdue    uint64 // charged to the link when their deadline had passed
	Lost       uint64 // given up
	NoEvidence uint64 // not received, and nobody could be charged with it

	Duplicate, Foreign, Forged, TooLate uint64 // as in [Cell]
}

// ever returns what was ever said of the messages of the link, of which all cells, those that are no more included, have seen
// so many.
func (l *link) ever(seen Counts) Ever {
	return Ever{
		Sent: l.fates[waiting], Delivered: l.fates[delivered], Late: l.fates[delayed] + l.fates[excused], Overdue: l.fates[overdue],
		Lost: l.fates[lost], NoEvidence: l.fates[withoutEvidence],
		Duplicate: seen.Duplicate, Foreign: seen.Foreign, Forged: seen.Forged, TooLate: seen.TooLate,
	}
}
