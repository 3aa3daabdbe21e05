package matrix_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// class is a class of faults, for which it is promised how soon they are found.
type class string

// The classes, in the order of the summary.
const (
	refused   class = "refused"    // a region, or a shard of it, refuses connections
	hung      class = "hung"       // one takes connections and says nothing
	silent    class = "silent"     // a link carries nothing
	shardLink class = "shard_link" // a link carries nothing of one shard
)

var classes = []class{refused, hung, silent, shardLink}

func (c class) check() error {
	if c != "" && !slices.Contains(classes, c) {
		return fmt.Errorf("measures: %q is none of %v", c, classes)
	}
	return nil
}

// limit is how soon the faults of a class are found.
func (c class) limit(s probe.Sensitivity) time.Duration {
	if c == refused && s != probe.Cautious {
		return promise[s] / 3
	}
	return promise[s]
}

// times are the detection times of a class.
type times struct{ detected, told []time.Duration }

// promised says of each class, over all runs, how soon its faults were seen and told, against what is promised. The classes that
// are over it are returned, too.
func promised(all map[class]*times, s probe.Sensitivity) (text string, over []string) {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%-12s %6s  %-10s %-28s %s\n", "fault ("+string(s)+")", "runs", "promised", "seen min/median/p99/max, s", "told, s")
	for _, c := range classes {
		t := all[c]
		if t == nil || len(t.detected) == 0 {
			continue
		}
		slices.Sort(t.detected)
		late := ""
		if t.detected[int(0.99*float64(len(t.detected)-1)+0.5)] > c.limit(s) {
			late = "  OVER"
			over = append(over, string(c))
		}
		fmt.Fprintf(&out, "%-12s %6d  %-10v %-28s %s%s\n", c, len(t.detected), c.limit(s), spread(t.detected), spread(t.told), late)
	}
	return out.String(), over
}
