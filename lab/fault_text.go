package lab

import (
	"fmt"
	"strconv"
	"strings"
)

// String returns the fault in the words of the commands that make it: "cut us→eu shard 2", "cut us↔eu", "slow us→eu to 300ms",
// "kill us", "heal everything".
func (f Fault) String() string {
	var text strings.Builder
	text.WriteString(string(f.Kind))
	switch {
	case f.From != "" && f.OneWay:
		text.WriteString(" " + f.From + "→" + f.To)
	case f.From != "":
		text.WriteString(" " + f.From + "↔" + f.To)
	case f.Region != "":
		text.WriteString(" " + f.Region)
	case f.Kind == Heal:
		text.WriteString(" everything")
	}
	if f.Shard != AllShards {
		text.WriteString(" shard " + strconv.Itoa(f.Shard))
	}
	switch f.Kind {
	case Slow:
		fmt.Fprintf(&text, " to %v", f.Delay)
	case Lose:
		fmt.Fprintf(&text, ", %s%% of its messages", strconv.FormatFloat(100*f.Share, 'g', 3, 64))
	case Answer:
		fmt.Fprintf(&text, ": %s", f.Error)
	case Begin:
		if f.Fresh {
			text.WriteString(", never written to")
		} else if f.Empty {
			text.WriteString(", empty")
		}
	case Move:
		for i, r := range f.Slots {
			text.WriteString([]string{" slots ", ","}[min(i, 1)] + strconv.Itoa(r.First) + "-" + strconv.Itoa(r.Last))
		}
		fmt.Fprintf(&text, " to shard %d", f.Target)
	case Reshard:
		fmt.Fprintf(&text, " to %d shards", f.Shards)
	}
	return text.String()
}
