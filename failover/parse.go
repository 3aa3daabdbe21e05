package failover

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// ParseWeights reads NAME=WEIGHT,NAME=WEIGHT, as in "eu=10,ap=5". The empty text is
// nil. Errors name what cannot be understood; the weights themselves are for
// [Policy.Check].
func ParseWeights(text string) (map[string]int, error) {
	if text == "" {
		return nil, nil
	}
	weights := make(map[string]int)
	for part := range strings.SplitSeq(text, ",") {
		name, number, ok := strings.Cut(part, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("weight %q: must be NAME=WEIGHT", part)
		}
		if _, twice := weights[name]; twice {
			return nil, fmt.Errorf("weight of %s: given twice", name)
		}
		w, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("weight %q of %s: must be a whole number", number, name)
		}
		weights[name] = w
	}
	return weights, nil
}

// ParseFlapLimit reads MOVES/WITHIN, as in "3/10m". The empty text is no limit.
func ParseFlapLimit(text string) (FlapLimit, error) {
	if text == "" {
		return FlapLimit{}, nil
	}
	wrong := fmt.Errorf("flap limit %q: must be MOVES/DURATION, as in 3/10m", text)
	moves, within, ok := strings.Cut(text, "/")
	if !ok {
		return FlapLimit{}, wrong
	}
	l := FlapLimit{}
	var err error
	if l.Moves, err = strconv.Atoi(moves); err != nil {
		return FlapLimit{}, wrong
	}
	if l.Within, err = time.ParseDuration(within); err != nil {
		return FlapLimit{}, wrong
	}
	if l == (FlapLimit{}) {
		return FlapLimit{}, wrong // the zero value is no limit, and nobody means that by "0/0s"
	}
	return l, l.check()
}

// ParseReaction reads the text of a reaction.
func ParseReaction(text string) (Reaction, error) {
	if r := Reaction(text); r.known() {
		return r, nil
	}
	return "", fmt.Errorf("reaction %q: %s", text, oneOfReactions)
}

// causeClasses are the words for several causes at once, in [ParseReactions].
func causeClasses() map[string][]probe.Cause {
	return map[string][]probe.Cause{
		"connection": {probe.Refused, probe.Timeout, probe.Reset, probe.NameNotFound, probe.Unreachable, probe.MaxClients},
		"settings":   {probe.Authentication, probe.Permission, probe.TLS, probe.Protocol},
		"writes":     {probe.ReadOnly, probe.OutOfMemory, probe.NoReplicas, probe.MasterDown, probe.ClusterDown, probe.Loading},
	}
}

// CauseClasses returns the words for several causes at once, in alphabetical order.
func CauseClasses() []string { return slices.Sorted(maps.Keys(causeClasses())) }

// ParseReactions reads reactions, each as CAUSE=REACTION, as in "timeout=stay". The
// cause is one of package probe, or one of [CauseClasses], which holds for those of
// its causes that are not named themselves, whatever comes first.
func ParseReactions(texts []string) (map[probe.Cause]Reaction, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	named, classes := make(map[probe.Cause]Reaction), make(map[probe.Cause]Reaction)
	for _, text := range texts {
		name, word, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("reaction %q: must be CAUSE=REACTION, as in timeout=stay", text)
		}
		r, err := ParseReaction(word)
		if err != nil {
			return nil, fmt.Errorf("cause %s: %w", name, err)
		}
		into, causes := classes, causeClasses()[name]
		if causes == nil {
			var cause probe.Cause
			if _ = cause.UnmarshalText([]byte(name)); cause == probe.NoCause || cause.String() != name {
				return nil, fmt.Errorf("cause %q: is none, and none of the classes %s", name, strings.Join(CauseClasses(), ", "))
			}
			into, causes = named, []probe.Cause{cause}
		}
		for _, cause := range causes {
			if before, twice := into[cause]; twice && before != r {
				return nil, fmt.Errorf("cause %s: both %s and %s are given", cause, before, r)
			}
			into[cause] = r
		}
	}
	maps.Copy(classes, named)
	return classes, nil
}
