package heartbeat

import (
	"slices"
	"strconv"
	"strings"
)

// onShards names shards of a region, as people count them, where they are not all that there are.
func onShards(some, all []int) string {
	some, all = distinct(some), distinct(all)
	if len(some) == len(all) {
		return ""
	}
	numbers := make([]string, len(some))
	for i, shard := range some {
		numbers[i] = strconv.Itoa(shard + 1)
	}
	if len(numbers) == 1 {
		return " on shard " + numbers[0]
	}
	return " on shards " + strings.Join(numbers, ", ")
}

func distinct(shards []int) []int { return slices.Compact(slices.Sorted(slices.Values(shards))) }

// because appends the reason, where there is one.
func because(why error) string {
	if why == nil {
		return ""
	}
	return ": " + why.Error()
}
