package docs_test

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aafailover/aafailover/cmd"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resttest"
)

// change is how a command is run that cannot be run as it stands, or that ends otherwise than with 0.
type change struct {
	because string
	instead []string // pairs of words, of which the second one is run
	servers bool     // the regions are two redis-servers, which have nothing to do with each other
	codes   []int    // one of which it ends with; none is 0
	another bool     // what is shown of its output is of a deployment or a moment that there is not, so that it is not compared
}

// twoRegions are the flags of a lab that stands for regions of a user.
var twoRegions = []string{"--regions", "us,eu", "--shards", "2"}

// scene is a command with what has to be there when it is run.
type scene struct {
	commandLine
	change
	needs bool     // a lab
	lab   []string // the flags of the lab
}

// play is all commands of the documents.
type play struct {
	scenes  []scene
	program string
	folder  string
	kept    string               // the state of a user who has run a drill
	servers map[string]string    // the URLs of two redis-servers, by the names of regions
	api     *resttest.Cluster    // a cluster manager
	made    func() (past, error) // whoever asks first makes it
	stages  atomic.Int64         // how many there were
}

// past is what was run before: a drill that is kept and has ended, and the files of earlier runs by name.
type past struct {
	run   string
	files map[string]string
}

// newPlay finds the commands, and fails the test where a table names one that no document has any more.
func newPlay(t *testing.T) *play {
	p := &play{program: built(t), folder: t.TempDir(), kept: t.TempDir(), api: resttest.Start(t, "us", 1, "us", "eu"), servers: map[string]string{}}
	for _, name := range []string{"us", "eu"} {
		p.servers[name] = "redis://" + redistest.Start(t).Addr
	}
	p.made = sync.OnceValues(p.make)
	seen, used, run, named := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]string{}
	for _, document := range documents(t) {
		lines, err := commandLines(document, readDocument(t, document))
		if err != nil {
			t.Fatal(err)
		}
		var lab []string // the flags of the one that the document has started
		stays := false
		for _, line := range lines {
			if line.named {
				named[pathOf(line)] = line.at
				continue
			}
			command := strings.Join(line.words, " ")
			s := scene{commandLine: line, change: exceptions[command], lab: twoRegions, needs: needsLab(line.words)}
			used[command] = true
			switch {
			case line.words[0] == "lab" && !s.needs:
				lab, stays = slices.DeleteFunc(slices.Clone(line.words[1:]), func(word string) bool { return word == "--no-tui" }), true
			case stays && (line.words[0] == "lab" || slices.Contains(line.words, "--lab")):
				s.lab, s.needs = lab, true
			}
			if line.words[0] == "check" && s.needs && s.codes == nil {
				s.codes = []int{0, 1} // what it finds is of a deployment
			}
			id := strings.Join(slices.Concat([]string{command, line.shown, strconv.FormatBool(s.needs)}, s.lab), "\n")
			if notRun[command] == "" && !seen[id] {
				seen[id] = true
				p.scenes = append(p.scenes, s)
			}
			if notRun[command] == "" {
				run[pathOf(line)] = true
			}
		}
	}
	for path, at := range named {
		if !run[path] {
			t.Errorf("%s names %s, and no document shows how it is used, so that it is not run", at, path)
		}
	}
	for command, exception := range exceptions {
		if !used[command] || exception.because == "" {
			t.Errorf("the exception %q is of no document any more, or has no reason", command)
		}
	}
	for command, reason := range notRun {
		if !used[command] || reason == "" {
			t.Errorf("%q, which is not run, is of no document any more, or has no reason", command)
		}
	}
	return p
}

// pathOf is which command of the program a line is of.
func pathOf(l commandLine) string {
	about, _, err := cmd.Commands().Find(l.words)
	if err != nil {
		return "" // which another test tells
	}
	return about.CommandPath()
}

// compared counts the commands whose output is compared with what is shown of it.
func (p *play) compared() int {
	n := 0
	for _, s := range p.scenes {
		if s.shown != "" && !s.another {
			n++
		}
	}
	return n
}

// needsLab tells whether a command is about regions that somebody gives.
func needsLab(words []string) bool {
	for _, flag := range []string{"--region", "--config"} {
		if slices.Contains(words, flag) {
			return true
		}
	}
	below := ""
	if len(words) > 1 && !strings.HasPrefix(words[1], "-") {
		below = words[1]
	}
	switch words[0] {
	case "lab":
		return below != ""
	case "drill":
		return below == "resume" || below == "clean"
	case "probe", "slots", "smoke", "check", "evidence":
		return below == "" && !slices.Contains(words, "--lab")
	}
	return false
}
