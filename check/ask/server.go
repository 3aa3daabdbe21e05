package ask

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/vitals"
)

// mostServers bounds the servers of a region that are asked; Redis advises against clusters of more than 1,000 nodes.
const mostServers = 1024

// errTooMany is why the first of those beyond was not asked. Of the others nothing is said, so that no server can have any
// number of them judged.
var errTooMany = fmt.Errorf("it was not asked, and neither were those after it: %d servers of the region were", mostServers)

var errNoTime = errors.New("it was not asked: there was no time left")

// server is one server while it is asked.
type server struct {
	connect string // the address that is connected to: of an endpoint that a discovery service tells, its name
	facts   check.Server
	track   vitals.Track
	err     error
}

// add takes in a server that is to be asked.
func (i *inquiry) add(address string, shard int) {
	if len(i.servers) > mostServers {
		return
	}
	s := &server{connect: address, facts: check.Server{Address: address, Shard: shard}}
	if len(i.servers) == mostServers {
		s.leave(errTooMany)
	}
	i.servers = append(i.servers, s)
}

func (s *server) fail(err error) { s.err, s.facts.Failed, s.facts.Advice = err, said(err), advice(err) }

// leave leaves a server alone, and says why.
func (s *server) leave(why error) {
	s.fail(why)
	s.facts.Untried = true
}

// ask asks servers how they are, for the first time.
func (i *inquiry) ask(ctx context.Context, servers []*server) {
	i.each(ctx, servers, func(s *server) {
		if err := i.examine(ctx, s); err != nil {
			s.fail(err)
		}
	})
}

// each does something with all servers that have not failed, many at a time.
func (i *inquiry) each(ctx context.Context, servers []*server, do func(*server)) {
	var group sync.WaitGroup
	defer group.Wait()
	for _, s := range servers {
		if s.err != nil {
			continue
		}
		if !i.turn(ctx) {
			if s.facts.Vitals.At.IsZero() {
				s.leave(errNoTime)
			}
			continue
		}
		group.Go(func() {
			defer i.over()
			do(s)
		})
	}
}

// examine asks a server everything. What breaks off after the first answer is a gap, and no error.
func (i *inquiry) examine(ctx context.Context, s *server) error {
	x, err := i.examiner.Connect(ctx, s.connect)
	if err != nil {
		return err
	}
	defer x.Close() //nolint:errcheck // everything was answered
	s.facts.Address = x.Address()
	at := time.Now()
	replies, err := x.Read(ctx, vitals.Commands())
	if err != nil {
		return err
	}
	v := vitals.Parse(at, replies)
	s.track.Take(v)
	s.facts.Vitals, s.facts.Scripts = v, v.Scripts
	s.facts.Modules = as(v.Modules, modules)
	if s.facts.Clock, err = i.clock(ctx, x); err != nil {
		return nil // a gap
	}
	found, err := x.Libraries(ctx)
	if err != nil {
		return nil // a gap
	}
	s.facts.Libraries = as(found, libraries)
	return nil
}

func modules(of []vitals.Module) []check.Module {
	var all []check.Module
	for _, m := range of {
		all = append(all, check.Module(m))
	}
	return all
}

func libraries(of []region.Library) []check.Library {
	var all []check.Library
	for _, l := range of {
		all = append(all, check.Library(l))
	}
	return all
}

// askAgain asks all servers once more when Measure has passed since the last of them was asked, and so tells how much they
// do. Of one that does not answer any more that stays unknown.
func (i *inquiry) askAgain(ctx context.Context) {
	var last time.Time
	for _, s := range i.servers {
		if at := s.facts.Vitals.At; s.err == nil && at.After(last) {
			last = at
		}
	}
	if last.IsZero() || !pause.For(ctx, i.Measure-time.Since(last)) {
		return
	}
	i.each(ctx, i.servers, func(s *server) {
		x, err := i.examiner.Connect(ctx, s.connect)
		if err != nil {
			return
		}
		defer x.Close() //nolint:errcheck // everything was answered
		at := time.Now()
		replies, err := x.Read(ctx, []vitals.Command{vitals.Info, vitals.AskRole})
		if err != nil {
			return
		}
		s.track.Take(vitals.Parse(at, replies))
		s.facts.Rates, s.facts.Measured = s.track.Rates(), at.Sub(s.facts.Vitals.At)
	})
}
