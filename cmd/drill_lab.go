package cmd

import (
	"fmt"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
)

// labFor is the built-in lab with what a scenario takes: the default one, with more regions and shards where it needs them.
func labFor(s drill.Scenario) lab.Config {
	c := lab.Config{Regions: defaultLab(), Backlog: s.Needs.Backlog}
	for n := len(c.Regions) + 1; n <= s.Needs.Regions; n++ {
		c.Regions = append(c.Regions, lab.RegionConfig{Name: fmt.Sprintf("region%d", n), Shards: c.Regions[0].Shards})
	}
	for i := range c.Regions {
		c.Regions[i].Shards = max(c.Regions[i].Shards, s.Needs.Shards)
		c.Regions[i].Persistence = lab.Persistence(s.Needs.Persistence)
	}
	return c
}
