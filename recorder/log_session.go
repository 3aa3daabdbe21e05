package recorder

import (
	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/proxy"
)

// Session is one connection, as it enters what happens on it into a Log. Its methods must not be called at the same time;
// sessions do not mind each other.
type Session struct {
	log    *Log
	region int
	number int // in Connections; -1
	lane   *lane

	operations []operation // in flight, and free ones
	free       []Operation
	effects    []commands.Effect // of the command that begins
	items      []commands.Item

	latest       string // name of the latest command that writes
	latestNumber uint16 // in names

	sent, abandoned int
	reached         bool
	succeeded       bool // the service has had a reply that is no error
	blind           bool // it is not known what it writes
	elsewhere       bool // another database than 0 is selected
}

// Operation is one command that is in flight, of one Session.
type Operation int32

// operation is what is remembered of a command until it ends.
type operation struct {
	command  commands.Command
	begun    drill.Moment
	told     drill.Moment // when the region answered
	answer   answer
	code     code   // of the error that it answered
	number   uint32 // of writes
	touched  []touched
	asked    []asked
	selected bool // it selects a database: before, it was another than 0 if elsewhere
	before   bool
}

// mostKept bounds what is kept of an operation for the next one in its place: few commands touch as many items.
const mostKept = 64

// Open enters that the service has connected to a front of a region.
func (l *Log) Open(region int, at drill.Moment) *Session {
	s := &Session{log: l, region: region, number: l.connections.open(region, at)}
	s.lane = l.regions[region].lane(s.number)
	s.lane.add(at, Step{Opened: 1})
	return s
}

// Reached enters that the connection to the region was made.
func (s *Session) Reached(at drill.Moment) {
	s.reached = true
	s.log.connections.change(s.number, func(c *Connection) { c.Reached = at })
}

// Begin enters that a command was sent, whatever it is: it is what traffic counts. A command of which nothing is known
// is the zero Command. Nothing of args is kept. Each Operation is ended with Delivered or Abandoned, once.
func (s *Session) Begin(c commands.Command, args []commands.Argument, at drill.Moment) Operation {
	s.sent++
	s.lane.add(at, Step{Commands: 1})
	n, o := s.take()
	o.command, o.begun, o.told, o.answer, o.code, o.number, o.selected = c, at, 0, noAnswer, 0, 0, false
	switch {
	case c.Name == "" && len(args) > 0:
		s.log.dropped.unknown.Add(1)
		s.unfollow(args)
	case c.Name == "select" || c.Name == "reset":
		o.selected, o.before = true, s.elsewhere
		s.elsewhere = c.Name == "select" && len(args) > 1 && string(args[1].Text) != "0"
	case c.Everything:
		s.log.flushes.begin()
	case s.elsewhere:
		if c.Writes {
			s.log.dropped.otherwhere.Add(1)
		}
	default:
		s.ask(o, args)
		s.write(o, args)
	}
	return n
}

// take returns room for an operation.
func (s *Session) take() (Operation, *operation) {
	if last := len(s.free) - 1; last >= 0 {
		n := s.free[last]
		s.free = s.free[:last]
		return n, &s.operations[n]
	}
	s.operations = append(s.operations, operation{})
	n := Operation(len(s.operations) - 1)
	return n, &s.operations[n]
}

// write enters what a command would leave behind.
func (s *Session) write(o *operation, args []commands.Argument) {
	if !o.command.Writes {
		return
	}
	var long int
	s.effects, long = o.command.Effects(s.effects[:0], args, s.log.seed)
	if long > 0 {
		s.log.dropped.long.Add(int64(long))
	}
	if len(s.effects) == 0 {
		if _, complete := o.command.Keys(nil, args); !complete || o.command.Script {
			s.unfollow(args)
		}
		return
	}
	o.number = s.log.operations.Add(1)
	r := record{sent: o.begun, operation: o.number, connection: uint32(s.number), region: uint8(s.region), outcome: drill.Inflight,
		command: s.nameOf(o.command), fingerprint: fingerprintOf(o.command, args, s.log.seed)}
	if o.command.Doubtful(args) {
		r.facts |= doubtful
	}
	for i := range s.effects {
		s.touch(o, &s.effects[i], r)
	}
	s.effects = kept(s.effects)
}

// nameOf returns the number of a command's name. A service that says the same again and again has it looked up once.
func (s *Session) nameOf(c commands.Command) uint16 {
	if c.Name != s.latest || c.Name == "" {
		s.latest, s.latestNumber = c.Name, s.log.names.number(c.Name)
	}
	return s.latestNumber
}

// unfollow gives up the keys that are among the words of a command which may write, and of which it is not known what its keys
// are.
func (s *Session) unfollow(args []commands.Argument) {
	if s.elsewhere {
		return // those are other keys
	}
	for _, a := range args[1:] {
		if a.Whole() {
			p := s.log.placeOf(commands.Item{Key: a.Text})
			s.log.stripes[p.stripe].unfollow(&p)
		}
	}
}

