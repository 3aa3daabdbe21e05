package redisconf

import (
	"fmt"
	"slices"
	"strings"
)

// Effective returns what CONFIG GET says of a directive in a server of Redis 7.0 that was started with these settings, and
// whether they set it: else it is the default. It is empty for directives that there are not.
func (c Config) Effective(name string) (value string, set bool) {
	s, ok := specs.Get()[lower(name)]
	if !ok {
		return "", false
	}
	d, set := c.last(s.name)
	if !set {
		return s.preset, false
	}
	switch s.name {
	case "save":
		return c.savePointsText(), true
	case "client-output-buffer-limit":
		return c.outputBufferText(s.preset), true
	}
	return s.normal(d.Args()), true
}

// normal is a value in the words of CONFIG GET.
func (s *spec) normal(args []string) string {
	if s.kind == several {
		return strings.Join(splitOnce(args), " ")
	}
	if len(args) == 0 {
		return s.preset
	}
	value := args[0]
	switch s.kind {
	case yesNo, oneOf:
		return lower(value)
	case size:
		n, _ := bytesOf(value)
		return fmt.Sprint(uint64(n))
	case sizeOrPercent:
		if n, ok := bytesOf(value); ok {
			return fmt.Sprint(n)
		}
	}
	return value
}

func (c Config) savePointsText() string {
	points, err := c.SavePoints()
	if err != nil {
		return ""
	}
	var words []string
	for _, p := range points {
		words = append(words, fmt.Sprintf("%d %d", int64(p.After.Seconds()), p.Changes))
	}
	return strings.Join(words, " ")
}

// outputBufferText is the limits of each class: those of the lines, over the presets.
func (c Config) outputBufferText(preset string) string {
	limits := strings.Fields(preset)
	for _, line := range c.Lines("client-output-buffer-limit") {
		for given := range slices.Chunk(splitOnce(line.Args()), 4) {
			class := lower(given[0])
			if class == "replica" {
				class = "slave"
			}
			i := slices.Index(limits, class)
			if i < 0 || len(given) < 4 {
				continue
			}
			hard, _ := bytesOf(given[1])
			soft, _ := bytesOf(given[2])
			seconds, _, _ := leadingInteger(given[3], 10)
			limits[i+1], limits[i+2], limits[i+3] = fmt.Sprint(uint64(hard)), fmt.Sprint(uint64(soft)), fmt.Sprint(asInt(seconds))
		}
	}
	return strings.Join(limits, " ")
}
