package service_test

import (
	"slices"
	"testing"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/slots"
)

// sharded is a region whose slots are split after the given ones.
func sharded(name string, source slots.Source, after ...int) slots.Map {
	m := slots.Map{Region: name, Source: source}
	first := 0
	for _, last := range append(after, slots.Count-1) {
		m.Shards = append(m.Shards, slots.Shard{Slots: []slots.Range{{First: first, Last: last}}})
		first = last + 1
	}
	return m
}

// us is split at 5000 and eu at 10000, so that there are three kinds of slots, and two of them share a shard of us.
func TestWhichMessagesAreFencesForASlot(t *testing.T) {
	maps := []slots.Map{sharded("us", "cluster-slots", 5000), sharded("eu", "cluster-slots", 10000)}
	cover := []int{0, 6000, 12000}
	if got := service.StandIns(maps, cover, []int{3, 4999, 5000, 5001, 9999, 10001, 16383}); !slices.Equal(got, []int{3, 3, 3, 5001, 5001, 10001, 10001}) {
		t.Errorf("slots stand in for others: %v", got)
	}
	sent := func(slot, at int) []drill.Fence {
		return []drill.Fence{{From: us, To: eu, Slot: slot, Sent: ms(at), Delivered: ms(at + 10)}, {From: eu, To: us, Slot: slot, Sent: ms(at + 1), Delivered: ms(at + 11)}}
	}
	delivered := slices.Concat(sent(0, 100), sent(6000, 200), sent(12000, 300))
	for slot, at := range map[int]int{17: 100, 7777: 200, 16000: 300} {
		got := service.FencesFor(maps, cover, slot, delivered)
		want := sent(slot, at)
		if !slices.Equal(got, want) {
			t.Errorf("slot %d has %v, want %v", slot, got, want)
		}
	}
	if got := service.FencesFor(maps, cover, 7777, sent(0, 100)); len(got) != 0 {
		t.Errorf("messages on other shards are fences: %v", got)
	}
}

// Where nobody knows how a region is sharded, a slot is fenced when messages on all slots that are tried have arrived.
func TestFencesWhereTheShardingIsNotKnown(t *testing.T) {
	maps := []slots.Map{sharded("us", "single"), sharded("eu", "single")}
	cover := []int{0, 8000}
	early := drill.Fence{From: us, To: eu, Slot: 0, Sent: ms(100), Delivered: ms(110)}
	late := drill.Fence{From: us, To: eu, Slot: 8000, Sent: ms(90), Delivered: ms(150)}
	if got := service.FencesFor(maps, cover, 5, []drill.Fence{early}); len(got) != 0 {
		t.Errorf("one message of two is a fence: %v", got)
	}
	want := []drill.Fence{{From: us, To: eu, Slot: 5, Sent: ms(90), Delivered: ms(150)}}
	if got := service.FencesFor(maps, cover, 5, []drill.Fence{early, late}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
