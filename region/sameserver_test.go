package region

import (
	"slices"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
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
		if got := SharesNode(test.a, test.b); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestRealServersAreComparedByWhoTheirSubscribersAre(t *testing.T) {
	a, b := redistest.Start(t), redistest.Start(t)
	mute := redistest.Start(t, "--rename-command", "PUBLISH", "")
	deaf := redistest.Start(t, "--rename-command", "SUBSCRIBE", "")
	endpoint := func(address string) *Endpoint {
		return NewEndpoint(at2("us", address), one(address), Options{Timeout: 10 * time.Second})
	}
	us := endpoint(a.Addr)
	others := []*Endpoint{us, endpoint(b.Addr), endpoint(a.Addr), endpoint(closedPort(t)), endpoint(mute.Addr), endpoint(deaf.Addr)}
	for _, row := range []struct {
		name string
		e    *Endpoint
		want []Likeness
	}{
		{"itself says nothing, nor do those that are not there or refuse to publish", us, []Likeness{Undecided, Apart, One, Undecided, Undecided, Apart}},
		{"without a subscription nothing is decided", endpoint(deaf.Addr), make([]Likeness, len(others))},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.e.Compare(t.Context(), others); !slices.Equal(got, row.want) {
				t.Errorf("%v, want %v", got, row.want)
			}
		})
	}
}
