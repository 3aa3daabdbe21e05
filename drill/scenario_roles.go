package drill

import (
	"fmt"
	"slices"
)

// Cast says which region has which role, by name.
type Cast struct {
	Regions []string // all, the local one first
	Target  string   // where the policy takes the application first, or would
}

// Resolve returns an action for each region that its roles stand for, and with
// names in their place. The error names a role that nobody has.
func (c Cast) Resolve(a Action) ([]Action, error) {
	if !a.Kind.OfLink() {
		regions, err := c.named(a.Region)
		return each(regions, func(name string) Action { a.Region = name; return a }), err
	}
	froms, err := c.named(a.From)
	if err != nil {
		return nil, err
	}
	tos, err := c.named(a.To)
	if err != nil {
		return nil, err
	}
	var all []Action
	for _, from := range froms {
		for _, to := range tos {
			if a.From, a.To = from, to; from != to {
				all = append(all, a)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%v: there is no such link", a)
	}
	return all, nil
}

// named returns the regions that a role, or a name, stands for: at least one.
func (c Cast) named(role string) ([]string, error) {
	switch role {
	case Local:
		return c.Regions[:1], nil
	case Target:
		return []string{c.Target}, nil
	case Third:
		for _, name := range c.Regions[1:] {
			if name != c.Target {
				return []string{name}, nil
			}
		}
		return nil, fmt.Errorf("there is no third region among %d", len(c.Regions))
	case Others:
		return c.Regions[1:], nil
	}
	if slices.Contains(c.Regions, role) {
		return []string{role}, nil
	}
	return nil, fmt.Errorf("unknown region %q: write %s, %s, %s, %s, or the name of one", role, Local, Target, Third, Others)
}

func each[A, B any](all []A, do func(A) B) []B {
	out := make([]B, len(all))
	for i, one := range all {
		out[i] = do(one)
	}
	return out
}
