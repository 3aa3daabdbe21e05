package redisconf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// explain says what is wrong with a line that a server refuses, and returns it as it was meant; nil where that is not clear.
func (in *inspection) explain(d directiveRead, refused string) (Mistake, *directiveRead) {
	m := Mistake{Name: d.name, Kind: BadValue, Answer: refused}
	if cut, ok := d.withoutComment(); ok && in.refused(&cut) == "" {
		m.Kind = CommentBehind
		m.Text = "a comment cannot stand behind a value: a server reads # and what follows as more words of it"
		m.Fix = "put the comment on a line of its own, and leave " + cut.shown()
		return m, &cut
	}
	if plain, ok := in.withoutSign(d); ok && in.refused(&plain) == "" {
		m.Text, m.Fix = "a blank stands between a directive and its value, and no = or :", "did you mean "+plain.shown()+"?"
		if plain.name != d.name {
			m.Kind = UnknownName
		}
		return m, &plain
	}
	s, known := specs.Get()[d.name]
	if !known && refused == answerUnknown && !slices.Contains(beside, d.name) {
		return in.explainName(d, m)
	}
	var meant *directiveRead
	switch {
	case known && s.kind != several && len(d.args) == 0:
		m.Text = "it has no value"
	case known && len(d.args) == 0:
		m.Text = "it lacks its words"
	case d.holdsSecret():
		m.Text = "a server does not take its words: " + withoutValues(refused)
	case known && s.kind != several && len(d.args) > 1:
		m.Text = fmt.Sprintf("it takes one word, and here are %d", len(d.args))
		meant = in.meantBy(s, d, strings.Join(d.args, ""), strings.Join(d.args, " "))
	case known && s.kind != several:
		m.Text = s.saysOf(d.args[0])
		meant = in.meantBy(s, d, s.guesses(d.args[0])...)
	case refused == answerUnknown:
		m.Text = fmt.Sprintf("it does not take %s", words.Count(len(d.args), "word"))
	default:
		m.Text = inWords(refused)
	}
	if meant != nil {
		m.Fix = "did you mean " + meant.shown() + "?"
	}
	m.Fix = cmp.Or(m.Fix, s.usage())
	return m, meant
}

// withoutSign is name=value, name: value or name = value as a server would read it. It is not ok where there is no such sign.
func (in *inspection) withoutSign(d directiveRead) (directiveRead, bool) {
	given, _, err := split(in.line)
	if err != nil || len(given) == 0 {
		return d, false
	}
	if i := strings.IndexAny(given[0], "=:"); i > 0 {
		d.name = lower(given[0][:i])
		if value := given[0][i+1:]; value != "" {
			d.args, d.written = slices.Insert(slices.Clone(d.args), 0, value), slices.Insert(slices.Clone(d.written), 0, Quote(value))
		}
		return d, true
	}
	if len(d.args) > 1 && (d.args[0] == "=" || d.args[0] == ":") {
		d.args, d.written = d.args[1:], d.written[1:]
		return d, true
	}
	return d, false
}

// explainName says of a name that is none what it was meant to be.
func (in *inspection) explainName(d directiveRead, m Mistake) (Mistake, *directiveRead) {
	m.Kind = UnknownName
	if since, ok := later()[d.name]; ok {
		m.Text = fmt.Sprintf("a server of Redis %s does not know it: it came with %s", in.how.Version, cmp.Or(map[string]string{valkey: valkey}[since], "Redis "+since))
		m.Fix = "leave it out, or run that version"
		return m, nil
	}
	if until, ok := gone()[d.name]; ok {
		m.Text, m.Fix = "there is no such directive any more: it went with Redis "+until, "leave it out"
		return m, nil
	}
	m.Text = "there is no such directive"
	if slices.Contains(sentinelNames(), d.name) {
		m.Fix = "begin the line with sentinel, in the file of a Sentinel"
		if in.how.Sentinel {
			m.Fix = "begin the line with sentinel: sentinel " + d.name
		}
		return m, nil
	}
	near, ok := nearest(d.name)
	if !ok {
		return m, nil
	}
	meant := d
	meant.name = near
	if cut, ok := meant.withoutComment(); ok {
		meant = cut
	}
	if in.refused(&meant) != "" {
		m.Fix = "did you mean " + near + "?"
		return m, nil
	}
	m.Fix = "did you mean " + meant.shown() + "?"
	return m, &meant
}

