package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// holder is a server that has something.
type holder struct{ region, address string }

func (s Server) holder(r Region) holder { return holder{r.Name, s.Address} }

// enumerate says which of all servers these are: "us", where it is all of a region, or "us (10.0.0.1:6379)".
func enumerate(holders, all []holder) string {
	var parts, regions []string
	for _, h := range holders {
		if !slices.Contains(regions, h.region) {
			regions = append(regions, h.region)
		}
	}
	for _, r := range regions {
		own := addressesIn(r, holders)
		if len(own) == len(addressesIn(r, all)) {
			parts = append(parts, r)
		} else {
			parts = append(parts, r+" ("+words.Enumerate(own)+")")
		}
	}
	return words.Enumerate(parts)
}

func addressesIn(region string, of []holder) []string {
	var addresses []string
	for _, h := range of {
		if h.region == region {
			addresses = append(addresses, h.address)
		}
	}
	return addresses
}

// holdings are who has which value.
type holdings map[string][]holder

func (h holdings) count(value string, by holder) { h[value] = append(h[value], by) }

// holders are those that have any.
func (h holdings) holders() []holder {
	var all []holder
	for _, value := range slices.Sorted(maps.Keys(h)) {
		all = append(all, h[value]...)
	}
	return all
}

// String is "7.0.15 in us and eu; 7.2.4 in ap".
func (h holdings) String() string {
	var each []string
	for _, value := range slices.Sorted(maps.Keys(h)) {
		shown := value
		if shown == "" {
			shown = `""`
		}
		each = append(each, fmt.Sprintf("%s in %s", shown, enumerate(h[value], h.holders())))
	}
	return strings.Join(each, "; ")
}

// inventory is what servers have of things that go by names: modules, libraries, settings.
type inventory struct {
	asked    []holder            // the servers that told
	versions map[string]holdings // by name: who has which version of it
}

// take notes that a server told what it has.
func (i *inventory) take(h holder) { i.asked = append(i.asked, h) }

func (i *inventory) add(name, version string, h holder) {
	if i.versions == nil {
		i.versions = map[string]holdings{}
	}
	if i.versions[name] == nil {
		i.versions[name] = holdings{}
	}
	i.versions[name].count(version, h)
}

// names are those of which somebody has one, sorted.
func (i *inventory) names() []string { return slices.Sorted(maps.Keys(i.versions)) }

// missing are the servers that have nothing of a name; "" where all have it.
func (i *inventory) missing(name string) string {
	have := i.versions[name].holders()
	return enumerate(slices.DeleteFunc(slices.Clone(i.asked), func(h holder) bool { return slices.Contains(have, h) }), i.asked)
}
