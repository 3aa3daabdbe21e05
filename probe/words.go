package probe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// causeWords say each cause after the name of a region: "us is down: connections are refused".
var causeWords = [...]string{
	NoCause: "", Refused: "connections are refused", Timeout: "it does not answer in time",
	Reset: "connections are reset", NameNotFound: "its name does not resolve", Unreachable: "there is no route to it",
	TLS: "TLS fails", Authentication: "authentication fails", Permission: "permission is missing",
	Protocol: "what answers is not Redis", Loading: "it is loading its data", ClusterDown: "its cluster is down",
	ReadOnly: "it is read-only", OutOfMemory: "it is out of memory", MasterDown: "it is cut from its primary",
	NoReplicas: "it has too few replicas", MaxClients: "it has too many clients", Moved: "its slots have moved",
	ServerRefused: "it answers with an error", Partitioned: "it answers others, but not this observer",
	Stalled: "what is published in it is not delivered in it",
}

// because returns the words for a cause after a colon, "" for none.
func because(c Cause) string {
	if int(c) >= len(causeWords) || causeWords[c] == "" {
		return ""
	}
	return ": " + causeWords[c]
}

// inBrackets returns the text of a cause for a list, "" for none.
func inBrackets(c Cause) string {
	if c == NoCause {
		return ""
	}
	return " (" + strings.ReplaceAll(c.String(), "_", " ") + ")"
}

// list joins names: "us", "us and eu", "us, eu and ap".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// are returns the verb for so many.
func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// counted returns "1 region", "2 regions".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// arrow returns "us→eu".
func arrow(l *Link) string { return l.From + "→" + l.To }

// since returns " since 14:02:07", "" for the zero time.
func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + t.Format(time.TimeOnly)
}

// maxListed is how many shards or ranges are spelled out in a sentence.
const maxListed = 3

// shardsInWords returns " on shard 2 (slots 5461-10922)"; the shards are indexes.
func shardsInWords(shards []int, ranges []slots.Range) string {
	word, numbers := "shard", make([]string, 0, maxListed)
	if len(shards) > 1 {
		word = "shards"
	}
	for _, i := range shards[:min(len(shards), maxListed)] {
		numbers = append(numbers, fmt.Sprint(i+1))
	}
	named := list(numbers)
	if more := len(shards) - maxListed; more > 0 {
		named = strings.Join(numbers, ", ") + fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf(" on %s %s%s", word, named, slotsInWords(ranges))
}

// slotsInWords returns " (slots 5461-10922)".
func slotsInWords(ranges []slots.Range) string {
	if len(ranges) == 0 {
		return ""
	}
	texts := make([]string, 0, maxListed)
	for _, r := range ranges[:min(len(ranges), maxListed)] {
		texts = append(texts, r.String())
	}
	more := ""
	if n := len(ranges) - maxListed; n > 0 {
		more = fmt.Sprintf(" and %d more ranges", n)
	}
	return " (slots " + strings.Join(texts, ", ") + more + ")"
}

// merged returns the fewest ranges with the same slots, ascending.
func merged(ranges []slots.Range) []slots.Range {
	ranges = slices.Clone(ranges)
	slices.SortFunc(ranges, func(a, b slots.Range) int { return a.First - b.First })
	var out []slots.Range
	for _, r := range ranges {
		if n := len(out); n > 0 && r.First <= out[n-1].Last+1 {
			out[n-1].Last = max(out[n-1].Last, r.Last)
		} else {
			out = append(out, r)
		}
	}
	return out
}

// common returns the slots that are in both.
func common(a, b []slots.Range) []slots.Range {
	var out []slots.Range
	for _, x := range a {
		for _, y := range b {
			if first, last := max(x.First, y.First), min(x.Last, y.Last); first <= last {
				out = append(out, slots.Range{First: first, Last: last})
			}
		}
	}
	return merged(out)
}
