package docs_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is the most that a command may take on a machine that is busy with other tests.
const patience = 4 * time.Minute

// stage is where one command of a document runs: a folder with what the documents take to lie there, and with a lab of its own
// where the command is about regions.
type stage struct {
	program string
	folder  string
	environ []string          // what every program there gets
	urls    map[string]string // of the regions of the lab, by name
	// settings are the regions of the lab, as a file has them.
	settings string
	lab      *exec.Cmd // nil without one
}

// newStage makes a stage without regions in an empty folder. Runs of drills are kept in it unless state says where.
func newStage(program, folder, state string) (*stage, error) {
	s := &stage{program: program, folder: folder}
	for _, variable := range []string{"HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"} {
		path := filepath.Join(folder, "."+variable)
		if variable == "XDG_STATE_HOME" && state != "" {
			path = state
		} else if err := os.Mkdir(path, 0o700); err != nil {
			return nil, err
		}
		s.environ = append(s.environ, variable+"="+path)
	}
	// The scripts of the documents call the program by its name, and so does somebody who makes a fault by hand.
	s.environ = append(s.environ, "PATH="+filepath.Dir(program)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	for name, content := range props {
		if err := s.put(name, content); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// put puts a file there.
func (s *stage) put(name, content string) error {
	return os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o700)
}

// props are the files that documents speak of, but for those with regions.
var props = map[string]string{
	"redis.conf":    "# line 1\n\nport 6379\nappendonly yes\nappendfsync everysec\nmaxmemory 1gb\nmaxmemory-policy noeviction\n\n\n\n\nreplication-backlog-size 64mb\n",
	"sound.conf":    "appendonly yes\nappendfsync everysec\n",
	"sentinel.conf": "port 26379\nsentinel monitor mymaster 127.0.0.1 6379 2\nsentinel down-after-milliseconds mymaster 5000\nsentinel failover-timeout mymaster 60000\n",
	"break.sh":      "#!/bin/sh\nexec aafailover lab kill us\n",
	"mend.sh":       "#!/bin/sh\nexec aafailover lab start us\n",
	"inject.sh":     "#!/bin/sh\nexec aafailover lab kill us\n",
	"heal.sh":       "#!/bin/sh\nexec aafailover lab start us\n",
	"cold-start.yaml": "name: cold-start\nsummary: the local region is restarted empty\nsteps:\n" +
		"  - {phase: fault, do: kill, region: local}\n  - {phase: heal, do: start, region: local, empty: true}\nexpect: [early==0]\n",
}

// openLab starts the lab of the stage with these flags, and writes its regions into the files that documents have them in.
func (s *stage) openLab(flags ...string) error {
	c := exec.Command(s.program, slices.Concat([]string{"lab", "-o", "json"}, flags)...)
	c.Dir, c.Env = s.folder, s.environ
	stdout, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	s.lab = c
	var ready struct{ Regions []struct{ Name, URL string } }
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		return fmt.Errorf("lab %q: %w", flags, err)
	}
	s.urls = map[string]string{}
	s.settings = "regions:\n"
	for _, region := range ready.Regions {
		s.urls[region.Name] = region.URL
		s.settings += fmt.Sprintf("  - name: %s\n    url: %s\n", region.Name, region.URL)
	}
	for _, name := range []string{"staging.yaml", "two.yaml", "enterprise.yaml"} {
		if err := s.put(name, s.settings); err != nil {
			return err
		}
	}
	return nil
}

// close ends the lab, if there is one.
func (s *stage) close() error {
	if s.lab == nil {
		return nil
	}
	if err := s.lab.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := s.lab.Wait(); err != nil {
		return fmt.Errorf("the lab: %w", err)
	}
	return nil
}

// result is what a command printed, and how it ended.
type result struct {
	stdout, stderr string
	code           int
}

// cue is what somebody at another terminal does once a command has printed a text.
type cue struct {
	text string
	do   func(command *os.Process) error
}

// run runs the program to its end. Each cue is acted on once.
func (s *stage) run(environ, args []string, cues ...cue) (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, s.program, args...)
	c.Dir, c.Env = s.folder, slices.Concat(s.environ, environ)
	c.WaitDelay = 10 * time.Second // what it has started may hold its output open
	stdout, stderr := &prompter{cues: slices.Clone(cues)}, &prompter{cues: slices.Clone(cues)}
	c.Stdout, c.Stderr = stdout, stderr
	if err := c.Start(); err != nil {
		return result{}, err
	}
	stdout.process(c.Process)
	stderr.process(c.Process)
	err := c.Wait()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = nil
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("it did not end within %s", patience)
	}
	r := result{stdout.text.String(), stderr.text.String(), c.ProcessState.ExitCode()}
	return r, errors.Join(err, stdout.failed, stderr.failed)
}

// prompter keeps what a command prints, and acts on its cues.
type prompter struct {
	mu     sync.Mutex
	text   bytes.Buffer
	about  *os.Process // nil until it has started
	cues   []cue       // to come
	failed error       // of a cue
}

var _ io.Writer = (*prompter)(nil)

// process says whose output it is.
func (p *prompter) process(about *os.Process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.about = about
	p.act()
}

// Write never fails.
func (p *prompter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(b)
	p.act()
	return len(b), nil
}

func (p *prompter) act() {
	if p.about == nil {
		return
	}
	p.cues = slices.DeleteFunc(p.cues, func(c cue) bool {
		if !strings.Contains(p.text.String(), c.text) {
			return false
		}
		p.failed = errors.Join(p.failed, c.do(p.about))
		return true
	})
}
