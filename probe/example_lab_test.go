package probe_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// Two regions are observed over the network until they are healthy, and, once nothing is replicated from us to eu any more, until that is seen.
// The regions are those of a lab here, in this process; yours have URLs of the same form.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	deployment, err := lab.Start(ctx, lab.Config{Regions: []lab.RegionConfig{{Name: "us", Shards: 2}, {Name: "eu", Shards: 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = deployment.Close() }()
	status, err := deployment.Status(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}

	observe := func(until probe.Verdict) {
		options := region.Options{Timeout: 2 * time.Second}
		c := probe.Config{Policy: probe.DefaultPolicy(), Prefix: "aafailover", Done: func(s *probe.Snapshot) bool { return s.Settled && s.Verdict == until }}
		for _, r := range status.Regions {
			given, err := region.Parse(r.Name, r.URL)
			if err != nil {
				fmt.Println(err)
				return
			}
			m, err := region.Discover(ctx, given, options)
			if err != nil {
				fmt.Println(err)
				return
			}
			c.Maps = append(c.Maps, m)
			c.Endpoints = append(c.Endpoints, region.NewEndpoint(given, m, options))
		}
		c.Cover = slots.Cover(c.Maps, nil)
		last, err := probe.Run(ctx, c)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(last.Verdict)
		for _, link := range last.Links {
			if link.From != link.To {
				fmt.Printf("  %s→%s is %s\n", link.From, link.To, link.State)
			}
		}
	}
	observe(probe.Healthy)
	if err := deployment.Inject(ctx, lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true}); err != nil {
		fmt.Println(err)
		return
	}
	observe(probe.ReplicationFailure)
	// Output:
	// healthy
	//   us→eu is up
	//   eu→us is up
	// replication_failure
	//   us→eu is never
	//   eu→us is up
}
