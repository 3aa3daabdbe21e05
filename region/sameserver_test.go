package region

import (
	"testing"

	"github.com/aafailover/aafailover/slots"
)

func TestMapsThatNameOneServer(t *testing.T) {
	region := func(shards ...slots.Shard) slots.Map { return slots.Map{Shards: shards} }
	for _, test := range []struct {
		name string
		a, b slots.Map
		want bool
	}{
		{"other nodes at other addresses", region(shard(redisA, "h:1", 0, 9)), region(shard(redisB, "h:2", 0, 9)), false},
		{"one node under two addresses", region(shard(redisA, "h:1", 0, 9), shard(redisB, "h:2", 10, 19)), region(shard(redisB, "i:2", 0, 9)), true},
		{"one address", region(shard("1", "h:1", 0, 9)), region(shard("2", "h:1", 0, 9)), true},
		{"shards that are merely numbered alike", region(shard("1", "h:1", 0, 9)), region(shard("1", "h:2", 0, 9)), false},
		{"40 characters that are no node ID", region(shard(redisA[:39]+"x", "h:1", 0, 9)), region(shard(redisA[:39]+"x", "h:2", 0, 9)), false},
		{"no shards", region(), region(), false},
	} {
		if got := shareNode(test.a, test.b); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
