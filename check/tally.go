package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// tally is who has which value.
type tally map[string][]string

func (t tally) count(value, subject string) { t[value] = append(t[value], subject) }

// String is "7.0.15: us and eu; 7.2.4: ap".
func (t tally) String() string {
	var each []string
	for _, value := range slices.Sorted(maps.Keys(t)) {
		shown := value
		if shown == "" {
			shown = `""`
		}
		each = append(each, fmt.Sprintf("%s: %s", shown, words.Enumerate(t[value])))
	}
	return strings.Join(each, "; ")
}

func (t tally) subjects() []string {
	var all []string
	for _, subjects := range t {
		all = append(all, subjects...)
	}
	slices.Sort(all)
	return all
}

// inventory is what servers have of things that go by names: modules, libraries, settings.
type inventory struct {
	asked    []string         // the servers that told
	versions map[string]tally // by name: who has which version of it
}

// take notes that a server told what it has.
func (i *inventory) take(subject string) { i.asked = append(i.asked, subject) }

func (i *inventory) add(name, version, subject string) {
	if i.versions == nil {
		i.versions = map[string]tally{}
	}
	if i.versions[name] == nil {
		i.versions[name] = tally{}
	}
	i.versions[name].count(version, subject)
}

// names are those of which somebody has one, sorted.
func (i *inventory) names() []string { return slices.Sorted(maps.Keys(i.versions)) }

// missing are the servers that have nothing of a name.
func (i *inventory) missing(name string) []string {
	have := i.versions[name].subjects()
	return slices.DeleteFunc(slices.Clone(i.asked), func(s string) bool { return slices.Contains(have, s) })
}
