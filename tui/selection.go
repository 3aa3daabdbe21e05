package tui

import (
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/lab"
)

// selection is what is selected on a screen, for keys that do something to it: a region, a link, or one shard of either. The
// zero value is nothing.
type selection struct {
	region   string // a region; "" where a link is selected
	from, to string // a link. A loop, from a region to itself, means that region
	// shard is the number by which the screen names a shard of region, or of from, from 1; lab.AllShards, the zero value,
	// means all.
	shard int
	// address is host:port of that shard where the screen knows it. A lab numbers its shards for good, and whoever only sees
	// who owns which slots may have to number them otherwise after some were moved: the address tells them apart. "": the number
	// is that of the lab.
	address string
}

// source is the region that the selected shard, if there is one, is of.
func (s selection) source() string {
	if s.region != "" {
		return s.region
	}
	return s.from
}

// isLink tells a link from a region.
func (s selection) isLink() bool { return s.region == "" && s.from != s.to }

// String names it as people do: "us", "us shard 2", "us→eu", "us→eu shard 2"; "" is nothing.
func (s selection) String() string {
	name := words.Clean(s.source())
	if s.isLink() {
		name = words.Link(s.from, s.to)
	}
	if s.shard != lab.AllShards {
		name += " " + words.Shard(s.shard-1)
	}
	return name
}
