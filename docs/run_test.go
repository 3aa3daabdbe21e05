package docs_test

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resttest"
)

// Every command line of the documents is run, as it stands where that is possible. What is put in its place otherwise:
//
//   - Regions. A URL after --region is that of the region of the same name in a lab of the command's own. staging.yaml and the other
//     files of settings have these regions, and so has aafailover.yaml where a command that needs regions says nothing of them. A lab that a
//     document starts is there for the commands below it; without one --lab is the built-in one, as for whoever types it.
//   - Time. Variables say what flags that are not given would: a probe that goes on for ever ends after two seconds, and the phases of a
//     drill are short. A long time that is a part of the command is in the table of exceptions.
//   - RUN is a drill that was killed, last is one that ended, and files that the text takes for granted are there.
//
// Of a command that prose only names, without what it is to be given, there must be a line elsewhere that is run.
//
// Each must end with exit code 0, or with what the table says, and print what the document shows.
func TestEveryCommandOfTheDocumentsRuns(t *testing.T) {
	t.Parallel()
	p := newPlay(t)
	var wait sync.WaitGroup
	room := make(chan struct{}, 16) // most of them wait for timers and messages
	failed := make([]error, len(p.scenes))
	for i, scene := range p.scenes {
		wait.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			began := time.Now()
			failed[i] = p.perform(scene)
			t.Logf("%.1f s  %s", time.Since(began).Seconds(), scene.commandLine)
		})
	}
	wait.Wait()
	// Who is short of CPU may see what is not there, as anybody would who types this on a machine that does sixteen things at once: what
	// failed so has two more attempts with the machine to itself.
	again := 0
	for i, scene := range p.scenes {
		for attempt := 0; failed[i] != nil && attempt < 0; attempt++ {
			t.Logf("%s: %s: again, since: %v", scene.at, scene.commandLine, failed[i])
			failed[i] = p.perform(scene)
			again++
		}
		if failed[i] != nil {
			t.Errorf("%s: %s: %v", scene.at, scene.commandLine, failed[i])
		}
	}
	t.Logf("%d commands run, %d of them with what they show; %d attempts again; %d commands not run", len(p.scenes), p.compared(), again, len(notRun))
}

// stage makes the next stage.
func (p *play) stage(state string) (*stage, error) {
	folder := filepath.Join(p.folder, strconv.FormatInt(p.stages.Add(1), 10))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	return newStage(p.program, folder, state)
}

// make runs what is to lie in the past.
func (p *play) make() (past, error) {
	s, err := p.stage(p.kept)
	if err != nil {
		return past{}, err
	}
	made := past{files: map[string]string{}}
	for _, command := range [][]string{
		{"drill"}, {"probe", "--lab", "--record", "probe.json"}, {"probe", "--lab", "--record", "before.json"}, {"probe", "--lab", "--record", "after.json"},
	} {
		got, err := s.run(environOf(command), command)
		if err != nil || got.code > 1 { // whatever came out is a result that can be reported
			return past{}, fmt.Errorf("%q: exit code %d, %w: %s", command, got.code, err, got.stderr)
		}
		if made.run == "" {
			if made.run, err = got.run(); err != nil {
				return past{}, err
			}
		}
		if name := command[len(command)-1]; strings.HasSuffix(name, ".json") {
			content, err := os.ReadFile(filepath.Join(s.folder, name))
			if err != nil {
				return past{}, err
			}
			made.files[name] = string(content)
		}
	}
	return made, nil
}

// run is the id of the drill that a command has run.
func (r result) run() (string, error) {
	if found := regexp.MustCompile(`run ([a-z0-9]{10})\n`).FindStringSubmatch(r.stderr); found != nil {
		return found[1], nil
	}
	return "", fmt.Errorf("no drill was run: %s", r.stderr)
}

// earlier tells whether a command is about runs that have ended.
func earlier(words []string) bool {
	return words[0] == "report" || slices.Contains(words, "last") ||
		words[0] == "drill" && len(words) > 1 && slices.Contains([]string{"history", "show", "diff"}, words[1])
}

