package recorder

import (
	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/proxy"
)

// Session is one connection, as it enters what happens on it into a Log. Its methods must not be called at the same time;
// sessions do not mind each other.
type Session struct{}

// Open enters that the service has connected to a front of a region.
func (l *Log) Open(region int, at drill.Moment) *Session { return &Session{} }

// Reached enters that the connection to the region was made.
func (s *Session) Reached(at drill.Moment) {}

// Operation is one command that is in flight, of one Session.
type Operation int32

// Begin enters that a command was sent, whatever it is: it is what traffic counts. A command of which nothing is known
// is the zero Command. Nothing of args is kept. Each Operation is ended with Delivered or Abandoned, once.
func (s *Session) Begin(c commands.Command, args []commands.Argument, at drill.Moment) Operation {
	return 0
}

// Answered enters what the region answered: for a command that was queued, what EXEC did. Nothing of it is kept; what it means
// counts once it is delivered. It is not called for what is never answered.
func (s *Session) Answered(o Operation, r commands.Reply, at drill.Moment) {}

// Refused is Answered for a command that will not be carried out although no error says so: of a transaction that was discarded,
// or that EXEC answered with null.
func (s *Session) Refused(o Operation, at drill.Moment) {}

// Delivered enters that the last byte of the answer has gone out to the service.
func (s *Session) Delivered(o Operation, at drill.Moment) {}

// Abandoned enters that the service will get no answer, or that none was asked for.
func (s *Session) Abandoned(o Operation, at drill.Moment) {}

// NotRecorded counts a command of which not enough was kept: it had too many arguments.
func (s *Session) NotRecorded() {}

// NotUnderstood enters that the connection is passed through from here on.
func (s *Session) NotUnderstood() {}

// Ended enters how the connection ended. What is in flight is to be abandoned before.
func (s *Session) Ended(e proxy.End, at drill.Moment) {}