// withoutComment leaves out what stands behind a #. It is not ok where there is none, or all is behind it.
func (d directiveRead) withoutComment() (directiveRead, bool) {
	i := slices.IndexFunc(d.written, func(word string) bool { return strings.HasPrefix(word, "#") })
	if i < 1 {
		return d, false
	}
	d.args, d.written = d.args[:i], d.written[:i]
	return d, true
}

// meantBy returns the directive with the first of the values that a server takes.
func (in *inspection) meantBy(s *spec, d directiveRead, values ...string) *directiveRead {
	for _, value := range values {
		if s.kind != text && s.judgeValue([]string{value}) == "" {
			d.args, d.written = []string{value}, []string{Quote(value)}
			return &d
		}
	}
	return nil
}

// saysOf says what is wrong with a value.
func (s *spec) saysOf(value string) string {
	shown := short(value)
	switch s.kind {
	case yesNo:
		return shown + " is neither yes nor no"
	case oneOf:
		return fmt.Sprintf("%s is none of %s", shown, strings.Join(s.words, ", "))
	case integer, octal:
		if _, refused := s.number(value); refused == "" {
			return fmt.Sprintf("%s is not between %d and %d", shown, s.least, s.most)
		}
		return shown + " is no whole number"
	case size, sizeOrPercent:
		if _, refused := s.number(value); refused == "" {
			return fmt.Sprintf("%s is not between %d and %d bytes", shown, s.least, s.most)
		}
		return shown + " is no size: a number, with k, kb, m, mb, g or gb behind it or nothing"
	}
	return "a server does not take " + shown
}

// guesses are what a value may have been meant to be.
func (s *spec) guesses(value string) []string {
	plain := lower(strings.TrimSpace(value))
	switch s.kind {
	case yesNo:
		if slices.Contains([]string{"true", "on", "1", "enabled", "enable", "y"}, plain) {
			return []string{"yes"}
		}
		if slices.Contains([]string{"false", "off", "0", "disabled", "disable", "never", "none", "n"}, plain) {
			return []string{"no"}
		}
	case oneOf:
		if right, ok := map[string]string{"lru": "allkeys-lru", "lfu": "allkeys-lfu", "random": "allkeys-random", "ttl": "volatile-ttl",
			"none": "noeviction", "every-second": "everysec", "everysecond": "everysec", "1s": "everysec", "never": "no", "off": "no", "warn": "warning", "info": "notice"}[plain]; ok {
			return []string{right}
		}
		if near, ok := words.Nearest(plain, s.words); ok {
			return []string{near}
		}
	case integer:
		return []string{strings.TrimRight(plain, "%"), strings.ReplaceAll(plain, ",", ""), strings.ReplaceAll(plain, "_", "")}
	case size, sizeOrPercent:
		return []string{strings.TrimSuffix(plain, "ib") + "b", strings.TrimSuffix(plain, "ytes"), strings.ReplaceAll(plain, " ", "")}
	}
	return nil
}

// usage says how a directive is written, where the name alone does not.
func (s *spec) usage() string {
	if s == nil {
		return ""
	}
	return map[string]string{
		"save":                       `pairs of seconds and changes, such as save 900 1 300 10, or save "" for none`,
		"client-output-buffer-limit": "a class (normal, replica or pubsub), a hard limit, a soft limit and its seconds, such as client-output-buffer-limit replica 256mb 64mb 60",
		"replicaof":                  "the host of the primary and its port, such as replicaof 10.0.0.1 6379",
		"maxmemory":                  "maxmemory takes no share of the machine: give bytes, such as 4gb",
		"bind":                       "at most 16 addresses of this machine",
		"oom-score-adj-values":       "three scores between -2000 and 2000",
		"notify-keyspace-events":     "one word of letters, such as KEA",
	}[s.name]
}

// shown is a directive as it should stand in the file, without what may be a secret.
func (d directiveRead) shown() string { return withoutSecrets(short(Quote(d.name) + " " + d.value())) }

// inWords is the answer of a server as a part of a sentence.
func inWords(answer string) string { return lower(answer[:1]) + strings.TrimSuffix(answer[1:], ".") }

// short bounds a text that is repeated.
func short(text string) string {
	const most = 100 // bytes
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
