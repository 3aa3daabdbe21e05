package words

import (
	"strings"
	"unicode"
)

// Nearest finds the known word that word was probably meant to be: the one with the fewest edits, the first of
// several, and at most a quarter of its letters wrong. Case, '-' and '_' do not count.
func Nearest(word string, known []string) (string, bool) {
	const tooLong = 64 // characters; the cost of a comparison grows with both lengths
	w := plain(word)
	if len(w) > tooLong {
		return "", false
	}
	best, fewest := "", tooLong
	for _, k := range known {
		p := plain(k)
		if n := edits(w, p); n < fewest && n <= max(1, len(p)/4) {
			best, fewest = k, n
		}
	}
	return best, best != ""
}

func plain(word string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return -1
		}
		return unicode.ToLower(r)
	}, word))
}

// edits counts the letters to insert, delete, replace or swap with their neighbour to make b of a: the
// optimal string alignment distance.
func edits(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
