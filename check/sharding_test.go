package check_test

import (
	"math/rand"
	"testing"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// sharded is a region whose shards own these slots.
func sharded(source slots.Source, ranges ...[]slots.Range) func(*check.Region) {
	return func(r *check.Region) {
		m := slots.Map{Region: r.Name, Source: source}
		for _, of := range ranges {
			m.Shards = append(m.Shards, slots.Shard{Address: r.Name, Slots: of})
		}
		r.Map = known(m)
	}
}

func part(first, last int) []slots.Range { return []slots.Range{{First: first, Last: last}} }

// plain is an open-source server that is in no cluster.
func plain(r *check.Region) {
	sharded(slots.Single, nil)(r)
	settings()(r)
	r.Servers[0].Vitals.Mode = known("standalone")
}

func TestSameSharding(t *testing.T) {
	halves := sharded(slots.ClusterSlots, part(0, 8191), part(8192, 16383))
	judge(t, "same-sharding", []row{
		{"the same slots together pass", facts(region("us", halves), region("eu", halves)), check.Passed, []string{"2 shards, with the same slots, in us and eu"}},
		{"in whatever order they are told", facts(region("us", halves), region("eu", sharded(slots.ClusterShards, part(8192, 16383), []slots.Range{{First: 4000, Last: 8191}, {First: 0, Last: 3999}}))), check.Passed, nil},
		{"other numbers of shards are a warning", facts(region("us", halves), region("eu", sharded(slots.ClusterSlots, part(0, 5460), part(5461, 10922), part(10923, 16383)))), check.Warned,
			[]string{"us and eu: us has 2 shards and eu has 3 shards, of which 4 pairs share slots"}},
		{"so are other borders", facts(region("us", halves), region("eu", sharded(slots.ClusterSlots, part(0, 8190), part(8191, 16383)))), check.Warned, []string{"3 pairs share slots"}},
		{"servers that are in no cluster are one shard each", facts(region("us", plain), region("eu", plain)), check.Passed, []string{"1 shard, with the same slots, in us and eu"}},
		{"which is another sharding than that of a cluster", facts(region("us", halves), region("eu", plain)), check.Warned, []string{"us has 2 shards and eu has 1 shard"}},
		{"a service may say so of many servers", facts(region("us", halves), region("eu", plain, ofEnterprise)), check.Untold, []string{"eu: it answers neither"}},
		{"what is behind one endpoint is not known", facts(region("us", halves), region("eu", sharded(slots.Single, nil))), check.Untold, []string{"eu: it answers neither", "--shards N"}},
		{"nor what may not be asked", facts(region("us", halves), region("eu", func(r *check.Region) { r.Map = notAllowed[slots.Map]() })), check.Untold, []string{"may not ask for how it is sharded"}},
		{"one region is sharded like itself", facts(region("us", halves)), check.NotApplicable, nil},
	})
}

// Regions are sharded alike if and only if each slot has the same company in both.
func TestSameShardingIsTheSameCompany(t *testing.T) {
	rule, err := check.Find("same-sharding")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewSource(1))
	random := func(shards int) [][]slots.Range {
		of := make([][]slots.Range, shards)
		for first := 0; first < slots.Count; {
			last := min(first+1000+r.Intn(8000), slots.Count-1)
			i := r.Intn(shards)
			of[i] = append(of[i], slots.Range{First: first, Last: last})
			first = last + 1
		}
		return of
	}
	owner := func(of [][]slots.Range) []int {
		owners := make([]int, slots.Count)
		for i, ranges := range of {
			for _, x := range ranges {
				for s := x.First; s <= x.Last; s++ {
					owners[s] = i
				}
			}
		}
		return owners
	}
	same := func(a, b []int) bool {
		to, from := map[int]int{}, map[int]int{}
		for s := range a {
			x, ok := to[a[s]]
			y, back := from[b[s]]
			if ok && x != b[s] || back && y != a[s] {
				return false
			}
			to[a[s]], from[b[s]] = b[s], a[s]
		}
		return true
	}
	const seeds = max(60, 300/racetest.Slowdown)
	alike := 0
	for range seeds {
		a := random(1 + r.Intn(3))
		b := random(1 + r.Intn(3))
		if r.Intn(3) == 0 { // the same, told in another order
			b = nil
			for _, i := range r.Perm(len(a)) {
				b = append(b, a[i])
			}
		}
		got := check.Run([]check.Rule{rule}, facts(region("us", sharded(slots.ClusterSlots, a...)), region("eu", sharded(slots.ClusterSlots, b...))), target, false).Rules[0].Outcome
		want := check.Warned
		if same(owner(a), owner(b)) {
			want = check.Passed
			alike++
		}
		if got != want {
			t.Fatalf("got %s, want %s of %v and %v", got, want, a, b)
		}
	}
	if alike < seeds/6 {
		t.Errorf("only %d were alike", alike)
	}
}

func TestStandardHashing(t *testing.T) {
	hashes := func(h vitals.Field[bool]) func(*check.Region) { return func(r *check.Region) { r.Hashing = h } }
	judge(t, "standard-hashing", []row{
		{"slots by CRC16 pass", facts(region("us", hashes(known(true)))), check.Passed, []string{"us: CLUSTER KEYSLOT answers as CRC16 does"}},
		{"others are a failure", facts(region("us", hashes(known(true))), region("eu", hashes(known(false)))), check.Broken, []string{"eu: CLUSTER KEYSLOT answers with other slots than CRC16"}},
		{"one server has no slots", facts(region("us", plain)), check.NotApplicable, []string{"it is one server, which has no slots"}},
		{"what is not answered is not known", facts(region("us")), check.Untold, []string{"us: it does not tell the slots of keys, by CLUSTER KEYSLOT"}},
		{"nor what may not be asked", facts(region("us", hashes(notAllowed[bool]()))), check.Untold, []string{"acl check"}},
		{"a region that is not there answers nothing", facts(region("us", unreachable)), check.Untold, []string{"us: it cannot be reached"}},
	})
}
