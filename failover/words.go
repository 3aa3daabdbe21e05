package failover

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// maxNamed is how many shards are named in a sentence.
const maxNamed = 3

// onShards says of some shards, by index, what is wrong with them, and of the
// first of them why: "us is down on shards 1 and 3: connection refused".
func onShards(r *probe.Region, what string, indexes []int) string {
	shards := shardsOf(r)
	first := &shards[indexes[0]]
	if len(indexes) == len(shards) {
		return r.Name + " " + what + because(cmp.Or(first.Cause, r.Cause), cmp.Or(first.Detail, r.Detail))
	}
	word := "shard"
	if len(indexes) > 1 {
		word = "shards"
	}
	var numbers strings.Builder
	for n, i := range indexes[:min(len(indexes), maxNamed)] {
		switch {
		case n == 0:
		case n == len(indexes)-1:
			numbers.WriteString(" and ")
		default:
			numbers.WriteString(", ")
		}
		fmt.Fprint(&numbers, i+1)
	}
	if more := len(indexes) - maxNamed; more > 0 {
		fmt.Fprintf(&numbers, " and %d more", more)
	}
	return fmt.Sprintf("%s %s on %s %s%s", r.Name, what, word, &numbers, because(first.Cause, first.Detail))
}

// because returns the reason after a colon, "" where there is none. Servers end what
// they say with a full stop now and then, and here the sentence may go on.
func because(c probe.Cause, detail string) string {
	if reason := cmp.Or(strings.TrimRight(detail, ". "), strings.ReplaceAll(c.String(), "_", " ")); reason != "" {
		return ": " + reason
	}
	return ""
}

// moment returns the time of day, with the date unless it is less than a day ago.
func moment(t, now time.Time) string {
	if now.Sub(t) < 24*time.Hour {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}
