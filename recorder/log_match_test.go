package recorder_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/recorder"
)

// What matches a pattern is what KEYS finds by it on a real server.
func TestPatternsAreThoseOfTheServer(t *testing.T) {
	server := redistest.Start(t)
	number := rand.Uint64()
	t.Logf("seed %d", number)
	random := rand.New(rand.NewPCG(number, 0))
	keys := map[string]bool{"a": true, "ab": true, "*": true, "]": true, "-": true, "^": true, `\`: true, "a*b": true, "aaab": true, "b-a": true}
	for range 40 {
		keys[drawn(random, `abc-]^\*?[`, 6)] = true
	}
	delete(keys, "")
	for key := range keys {
		server.Do(t, "SET", key, "v")
	}
	patterns := []string{"*", "?", "a*b", "*a*", "a?", "[ab]", "[^a]", "[a-c]*", "[c-a]*", `\*`, `a\*b`, "[]]", `[\]]`, "[a-]", "**a", "[^]", "*-*"}
	for range 800 / racetest.Slowdown {
		patterns = append(patterns, drawn(random, `abc--]^\**?[[`, 7))
	}
	tried := 0
	for _, pattern := range patterns {
		l, err := recorder.NewLog(recorder.LogOptions{Regions: 1, Start: start, Seed: digests, Match: []string{pattern}})
		if err != nil {
			continue // it is not finished
		}
		tried++
		found := make(map[string]bool)
		for _, v := range server.Do(t, "KEYS", pattern).Elems {
			found[v.Str] = true
		}
		c := open(l, us)
		for key := range keys {
			before := l.Dropped().Unmatched
			c.does(0, 1, "SET "+key+" v", "+OK")
			if matches := l.Dropped().Unmatched == before; matches != found[key] {
				t.Errorf("%q matches %q: %v, and the server says %v", pattern, key, matches, found[key])
			}
		}
	}
	if tried < len(patterns)/10 {
		t.Errorf("only %d patterns of %d are finished ones", tried, len(patterns))
	}
}

// drawn is a word of some of these bytes.
func drawn(random *rand.Rand, from string, most int) string {
	var b strings.Builder
	for range random.IntN(most + 1) {
		b.WriteByte(from[random.IntN(len(from))])
	}
	return b.String()
}

// A pattern of many stars takes no time to speak of: only the last one is tried again.
func TestPatternsOfManyStars(t *testing.T) {
	l := newLog(t, func(o *recorder.LogOptions) { o.Match = []string{strings.Repeat("a*", 2000) + "b"} })
	open(l, us).does(0, 1, "SET "+strings.Repeat("a", 4000)+" v", "+OK")
	if l.Dropped().Unmatched != 1 {
		t.Error("it matches")
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a[b-", "ab")
	f.Add(`[\`, "x")
	f.Add("[^", "x")
	f.Add(`*[a-\]]?`, "x]y")
	f.Fuzz(func(t *testing.T, pattern, key string) {
		l, err := recorder.NewLog(recorder.LogOptions{Regions: 1, Start: start, Seed: digests, Match: []string{pattern}})
		if err == nil && !strings.Contains(key, " ") && len(key) < 4096 {
			open(l, us).does(0, 1, "SET "+key+" v", "+OK")
		}
	})
}