// touch enters what a command would leave behind of one item.
func (s *Session) touch(o *operation, e *commands.Effect, r record) {
	p := s.log.placeOf(e.Item)
	r.setState(e.State, s.log.until(o.begun))
	if p.named = e.State.NamesPart(); p.named {
		r.facts |= fromReply
	}
	t, matched := s.log.stripes[p.stripe].begin(s.log, &p, &r)
	if !matched {
		s.log.dropped.unmatched.Add(1)
		return
	}
	t.state = e.State
	o.touched = append(o.touched, t)
}

// Answered enters what the region answered: for a command that was queued, what EXEC did. Nothing of it is kept; what it means
// counts once it is delivered. It is not called for what is never answered.
func (s *Session) Answered(n Operation, r commands.Reply, at drill.Moment) {
	o := &s.operations[n]
	o.told, o.answer = at, answerOf(o.command, r)
	if o.answer != success {
		o.code = s.log.errors.code(codeOf(r))
		s.undone(o)
		return
	}
	for i := range o.touched {
		t := &o.touched[i]
		named := t.state.NamesPart()
		if t.state = t.state.Settle(r, s.log.seed); named && t.state.Kind != commands.Unchanged && t.write != unset {
			s.log.stripes[t.stripe].name(s.log, t, r.Text)
		}
	}
	for i := range o.asked {
		a := &o.asked[i]
		found := o.command.Found(a.index, a.kind, r, s.log.seed)
		a.verdict = s.log.judge(a.stripe, a.item, found, o.begun, at, o.number)
	}
}

// undone takes back what was said of a command that was answered with an error.
func (s *Session) undone(o *operation) {
	o.asked = o.asked[:0]
	if o.selected {
		s.elsewhere = o.before
	}
	if o.answer.nothing() {
		for i := range o.touched {
			o.touched[i].state = commands.State{Kind: commands.Unchanged, Keeps: true}
		}
	}
}

// Refused is Answered for a command that will not be carried out although no error says so: of a transaction that was discarded,
// or that EXEC answered with null.
func (s *Session) Refused(n Operation, at drill.Moment) {
	o := &s.operations[n]
	o.told, o.answer = at, refusal
	s.undone(o)
}

// Delivered enters that the last byte of the answer has gone out to the service.
func (s *Session) Delivered(n Operation, at drill.Moment) {
	o := &s.operations[n]
	step := Step{Failed: 1}
	switch {
	case o.answer == success:
		step = Step{Succeeded: 1}
		if len(o.touched) > 0 {
			step.Writes = 1
		}
		if !s.succeeded {
			s.succeeded = true
			s.log.connections.change(s.number, func(c *Connection) { c.First = at })
		}
		for i := range o.asked {
			s.log.reads.add(&o.asked[i], s.region, at)
		}
	case o.answer == unsupported:
		step = Step{}
	case o.code != 0:
		s.log.errors.add(s.region, o.code, at)
	}
	s.lane.add(at, step)
	s.end(n, o.answer.ends(true, o.told), at)
}

// Abandoned enters that the service will get no answer, or that none was asked for.
func (s *Session) Abandoned(n Operation, at drill.Moment) {
	o := &s.operations[n]
	s.abandoned++
	s.lane.add(at, Step{Failed: 1})
	known := at
	if o.answer != noAnswer {
		known = o.told
	}
	s.end(n, o.answer.ends(false, known), at)
}

// end ends an operation, and makes room for another.
func (s *Session) end(n Operation, e ending, at drill.Moment) {
	o := &s.operations[n]
	for i := range o.touched {
		t := &o.touched[i]
		if t.write == unset {
			s.log.dropped.write(e.outcome)
			continue
		}
		s.log.stripes[t.stripe].end(s.log, t, e, at)
	}
	if o.command.Everything {
		s.log.flushes.end(at, e)
	}
	o.touched, o.asked = kept(o.touched), kept(o.asked)
	if s.free = append(s.free, n); len(s.free) == len(s.operations) && len(s.free) > mostKept {
		s.operations, s.free = nil, nil // a long pipeline is over
	}
}

// kept returns the room that a list has, for another one, unless it is unusually large.
func kept[T any](list []T) []T {
	if cap(list) > mostKept {
		return nil
	}
	return list[:0]
}

// NotRecorded counts a command of which not enough was kept: it had too many arguments.
func (s *Session) NotRecorded() { s.log.dropped.commands.Add(1) }

// NotUnderstood enters that the connection is passed through from here on. Unless that is harmless, since it cannot write any more,
// it may change anything until it has ended.
func (s *Session) NotUnderstood(harmless bool) {
	s.log.dropped.notUnderstood.Add(1)
	if !harmless && !s.blind {
		s.blind = true
		s.log.flushes.begin()
	}
	s.log.connections.change(s.number, func(c *Connection) { c.NotUnderstood = true })
}

// Ended enters how the connection ended. What is in flight is to be abandoned before.
func (s *Session) Ended(e proxy.End, at drill.Moment) {
	how := howEnded(e, s.reached, s.abandoned > 0)
	if s.blind {
		s.log.flushes.end(at, otherFailure.ends(true, at))
	}
	s.log.connections.change(s.number, func(c *Connection) {
		c.Ended, c.By, c.Code, c.Commands, c.Unanswered = at, e.By, how, s.sent, s.abandoned
	})
	if !s.reached || s.abandoned > 0 {
		s.log.errors.add(s.region, s.log.errors.code(how), at)
	}
}
