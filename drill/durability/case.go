package durability

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/redisconf"
)

// Chapter is a part of the matrix, in the order in which the story goes.
type Chapter string

// The chapters.
const (
	OneServer Chapter = "one server, started again"
	Replica   Chapter = "the replica takes over"
	CutOff    Chapter = "the replica is cut off"
	Catching  Chapter = "a replica catches up"
	Moves     Chapter = "backup and upgrade"
)

// Case is one row that can be measured: a configuration, and what happens to it.
type Case struct {
	Name          string
	Configuration string // the name without the crash
	About         string // what is done, in a sentence
	Chapter       Chapter
	Crash         Crash
	Recovery      Recovery
	Given         bool // the configuration is the user's own

	settings redisconf.Config
	replicas int           // that follow the primary
	far      time.Duration // to the replicas, one way
	waiting  waiting
	promise  func(Circumstances) Promise // nil: Promised
	notes    []string
	play     func(context.Context, *bench) error
}

// circumstances are those that the promise of the case depends on.
func (c Case) circumstances(rate float64) Circumstances {
	return Circumstances{Crash: c.Crash, Recovery: c.Recovery, Rate: rate, Replicas: c.replicas, Wait: c.waiting.replicas}
}

// row is the row of the case before anything is measured.
func (c Case) row(rate float64) Row {
	r := Row{Name: c.Name, Configuration: c.Configuration, About: c.About, Chapter: c.Chapter, Crash: c.Crash, Recovery: c.Recovery, Given: c.Given, Notes: c.notes}
	if c.promise != nil {
		r.Promise = c.promise(c.circumstances(rate))
	} else {
		r.Promise = Promised(SettingsOf(c.settings), c.circumstances(rate))
	}
	return r
}

// witnessed tells whether the power cut is one of files, and so needs the fsyncs.
func (c Case) witnessed() bool { return c.Crash == PowerCut && c.Recovery == Restarted }

// crashes returns a case twice: ended by SIGKILL, and by a power cut.
func (c Case) crashes() []Case {
	kill, cut := c, c
	kill.Name, kill.Crash = c.Configuration+"-kill", Kill
	cut.Name, cut.Crash = c.Configuration+"-power-cut", PowerCut
	return []Case{kill, cut}
}