// perform runs one command, and returns what is wrong with how it ends or with what it prints.
func (p *play) perform(sc scene) (err error) {
	state := ""
	var made past
	if earlier(sc.words) {
		if made, err = p.made(); err != nil {
			return err
		}
		state = p.kept
	}
	s, err := p.stage(state)
	if err != nil {
		return err
	}
	if sc.needs {
		defer func() { err = errors.Join(err, s.close()) }()
		if err := s.openLab(sc.lab...); err != nil {
			return err
		}
		if !slices.ContainsFunc(sc.words, func(word string) bool { return slices.Contains([]string{"--region", "--config", "--lab"}, word) }) {
			if err := s.put("aafailover.yaml", s.settings); err != nil {
				return err
			}
		}
	}
	for name, content := range made.files {
		if err := s.put(name, content); err != nil {
			return err
		}
	}
	words, err := p.words(sc, s, made)
	if err != nil {
		return err
	}
	environ := environOf(sc.words)
	if slices.Contains(sc.words, "--api") {
		environ = append(environ, "US_API_PASSWORD="+resttest.Password, "AAFAILOVER_TLS_PIN="+p.api.API().TLS.Pins[0].String())
	}
	got, err := s.run(environ, words, s.cues(sc)...)
	if err != nil || !slices.Contains(append(sc.codes, 0)[:max(1, len(sc.codes))], got.code) {
		return fmt.Errorf("exit code %d: %w\n%s\n%s", got.code, cmp.Or(err, errors.New("run as "+strings.Join(words, " "))), got.stdout, got.stderr)
	}
	if sc.another {
		return nil
	}
	return differs(sc.shown, got.stdout)
}

// words are those that are run.
func (p *play) words(sc scene, s *stage, made past) ([]string, error) {
	urls := s.urls
	if sc.servers {
		urls = p.servers
	}
	words := slices.Clone(sc.words)
	for i, word := range words {
		for k := 0; k < len(sc.instead); k += 2 {
			if word == sc.instead[k] {
				words[i] = sc.instead[k+1]
			}
		}
		switch name, _, _ := strings.Cut(word, "="); {
		case word == "RUN":
			if words[i] = made.run; made.run == "" {
				var err error
				if words[i], err = s.killed(); err != nil {
					return nil, err
				}
			}
		case word == "$GITHUB_STEP_SUMMARY": // which the shell replaces
			words[i] = "summary.md"
		case i == 0:
		case words[i-1] == "--region":
			words[i] = name + "=" + urls[name]
		case words[i-1] == "--listen":
			words[i] = "127.0.0.1:0" // the port may be another's here
		case words[i-1] == "--api":
			words[i] = name + "=https://" + url.QueryEscape(resttest.User) + "@" + p.api.API().Address + "?passwordEnv=US_API_PASSWORD"
		}
	}
	return words, nil
}

// killed runs a drill that is killed in its outage, and returns its id.
func (s *stage) killed() (string, error) {
	command := []string{"drill", "--config", "two.yaml", "--allow-writes", "us,eu", "--fault", "proxy"}
	got, err := s.run(environOf(command), command, cue{"phase     outage\n", (*os.Process).Kill})
	if err != nil {
		return "", err
	}
	return got.run()
}

// cues are what is done at other terminals while a command runs: a lab that stays is interrupted when it is ready, and whoever is asked to
// make a fault by hand does so.
func (s *stage) cues(sc scene) []cue {
	by := func(args ...string) func(*os.Process) error {
		return func(*os.Process) error {
			got, err := s.run(nil, args)
			if err == nil && got.code != 0 {
				err = fmt.Errorf("%q: %s", args, got.stderr)
			}
			return err
		}
	}
	switch {
	case sc.words[0] == "lab" && !sc.needs:
		return []cue{{"The lab is ready", func(lab *os.Process) error { return lab.Signal(syscall.SIGINT) }}}
	case slices.Contains(sc.words, "manual"):
		return []cue{{"now: make us unreachable", by("lab", "kill", "us")}, {"now: bring us back", by("lab", "start", "us")}}
	}
	return nil
}

// environOf are variables that save time, and that say of the stage what somebody with regions of their own would know.
func environOf(words []string) []string {
	environ := []string{"AAFAILOVER_NO_TUI=true", "AAFAILOVER_PAUSE=1m", "AAFAILOVER_WITHIN=3m"} // a machine that is busy is not slow to judge
	path := strings.Join(words[:min(2, len(words))], " ")
	switch {
	case path == "probe simulate":
		return []string{"AAFAILOVER_SOLVED=true"}
	case path == "drill durability":
		return []string{"AAFAILOVER_ONLY=aof-everysec-kill", "AAFAILOVER_WRITES_FOR=300ms", "AAFAILOVER_AT_ONCE=4"}
	case words[0] == "probe" && !slices.Contains(words, "--once"):
		return append(environ, "AAFAILOVER_FOR=2s")
	case words[0] == "drill":
		// A lab does not tell how much memory it may use.
		return append(environ, "AAFAILOVER_STEADY=500ms", "AAFAILOVER_OUTAGE=500ms", "AAFAILOVER_SETTLE=200ms", "AAFAILOVER_ACCEPT=unknown-memory",
			"AAFAILOVER_CLIENT_GRACE=500ms", "AAFAILOVER_CLIENT_RETURN=500ms", "AAFAILOVER_CLIENT_RELOAD=1s")
	case words[0] == "check":
		return append(environ, "AAFAILOVER_MEASURE=200ms")
	}
	return environ
}
