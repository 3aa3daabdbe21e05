package survey

import (
	"time"

	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// mostUndecided is how often in a row two regions are compared without a result, until something new happens to one of them.
const mostUndecided = 6

// kinship is which regions are one server, as far as their maps do not show it, and which are to be compared for that.
// It is pure.
//
//	maps share a node ─────────────────────────────────────────> one server, whatever else is known
//	servers of a region are others, its connections were all made anew
//	          └─> doubt ─> due, when both answer ─> learn ─────> one server, or two
//
// What is in doubt stays what it was: a verdict must not change until there is something to change it.
type kinship [][]pair // by the indexes of two regions, the lower one first

// pair is what is known of two regions.
type pair struct {
	one     bool      // they were one server when they were last compared
	open    bool      // they are to be compared
	listens int       // index of the region in which the next comparison subscribes
	tries   int       // comparisons since the last doubt that decided nothing
	at      time.Time // when they were last compared
}

// comparison is what is compared over one subscription in a region: the others that are published to.
type comparison struct {
	listens int
	others  []int
}

// newKinship begins with pairs that are known to be one server.
func newKinship(maps []slots.Map, known [][2]string) kinship {
	k := make(kinship, len(maps))
	for i := range k {
		k[i] = make([]pair, len(maps))
		for j := i + 1; j < len(maps); j++ {
			for _, names := range known {
				if names == [2]string{maps[i].Region, maps[j].Region} {
					k[i][j].one = !region.SharesNode(maps[i], maps[j])
				}
			}
		}
	}
	return k
}

func (k kinship) of(a, b int) *pair { return &k[min(a, b)][max(a, b)] }

// pairs returns the pairs of regions that are one server.
func (k kinship) pairs(maps []slots.Map) [][2]string {
	var same [][2]string
	for i := range maps {
		for j := i + 1; j < len(maps); j++ {
			if k[i][j].one || region.SharesNode(maps[i], maps[j]) {
				same = append(same, [2]string{maps[i].Region, maps[j].Region})
			}
		}
	}
	return same
}

// doubt says that a region may be another server than it was.
func (k kinship) doubt(one int) {
	for other := range k {
		if p := k.of(one, other); other != one {
			p.open, p.listens, p.tries = true, one, 0
		}
	}
}

// due returns what is to be compared now, and takes it for begun: pairs in doubt that both answer, and that were not compared
// for a while. Regions whose maps share a node need no comparison.
func (k kinship) due(maps []slots.Map, answering func(int) bool, every time.Duration, now time.Time) []comparison {
	others := make([][]int, len(k))
	for i := range k {
		for j := i + 1; j < len(k); j++ {
			p := &k[i][j]
			switch {
			case !p.open || !answering(i) || !answering(j) || now.Sub(p.at) < every:
			case region.SharesNode(maps[i], maps[j]):
				p.open, p.one = false, false
			default:
				p.open, p.at = false, now
				others[p.listens] = append(others[p.listens], i+j-p.listens)
			}
		}
	}
	var due []comparison
	for i := range others {
		if len(others[i]) > 0 {
			due = append(due, comparison{i, others[i]})
		}
	}
	return due
}

// learn takes the result of a comparison, and returns whether it is news. When there was a doubt since it began, it says
// nothing. When it decided nothing, the other region listens the next time, which may be granted what this one is not.
func (k kinship) learn(c comparison, likenesses []region.Likeness) (news bool) {
	for i, other := range c.others {
		switch p := k.of(c.listens, other); {
		case p.open:
		case likenesses[i] == region.Undecided:
			p.tries++
			p.open, p.listens = p.tries < mostUndecided, other
		default:
			one := likenesses[i] == region.One
			news = news || one != p.one
			p.one = one
		}
	}
	return news
}
