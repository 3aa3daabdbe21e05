package check

import (
	"slices"
	"strings"
)

// modulesAllowed are those that an Active-Active database takes, by "Enterprise feature compatibility" of Redis Software:
// search and JSON, by the names that they go by. Older releases take none.
var modulesAllowed = []string{"search", "searchlight", "ReJSON", "json"}

func sameModules(f *Facts, _ Target) []Finding {
	var all inventory
	found := eachOwner(f, func(r Region, s Server) []Finding {
		if !s.Modules.Known() {
			return []Finding{f.lacking(s, "its modules", s.Modules.Standing)}
		}
		all.take(s.holder(r))
		for _, m := range s.Modules.Value {
			all.add(m.Name, m.Version, s.holder(r))
		}
		return nil
	})
	for _, name := range all.names() {
		found = append(found, judgeModule(name, &all)...)
	}
	if len(all.names()) == 0 && len(all.asked) > 0 {
		found = append(found, pass("", "none is loaded"))
	}
	return found
}

func judgeModule(name string, all *inventory) []Finding {
	var found []Finding
	switch missing := all.missing(name); {
	case missing != "":
		found = append(found, broken("", "load the module "+name+" in all regions, or in none", "%s is not loaded in %s", name, missing))
	case len(all.versions[name]) > 1:
		found = append(found, warned("", "", "%s is loaded in several versions: %s", name, all.versions[name]))
	}
	if !slices.ContainsFunc(modulesAllowed, func(allowed string) bool { return strings.EqualFold(allowed, name) }) {
		found = append(found, warned("", "", "%s is no module that an Active-Active database takes: those are search and JSON", name))
	}
	if len(found) == 0 {
		found = append(found, pass("", "%s is loaded in all", name))
	}
	return found
}
