package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

// engineFlags say what keeps the keys of a lab.
type engineFlags struct{ engine, settings string }

// add adds the flags, whose defaults depend on what they are of.
func (f *engineFlags) add(flags *pflag.FlagSet, engine, settings string) {
	flags.StringVar(&f.engine, "engine", "", "`PROGRAM` that keeps the keys of the lab, in a process for every shard: redis-server, valkey-server or the path of one (default: "+engine+")")
	flags.StringVar(&f.settings, "redis-config", "", "settings of the processes of --engine: `FILE`, or the profile "+orList(redisconf.Profiles())+" (default: "+settings+")")
}

// fits says whether a drill on what was given can have an engine: it is of the lab that it starts itself.
func (f *engineFlags) fits(settled config.Config) error {
	if f.engine == "" && f.settings == "" || !given(settled) {
		return nil
	}
	return hint.Wrap(errors.New("--engine and --redis-config are about the built-in lab, and another deployment is given"),
		"leave them out, or start a lab with them: aafailover lab --engine redis-server")
}

// find returns the engine that is asked for; nil for the lab's own. What of its settings is left out is said.
func (f *engineFlags) find(ctx context.Context, stderr io.Writer) (*lab.Engine, error) {
	if f.engine == "" && f.settings != "" {
		return nil, usage(hint.Wrap(errors.New("--redis-config says how servers are set up, and the lab has none"), "give --engine redis-server too"))
	}
	if f.engine == "" {
		return nil, nil
	}
	e := &lab.Engine{Log: func(line string) { say(stderr, "%s", line) }}
	var err error
	if f.settings != "" {
		if e.Settings, err = redisconf.Load(f.settings); err != nil {
			return nil, usage(fmt.Errorf("redis-config: %w", err))
		}
		if left := e.NotTaken(); len(left) > 0 {
			say(stderr, "left out of %s, since it is the lab's own: %s", f.settings, strings.Join(left, ", "))
		}
	}
	if e.Binary, err = process.Find(ctx, f.engine); err != nil {
		return nil, usage(fmt.Errorf("engine: %w", err))
	}
	return e, nil
}
