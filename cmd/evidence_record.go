package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/evidence"
)

// record adds an earlier run, or what a file holds, as the n-th.
func (g *gathering) record(n int, what string) error {
	folder := fmt.Sprintf("runs/%d", n)
	found, err := findRecorded(g.p, *g.state, what)
	if err != nil {
		return err
	}
	if err := g.addRecorded(folder, found); err != nil {
		return err
	}
	if found.Begin == nil {
		return nil
	}
	begin := *found.Begin
	begin.User = "" // who runs it is nobody's business, and its process means nothing elsewhere
	begin.PID = 0
	g.at(begin.At)
	g.hide.Regions = append(g.hide.Regions, begin.Names()...)
	g.hide.Keep = append(g.hide.Keep, begin.Prefix)
	g.bundle.Deployment = cmp.Or(g.bundle.Deployment, begin.Deployment)
	if err := g.add(folder+"/begin.json", "what it was run with, and on what", begin); err != nil {
		return err
	}
	return g.watchdog(folder, begin.Run)
}

// watchdog adds the log of the process that watched over a run, where one did.
func (g *gathering) watchdog(folder, run string) error {
	kept, err := archiveIn(*g.state)
	if err != nil {
		return err
	}
	log, err := kept.ReadWatchdog(run)
	switch {
	case errors.Is(err, archive.ErrNoRun) || errors.Is(err, os.ErrNotExist): // a record in a file, or nobody watched
		return nil
	case err != nil:
		g.lacks(folder+"/watchdog.txt", err)
		return nil
	}
	g.bundle.Parts = append(g.bundle.Parts, evidence.Part{Name: folder + "/watchdog.txt", About: "the log of the process that watched over it", Content: log})
	return nil
}
