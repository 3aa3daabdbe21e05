package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

// stand is what an experiment is made on: a folder, programs, servers, and where raw output goes.
type stand struct {
	folder  string // of this experiment; removed after it
	quick   bool   // there is less than a minute for all experiments
	out     io.Writer
	program func() (string, error) // builds aafailover as a release is built, once for all experiments, and returns its path
	servers *process.Group         // nil until the first is started
	started int                    // of servers, each with a name of its own
	ends    []func()
	notes   []string
}

// later has f called after the experiment, the last one first.
func (s *stand) later(f func()) { s.ends = append(s.ends, f) }

// end undoes what was made.
func (s *stand) end() {
	for _, f := range slices.Backward(s.ends) {
		f()
	}
	s.ends = nil
}

// show prints what a program said, as it said it.
func (s *stand) show(title, text string) {
	say(s.out, "--- %s\n%s\n", title, strings.TrimRight(text, "\n"))
}

// note adds a paragraph, a table of another shape, or a block of code below the table of the experiment: Markdown.
func (s *stand) note(markdown string) { s.notes = append(s.notes, markdown) }

// server starts a redis-server that saves nothing, on a free port of 127.0.0.1; settings are further lines of its redis.conf.
// It is gone after the experiment.
func (s *stand) server(ctx context.Context, settings ...string) (address string, err error) {
	if s.servers == nil {
		binary, err := process.Find(ctx, "redis-server")
		if err != nil {
			return "", err
		}
		group, err := process.NewGroup(ctx, binary, process.Options{Dir: s.folder})
		if err != nil {
			return "", err
		}
		s.servers = group
		s.later(func() { _ = group.Close(); s.servers = nil })
	}
	text := strings.Join(append([]string{`save ""`, "appendonly no"}, settings...), "\n") + "\n"
	conf, err := redisconf.Parse(text)
	if err != nil {
		return "", err
	}
	s.started++
	server, err := s.servers.Add(process.Config{Name: fmt.Sprint("server-", s.started), Settings: conf})
	if err != nil {
		return "", err
	}
	if err := server.Start(ctx); err != nil {
		return "", err
	}
	return server.Addr(), nil
}

// releaseTags are the tags of the build that goreleaser.yaml makes releases with.
const releaseTags = "nethttpomithttp2"

// build builds a package of the project into a file, as a release is built.
func build(ctx context.Context, target, pkg string, flags ...string) error {
	args := slices.Concat([]string{"build", "-trimpath", "-tags", releaseTags, "-ldflags", "-s -w", "-o", target}, flags, []string{pkg})
	c := exec.CommandContext(ctx, "go", args...)
	c.WaitDelay = patience // a compiler that it has started may have its output still
	c.Env = append(c.Environ(), "CGO_ENABLED=0")
	out, err := c.CombinedOutput()
	if ctx.Err() != nil {
		return fmt.Errorf("build %s: %w", pkg, context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("build %s: %w: %s", pkg, err, out)
	}
	return nil
}

// builtOnce returns the path of aafailover in a folder, built when it is first asked for.
func builtOnce(ctx context.Context, folder string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		target := filepath.Join(folder, "aafailover")
		return target, build(ctx, target, ".")
	})
}

// newFolder makes a folder that later removes.
func (s *stand) newFolder(in, name string) (string, error) {
	folder, err := os.MkdirTemp(in, name)
	if err != nil {
		return "", err
	}
	s.later(func() { _ = os.RemoveAll(folder) })
	return folder, nil
}
