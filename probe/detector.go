package probe

// detector decides what a cell is, from what became of its messages in the order in which that was known. It sees no time
// and no socket: only arrivals, messages that are charged as overdue, and messages that were lost.
//
//	          Up in a row                  Degraded of a window
//	unknown ──────────────> up ──────────────────────────────────> late / degraded
//	   │                    ▲ ▲ <────────────────────────────────      │
//	   │ Down overdue       │    at most half as many, for four windows│ Down overdue
//	   ▼                    │ Up in a row                              ▼
//	 never ─────────> late / degraded <──────────────────────────── down
//	                                 the first arrival
//
// "Down overdue" means in a row, with nothing arriving meanwhile: loss, however heavy, is broken by what arrives, and only
// silence is not. While a silence lasts, it degrades nothing: it will be down, or an arrival will tell what was lost.
type detector struct {
	state   LinkState // "" before anything is known
	ever    bool      // anything arrived, ever
	proving bool      // not up until Up messages in a row were delivered
	silence int       // overdue in a row, since the last arrival
	slack   int       // how many more than Policy.Down make this silence down
	run     int       // delivered in time in a row
	charged int       // fresh messages decided on since proving began
}

// poor tells whether the cell delivers, and not as it should.
func (d *detector) poor() bool { return d.state == LinkDegraded || d.state == LinkLate }

// recovering tells whether a cell that was silent has begun to deliver again, and has not had its chance to be up.
func (d *detector) recovering(p *Policy) bool {
	return d.proving && d.poor() && d.charged < 2*p.Up
}

func newDetector() detector { return detector{proving: true} }

// tally is what the last messages of a cell came to.
type tally struct {
	charged int // all of them
	late    int
	lost    int
	overdue int // none of them was overtaken: they may come yet
	runs    int // of late, lost and overdue messages: how often something went wrong
}

func (t tally) bad() int { return t.late + t.lost + t.overdue }

// arrived says that a message came, before its deadline or after it. It is fresh when it was published after the silence
// before it had ended: what a stalled link hands over in one burst when it is mended does not prove that it is up.
func (d *detector) arrived(inTime, fresh bool) {
	d.silence = 0
	d.ever = true
	if fresh {
		d.charged++
	}
	switch {
	case !inTime:
		d.run = 0
	case fresh:
		d.run++
	}
	switch {
	case d.state.Silent() && inTime:
		d.state = LinkDegraded
	case d.state.Silent() || d.proving && d.state == LinkDegraded && !inTime:
		d.state = LinkLate
	}
}

// missed says that a message is overdue and charged; before is the tally without it. Fresh is as in arrived: what was published
// before the silence had ended says nothing of how the cell is since.
func (d *detector) missed(p *Policy, before tally, fresh bool) {
	if d.silence == 0 {
		d.slack = min(before.bad(), 2*p.Down)
	}
	d.silence++
	d.run = 0
	if fresh {
		d.charged++
	}
}

// lost says that a message was overtaken; fresh is as in missed.
func (d *detector) lost(fresh bool) {
	d.run = 0
	if fresh {
		d.charged++
	}
}

// forget says that there has been no evidence for too long: what was up must be proven again. How many messages were
// overdue stays, no evidence resets nothing: the next one that is charged makes a silent cell down again.
func (d *detector) forget() {
	d.state, d.proving, d.run, d.charged = "", true, 0, 0
}

// judge brings the state up to date. It tells whether the cell has just been proven up, so that what was before does not
// count any more.
//
// Last is the window; calm is a longer one, which decides when a cell that is late or degraded is up again. There it counts
// how often something went wrong, so that one short stall is over as soon as the window is.
func (d *detector) judge(p *Policy, last, calm tally) (proven bool) {
	switch {
	case d.silence >= p.Down+d.slack:
		d.state = LinkDown
		if !d.ever {
			d.state = LinkNever
		}
		d.proving, d.run, d.charged = true, 0, 0
	case d.proving && d.run >= p.Up:
		d.proving, d.state = false, LinkUp
		return true
	case d.proving && d.state == "" && d.ever && d.charged >= 2*p.Up && d.silence == 0:
		// It has had its chance to be up at once.
		d.state = worse(last)
	case d.proving:
	case d.silence > 0:
		// The state stays: see above.
	case last.bad() >= p.Degraded:
		d.state = worse(last)
	case d.state != LinkUp && (last.bad() > p.Degraded/2 || calm.runs > p.Degraded/2):
		d.state = worse(calm)
	default:
		d.state = LinkUp
	}
	return false
}

// worse returns how a cell that delivers, but not as it should, is called: by what most of the bad messages are of which that is
// known.
func worse(last tally) LinkState {
	if last.late > last.lost {
		return LinkLate
	}
	return LinkDegraded
}
