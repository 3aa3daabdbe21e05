package redisconf

import (
	"iter"
	"slices"
	"strings"
)

// Directive is one line of settings.
type Directive struct {
	// Name is in lower case: servers take it in any.
	Name string
	// Value is all that follows the name, with the quotes that it was given.
	Value string
	// Why is the comment above it, without its marks, lines apart by a newline; empty without one.
	Why string
	// Line is where it stands in the file that was read, from 1; 0 where it was not read.
	Line int
}

// Args returns the words of the value, without quotes. A value that [Config] accepted has none that are unbalanced.
func (d Directive) Args() []string {
	args, _ := Split(d.Value)
	return args
}

// Config is the settings of a server, in their order. The zero value is no settings: all as the server has it by default.
// A Config is never altered: what alters one returns another.
type Config struct{ directives []Directive }

// All ranges over the directives in their order.
func (c Config) All() iter.Seq[Directive] { return slices.Values(c.directives) }

// Len is the number of directives.
func (c Config) Len() int { return len(c.directives) }

// Lines returns the directives of a name, in any case: more than one where the name is of those that may be given again.
func (c Config) Lines(name string) []Directive {
	var found []Directive
	for _, d := range c.directives {
		if d.Name == lower(name) {
			found = append(found, d)
		}
	}
	return found
}

// Get returns the value of a directive without its quotes, several words one blank apart; of the last line, which is the one
// that a server goes by, unless its lines add up. It is not ok where there is none.
func (c Config) Get(name string) (value string, ok bool) {
	lines := c.Lines(name)
	if len(lines) == 0 {
		return "", false
	}
	return strings.Join(lines[len(lines)-1].Args(), " "), true
}

// Enabled tells whether the settings say yes to a directive. Where they do not name it they do not, whatever the server's
// default is.
func (c Config) Enabled(name string) bool {
	value, _ := c.Get(name)
	return lower(value) == "yes"
}

// With returns settings in which a directive has this value: at the place of its first line, instead of all its lines, or
// at the end. Each argument is one word, quoted where it needs to be.
func (c Config) With(name string, args ...string) Config {
	made := directive(name, args)
	i := slices.IndexFunc(c.directives, func(d Directive) bool { return d.Name == made.Name })
	if i < 0 {
		return Config{append(slices.Clone(c.directives), made)}
	}
	return Config{slices.Insert(c.Without(name).directives, i, made)}
}

// Add returns settings with one line more, beside those that the directive has already.
func (c Config) Add(name string, args ...string) Config {
	return Config{append(slices.Clone(c.directives), directive(name, args))}
}

// Without returns settings in which none of the directives occurs.
func (c Config) Without(names ...string) Config {
	return Config{slices.DeleteFunc(slices.Clone(c.directives), func(d Directive) bool {
		return slices.ContainsFunc(names, func(name string) bool { return lower(name) == d.Name })
	})}
}

// Over returns settings in which all directives of c stand, with all their lines, and those of base that c does not name.
func (c Config) Over(base Config) Config {
	var named []string
	for _, d := range c.directives {
		named = append(named, d.Name)
	}
	return Config{slices.Concat(base.Without(named...).directives, c.directives)}
}

func directive(name string, args []string) Directive {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = Quote(arg)
	}
	return Directive{Name: lower(name), Value: strings.Join(words, " ")}
}

// String returns the settings as a file: a line for each directive, the comment above it, and a blank line before that.
func (c Config) String() string {
	var b strings.Builder
	for i, d := range c.directives {
		if d.Why != "" {
			if i > 0 {
				b.WriteByte('\n')
			}
			for line := range strings.SplitSeq(d.Why, "\n") {
				b.WriteString(strings.TrimRight("# "+line, " ") + "\n")
			}
		}
		b.WriteString(strings.TrimRight(Quote(d.Name)+" "+d.Value, " ") + "\n")
	}
	return b.String()
}
