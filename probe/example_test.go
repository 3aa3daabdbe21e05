package probe_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// Two regions are observed until everything is known of them. The endpoints come from package region; here they are two
// of memory.
func ExampleRun() {
	database := deploy(20*time.Millisecond, 3, 3)
	maps := []slots.Map{{Region: "us", Source: slots.ClusterSlots}, {Region: "eu", Source: slots.ClusterSlots}}
	for i := range maps {
		for k, ranges := range slots.Even(3) {
			maps[i].Shards = append(maps[i].Shards, slots.Shard{ID: fmt.Sprint(k), Slots: ranges})
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	last, err := probe.Run(ctx, probe.Config{
		Policy:    probe.DefaultPolicy(),
		Prefix:    "aafailover",
		Maps:      maps,
		Endpoints: []probe.Endpoint{database.regions[0], database.regions[1]},
		Cover:     slots.Cover(maps, nil),
		Done:      func(s *probe.Snapshot) bool { return s.Settled },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(last.Verdict)
	fmt.Println(last.Sentence)
	// Output:
	// healthy
	// us and eu are available and all 2 links are up
}
