package region

import (
	"context"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/vitals"
)

// vitalsBuffer is the size of the read buffer of a connection that reads a server, in
// bytes: INFO is some 6 kB.
const vitalsBuffer = 8 << 10

// Reader is one region whose servers are asked how they are: a vitals.Source. It
// sends INFO, ROLE, LATENCY LATEST and CONFIG GET of vitals.SettingNames, and nothing
// else.
type Reader struct {
	door *door
	list *list
}

var _ vitals.Source = (*Reader)(nil)

// NewReader prepares a Reader; it opens no connection.
func NewReader(r config.Region, o Options) *Reader {
	door := newDoor(r, o)
	door.uses |= ToRead
	return &Reader{door: door, list: newList(door.prefix, readRules.Get())}
}

// Connect opens a connection to an address of the region. It takes Options.Timeout at
// the most for each step.
func (r *Reader) Connect(ctx context.Context, address string) (vitals.Session, error) {
	c, err := r.door.open(ctx, address, r.list, vitalsBuffer)
	if err != nil {
		return nil, err
	}
	return &readerSession{c, vitals.SettingNames()}, nil
}

// readerSession is one connection over which a server is asked how it is.
type readerSession struct {
	*conn
	settings []string // that CONFIG GET is sent for
}

// Ask sends all commands together and reads their replies; see vitals.Session. It takes
// Options.Timeout at the most.
func (s *readerSession) Ask(ctx context.Context, commands []vitals.Command) ([]vitals.Reply, error) {
	var replies []vitals.Reply
	var sent [][]string
	for _, c := range commands {
		if c != vitals.ConfigGet {
			replies = append(replies, vitals.Reply{Command: c})
			sent = append(sent, strings.Fields(c.String()))
			continue
		}
		for _, name := range s.settings {
			replies = append(replies, vitals.Reply{Command: c, Setting: name})
			sent = append(sent, []string{"CONFIG", "GET", name})
		}
	}
	values, err := s.askAll(ctx, sent)
	if err != nil {
		return nil, s.door.fail(s.address, readingVitals, err)
	}
	for i, v := range values {
		s.take(&replies[i], v)
	}
	return replies, nil
}

// take takes in the reply to one command.
func (s *readerSession) take(r *vitals.Reply, v resp.Value) {
	r.Value = v
	if refusal := v.Err(); refusal != nil {
		r.Err = s.door.fail(s.address, readingVitals+" ("+r.Command.String()+")", refusal)
		r.Outcome = refusedAs(v.Str)
	}
}

// refusedAs is what an error reply to a command that only reads means.
func refusedAs(reply string) vitals.Outcome {
	switch cause := CauseOf(resp.ServerError(reply)); {
	case cause == probe.Permission:
		return vitals.Denied
	case slices.Contains([]string{"LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOAUTH"}, resp.ServerError(reply).Code()):
		return vitals.NotAtTimes
	}
	return vitals.Unserved
}
