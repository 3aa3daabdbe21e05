package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/slots"
)

// SlotsText writes a table with one row for each slot that is tried, and what the sharding is.
func SlotsText(w io.Writer, style Style, r SlotsResult) error {
	rows := make([][]string, 0, len(r.Cover))
	for _, slot := range r.Cover {
		row := []string{fmt.Sprint(slot), slots.Key(slot)}
		for _, m := range r.Maps {
			address := "-"
			if i, ok := m.ShardOf(slot); ok {
				address = words.Clean(m.Shards[i].Address)
			}
			row = append(row, address)
		}
		rows = append(rows, row)
	}
	columns := append(right("slot"), left("key")...)
	for _, m := range r.Maps {
		columns = append(columns, left(words.Clean(m.Region))...)
	}
	text, err := style.fitted(func(between string) (string, error) {
		if between == " " {
			return style.table(append(columns, left("channels")...), r.named(rows, "  "))
		}
		return style.table(append(columns, prose("channels")), r.named(rows, between))
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text+"\n"+style.wrap(r.verdict(), 0)+"\n"+style.unchecked(r.Insecure)+style.faint(origin(r.Deployment))+"\n")
	return err
}

// named adds a last cell with the channels of each row.
func (r SlotsResult) named(rows [][]string, between string) [][]string {
	named := make([][]string, len(rows))
	for n, row := range rows {
		named[n] = append(slices.Clone(row), strings.Join(r.names(r.Cover[n]), between))
	}
	return named
}

// names returns the channels on a slot, one for each region that owns it.
func (r SlotsResult) names(slot int) []string {
	var names []string
	for _, m := range r.Maps {
		if _, ok := m.ShardOf(slot); ok {
			names = append(names, words.Clean(slots.Channel(r.Prefix, slot, m.Region)))
		}
	}
	return names
}

// verdict says whether every shard is reached, whether the sharding is equal, and how all that is known.
func (r SlotsResult) verdict() string {
	said := []string{r.reach(), r.equality()}
	for _, m := range r.Maps {
		if unowned := m.Unowned(); m.Proven() && len(unowned) > 0 {
			said = append(said, fmt.Sprintf("No shard of %s owns %s.", words.Clean(m.Region), ranges(unowned)))
		}
	}
	if len(r.Maps) == 1 {
		said = append(said, "With one region there are only loops: no replication is tried.")
	}
	return strings.Join(said, " ")
}

func (r SlotsResult) reach() string {
	var known, unknown []string
	for _, m := range r.Maps {
		if m.Proven() {
			known = append(known, words.Clean(m.Region))
		} else {
			unknown = append(unknown, words.Clean(m.Region))
		}
	}
	channels := words.Count(len(r.Cover), "channel") + " per region"
	switch {
	case len(unknown) == 0:
		return fmt.Sprintf("%s cover every shard of %s.", channels, words.Enumerate(known))
	case len(known) == 0:
		return fmt.Sprintf("%s, spread evenly over the slots. Coverage is unproven: the sharding of %s is not known.", channels, words.Enumerate(unknown))
	}
	return fmt.Sprintf("%s cover every shard of %s. Coverage is unproven: the sharding of %s is not known, so slots spread evenly are tried too.",
		channels, words.Enumerate(known), words.Enumerate(unknown))
}

func (r SlotsResult) equality() string {
	from := r.sources()
	switch {
	case len(r.Maps) < 2:
		return fmt.Sprintf("Sharding: %s.", from)
	case !r.proven():
		return fmt.Sprintf("Whether the sharding is equal is not known (%s).", from)
	case r.symmetric():
		return fmt.Sprintf("Sharding is equal (%s).", from)
	}
	shards := convert(r.Maps, func(m slots.Map) string {
		return fmt.Sprintf("%s has %s", words.Clean(m.Region), words.Count(len(m.Shards), "shard"))
	})
	return fmt.Sprintf("Sharding is not equal (%s): %s; every two shards that share slots share a channel.", from, words.Enumerate(shards))
}

// sources says where the slot maps come from: once when they all come from the same.
func (r SlotsResult) sources() string {
	var each []string
	for _, m := range r.Maps {
		each = append(each, sourceText(m.Source))
	}
	if distinct := slices.Compact(slices.Clone(each)); len(distinct) == 1 {
		return distinct[0]
	}
	for i, m := range r.Maps {
		each[i] = words.Clean(m.Region) + " " + each[i]
	}
	return strings.Join(each, ", ")
}

func sourceText(s slots.Source) string {
	switch s {
	case slots.ClusterSlots:
		return "from CLUSTER SLOTS"
	case slots.ClusterShards:
		return "from CLUSTER SHARDS"
	case slots.REST:
		return "from the REST interface"
	case slots.Static:
		return "an even split, as configured"
	case slots.Single:
		return "one endpoint, not telling its shards"
	}
	return words.Clean(string(s))
}

// mostRanges bounds the ranges that a line of text lists.
const mostRanges = 8

func ranges(all []slots.Range) string {
	text := "slots "
	for i, r := range all {
		if i == mostRanges {
			return text + fmt.Sprintf(" and %d more ranges", len(all)-i)
		}
		if i > 0 {
			text += ", "
		}
		text += r.String()
	}
	return text
}

// origin says whether a result comes from the lab.
func origin(d Deployment) string {
	if d == Lab {
		return "From the lab."
	}
	return "From the regions given."
}
