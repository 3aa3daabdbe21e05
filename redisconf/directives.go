package redisconf

import (
	"maps"
	"slices"

	"github.com/aafailover/aafailover/internal/lazy"
)

// kind is what the value of a directive has to be.
type kind uint8

const (
	yesNo         kind = iota
	oneOf              // one of the words
	integer            // from least to most
	octal              // the same, in octal digits
	size               // bytes, with a unit or without
	sizeOrPercent      // the same, or a percentage of the memory, which counts as a negative number
	text               // anything
	several            // words, which the directive judges by itself; alone in quotes they are split once more
)

// spec is a directive of Redis 7.0, as config.c of it says. Those of Sentinel are in another table.
type spec struct {
	name  string
	alias string // that it is known by as well: its name in earlier versions
	kind  kind
	words []string // of oneOf
	// least and most bound the integer, octal and sizes. Those that are unsigned take a negative number for one that is
	// too large.
	least    int64
	most     uint64
	unsigned bool
	// preset is what CONFIG GET says where nothing is set.
	preset string
	// hidden says that CONFIG GET * leaves it out: it is for those who develop the server.
	hidden bool
	// judge returns what a server answers to the words of the value, "" where it takes them. Of the kind text it is nil
	// where anything goes.
	judge func(args []string) string
}

// specs are all directives of the table by name and alias, in lower case.
var specs = lazy.Value[map[string]*spec]{Make: func() map[string]*spec {
	all := slices.Concat(flags, choices, numbers, sizes, texts, others)
	by := make(map[string]*spec, 2*len(all))
	for i := range all {
		by[all[i].name] = &all[i]
		if all[i].alias != "" {
			by[all[i].alias] = &all[i]
		}
	}
	return by
}}

// Default returns the value that a server of Redis 7.0 goes by where its settings do not name a directive, as CONFIG GET says
// it. The name may be one of earlier versions, in any case. It is not ok where there is no such directive.
func Default(name string) (value string, ok bool) {
	s, ok := specs.Get()[lower(name)]
	if !ok {
		return "", false
	}
	return s.preset, true
}

// Modern returns the name that Redis 7.0 prefers for a directive that has several, in lower case; others as they are.
func Modern(name string) string {
	if s, ok := specs.Get()[lower(name)]; ok {
		return s.name
	}
	return lower(name)
}

// addsUp tells whether the lines of a directive add up. Of all others the last one counts.
func addsUp(name string) bool {
	return slices.Contains([]string{"save", "client-output-buffer-limit", "include", "loadmodule", "rename-command", "user", "sentinel"}, name)
}

// Names returns the names of all directives that set something in a server of Redis 7.0, those of earlier versions with them.
func Names() []string { return slices.Sorted(maps.Keys(specs.Get())) }
