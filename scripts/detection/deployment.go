package main

import (
	"context"
	"fmt"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/lab"
)

// deployment is a lab, and its regions as whoever watches them is given them.
type deployment struct {
	lab     *lab.Lab
	regions []config.Region
}

// deploy starts a lab with regions r1, r2 and so on. Whoever calls it closes the lab.
func (s study) deploy(ctx context.Context) (*deployment, error) {
	var c lab.Config
	for i := range s.regions {
		c.Regions = append(c.Regions, lab.RegionConfig{Name: fmt.Sprintf("r%d", i+1), Shards: s.shards})
	}
	l, err := lab.Start(ctx, c)
	if err != nil {
		return nil, err
	}
	d := &deployment{lab: l}
	status, err := l.Status(ctx)
	for _, r := range status.Regions {
		given, parsed := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if parsed != nil && err == nil {
			err = parsed
		}
		d.regions = append(d.regions, given)
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return d, nil
}
