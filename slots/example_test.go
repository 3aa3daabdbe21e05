package slots_test

import (
	"fmt"

	"github.com/aafailover/aafailover/slots"
)

// What a probe subscribes to: the channels that together pass through every shard of a deployment, one for each region.
func Example() {
	var regions []slots.Map
	for _, name := range []string{"us", "eu"} {
		m := slots.Map{Region: name, Source: slots.ClusterSlots} // usually made of what CLUSTER SLOTS tells
		for i, ranges := range slots.Even(3) {
			m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(name, "-", i+1), Slots: ranges})
		}
		regions = append(regions, m)
	}
	for _, slot := range slots.Cover(regions, nil) {
		for _, m := range regions {
			shard, _ := m.ShardOf(slot)
			fmt.Println(slots.Channel("aafailover", slot, m.Region), "on slot", slot, "is of shard", m.Shards[shard].ID)
		}
	}
	// Output:
	// aafailover:{1bz}:us on slot 0 is of shard us-1
	// aafailover:{1bz}:eu on slot 0 is of shard eu-1
	// aafailover:{3zu}:us on slot 5461 is of shard us-2
	// aafailover:{3zu}:eu on slot 5461 is of shard eu-2
	// aafailover:{63n}:us on slot 10923 is of shard us-3
	// aafailover:{63n}:eu on slot 10923 is of shard eu-3
}

func ExampleOf() {
	fmt.Println(slots.Of("foo"), slots.Of("{foo}.profile"), slots.Of("foo{}{bar}") == slots.Of("bar"))
	// Output: 12182 12182 false
}

func ExampleKey() {
	fmt.Println(slots.Key(0), slots.Key(5461), slots.Key(10923))
	// Output: 1bz 3zu 63n
}

func ExampleChannel() {
	channel := slots.Channel("aafailover", 5461, "us")
	prefix, slot, region, ok := slots.ParseChannel(channel)
	fmt.Println(channel, slots.Of(channel))
	fmt.Println(prefix, slot, region, ok)
	// Output:
	// aafailover:{3zu}:us 5461
	// aafailover 5461 us true
}

// Two regions, one of two shards and one of three: four pairs of shards share slots, and each needs a slot of its own.
func ExampleCover() {
	us := slots.Map{Region: "us", Source: slots.Static}
	for i, ranges := range slots.Even(2) {
		us.Shards = append(us.Shards, slots.Shard{ID: fmt.Sprint("us-", i), Slots: ranges})
	}
	eu := slots.Map{Region: "eu", Source: slots.Static}
	for i, ranges := range slots.Even(3) {
		eu.Shards = append(eu.Shards, slots.Shard{ID: fmt.Sprint("eu-", i), Slots: ranges})
	}
	for _, slot := range slots.Cover([]slots.Map{us, eu}, nil) {
		a, _ := us.ShardOf(slot)
		b, _ := eu.ShardOf(slot)
		fmt.Println(slot, us.Shards[a].ID, eu.Shards[b].ID)
	}
	// Output:
	// 0 us-0 eu-0
	// 5461 us-0 eu-1
	// 8192 us-1 eu-1
	// 10923 us-1 eu-2
}

func ExampleEqual() {
	a := slots.Map{Shards: []slots.Shard{{ID: "a", Slots: []slots.Range{{First: 0, Last: 16383}}}}}
	b := slots.Map{Shards: []slots.Shard{{ID: "b", Slots: []slots.Range{{First: 0, Last: 99}, {First: 100, Last: 16383}}}}}
	fmt.Println(slots.Equal(a, b))
	// Output: true
}
