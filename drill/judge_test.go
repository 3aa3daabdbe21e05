package drill_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

const mib = 1 << 20

// twoRegions is a drill on two regions of one shard each, of known sharding.
func twoRegions() drill.Config {
	whole := []slots.Shard{{ID: "1", Address: "10.0.0.1:6379", Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}
	return drill.Config{
		Scenario: drill.Scenario{Steady: 10 * time.Second, Outage: 20 * time.Second, Settle: 5 * time.Second},
		Prefix:   "aafailover", Rate: 100, Payload: 100, Connections: 4, Limits: drill.DefaultLimits(), Cover: []int{0},
		Maps:   []slots.Map{{Region: "us", Source: slots.ClusterSlots, Shards: whole}, {Region: "eu", Source: slots.ClusterSlots, Shards: whole}},
		Safety: drill.Safety{Inspectors: make([]drill.Inspector, 2), MaxLag: 500 * time.Millisecond},
	}
}

// healthy is what a probe sees where all is well.
func healthy() *probe.Snapshot {
	s := &probe.Snapshot{Settled: true, Verdict: probe.Healthy, Sentence: "all is well",
		Regions: []probe.Region{{Name: "us", State: probe.RegionAvailable}, {Name: "eu", State: probe.RegionAvailable}}}
	for _, from := range []string{"us", "eu"} {
		for _, to := range []string{"us", "eu"} {
			l := probe.Link{From: from, To: to, State: probe.LinkUp}
			l.RTT.P99 = 40 * time.Millisecond
			s.Links = append(s.Links, l)
		}
	}
	return s
}

// roomy are the facts of two shards that have everything.
func roomy() [][]drill.ShardFacts {
	one := func() []drill.ShardFacts {
		return []drill.ShardFacts{{Address: "10.0.0.1:6379", Memory: drill.Memory{Used: 10 * mib, Limit: 1024 * mib, Policy: "noeviction"}}}
	}
	return [][]drill.ShardFacts{one(), one()}
}

func TestWhatKeepsADrillFromBeginning(t *testing.T) {
	type world struct {
		config drill.Config
		seen   *probe.Snapshot
		facts  [][]drill.ShardFacts
	}
	usMemory := func(m drill.Memory) func(*world) {
		return func(w *world) { w.facts[0][0].Memory = m }
	}
	noperm := hint.Wrap(errors.New("us (10.0.0.1:6379): NOPERM"), "grant it")
	for _, row := range []struct {
		name   string
		change func(*world)
		check  string // the one that is not passed; "" for none
		state  drill.CheckState
		text   string
	}{
		{"all is well", func(*world) {}, "", "", ""},
		{"a link is down", func(w *world) {
			w.seen.Verdict, w.seen.Sentence, w.seen.Links[1].State = probe.ReplicationFailure, "us->eu is down", probe.LinkDown
		}, "links", drill.Failed, "us->eu is down"},
		{"nothing is settled yet", func(w *world) { w.seen.Settled = false }, "links", drill.Failed, "all is well"},
		{"only the first region replicates", func(w *world) {
			w.seen.Verdict, w.seen.Sentence, w.seen.Links[2].State = probe.ReplicationFailure, "eu->us is down", probe.LinkNever
		}, "links", drill.Failed, "eu->us is down"},
		{"and that is accepted", func(w *world) {
			w.seen.Verdict, w.seen.Links[2].State = probe.ReplicationFailure, probe.LinkNever
			w.config.Safety.Accept = []drill.Doubt{drill.OneWayLinks}
		}, "links", drill.Accepted, "only the links from us are up"},
		{"to accept that does not accept the other way", func(w *world) {
			w.seen.Verdict, w.seen.Sentence, w.seen.Links[1].State = probe.ReplicationFailure, "us->eu is down", probe.LinkDown
			w.config.Safety.Accept = []drill.Doubt{drill.OneWayLinks}
		}, "links", drill.Failed, "us->eu is down"},
		{"nor a region that is down", func(w *world) {
			w.seen.Verdict, w.seen.Sentence, w.seen.Regions[1].State = probe.RemoteFailure, "eu is down", probe.RegionDown
			w.config.Safety.Accept = []drill.Doubt{drill.OneWayLinks}
		}, "links", drill.Failed, "eu is down"},
		{"the lag is over its limit", func(w *world) { w.seen.Links[1].RTT.P99 = 501 * time.Millisecond },
			"lag", drill.Failed, "501ms at the 99th percentile, us→eu: more than 500ms"},
		{"the lag of the way back does not matter", func(w *world) { w.seen.Links[2].RTT.P99 = time.Minute }, "", "", ""},
		{"there is no limit on the lag", func(w *world) { w.seen.Links[1].RTT.P99, w.config.Safety.MaxLag = time.Minute, 0 }, "", "", ""},
		{"the user may not write", func(w *world) { w.facts[0][0].Trial = noperm }, "writes", drill.Failed, "us (10.0.0.1:6379): NOPERM"},
		{"the first region is a replica", func(w *world) { w.facts[0][0].Trial = drill.ErrRefused }, "writes", drill.Failed, "writes are refused"},
		{"the second one is", func(w *world) { w.facts[1][0].Trial = drill.ErrRefused }, "writes", drill.Noted, "eu: the user may write, and writes are refused for now"},
		{"a region does not tell its memory", func(w *world) { w.facts[0][0].Unknown = noperm }, "memory", drill.Failed, "NOPERM"},
		{"it tells nothing of a limit", usMemory(drill.Memory{Used: 10 * mib}), "memory", drill.Failed, "does not tell how much memory it may use"},
		{"and that is accepted", func(w *world) {
			w.facts[0][0].Memory = drill.Memory{}
			w.config.Safety.Accept = []drill.Doubt{drill.UnknownMemory}
		}, "memory", drill.Accepted, "does not tell"},
		{"it has a limit, and does not tell whether it evicts", usMemory(drill.Memory{Used: mib, Limit: 1024 * mib}), "memory", drill.Failed, "does not tell"},
		{"without a limit that of the machine counts", usMemory(drill.Memory{Used: 10 * mib, System: 1024 * mib}), "", "", ""},
		{"the machine is nearly full", usMemory(drill.Memory{Used: 950 * mib, System: 1024 * mib}), "memory", drill.Failed, "of the memory of its machine, 1.0 GiB"},
		{"it evicts, with room to spare", usMemory(drill.Memory{Used: 10 * mib, Limit: 1024 * mib, Policy: "allkeys-lru"}), "", "", ""},
		{"it evicts, and is close to that", usMemory(drill.Memory{Used: 810 * mib, Limit: 1024 * mib, Policy: "volatile-ttl"}),
			"memory", drill.Failed, "and it would evict keys of its owner (volatile-ttl)"},
		{"as close, but it does not evict", usMemory(drill.Memory{Used: 810 * mib, Limit: 1024 * mib, Policy: "noeviction"}), "", "", ""},
		{"it would refuse writes", usMemory(drill.Memory{Used: 915 * mib, Limit: 1024 * mib, Policy: "noeviction"}),
			"memory", drill.Failed, "915 MiB used and up to "},
		{"even what is unknown is accepted, what is known to be too little is not", func(w *world) {
			w.facts[0][0].Memory = drill.Memory{Used: 1024 * mib, Limit: 1024 * mib, Policy: "allkeys-lru"}
			w.config.Safety.Accept = []drill.Doubt{drill.UnknownMemory}
		}, "memory", drill.Failed, "it would evict"},
		{"the sharding is not known", func(w *world) { w.config.Maps[1].Source = slots.Single }, "coverage", drill.Noted, "eu does not tell its sharding: 1 slots are tried"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := world{twoRegions(), healthy(), roomy()}
			row.change(&w)
			p := drill.Preflight{Checks: drill.Judge(w.config, w.seen, w.facts)}
			found := row.check == ""
			for _, c := range p.Checks {
				switch {
				case c.State == drill.Passed && c.Hint == "":
				case c.Name == row.check && c.State == row.state && strings.Contains(c.Text, row.text) && (c.State == drill.Failed) == (c.Hint != ""):
					found = true
				default:
					t.Errorf("unexpected: %+v", c)
				}
			}
			if !found {
				t.Errorf("no check %s: %+v", row.check, p.Checks)
			}
			err := p.Err()
			if failed := row.state == drill.Failed; failed != (err != nil) || failed != errors.Is(err, drill.ErrPreflight) || failed != (len(hint.Of(err)) > 0) {
				t.Errorf("%v, hints %q", err, hint.Of(err))
			}
		})
	}
}

// Every shard is looked at, with its share of the keys.
func TestTheMemoryOfEachShardIsJudged(t *testing.T) {
	c := twoRegions()
	c.Maps[0].Shards = nil
	for _, ranges := range slots.Even(3) {
		c.Maps[0].Shards = append(c.Maps[0].Shards, slots.Shard{Slots: ranges})
	}
	c.Cover = slots.Cover(c.Maps, nil)
	facts := roomy()
	facts[0] = []drill.ShardFacts{facts[0][0], facts[0][0], facts[0][0]}
	needed := uint64(c.Estimate().MostBytes / 3)
	tight := drill.Memory{Used: mib, Limit: (mib + needed) * 100 / 89, Policy: "noeviction"}
	for i := range facts[0] {
		facts[0][i].Memory = tight
	}
	if err := (&drill.Preflight{Checks: drill.Judge(c, healthy(), facts)}).Err(); err != nil {
		t.Errorf("each shard has room for a third of the keys: %v", err)
	}
	facts[0][2].Memory.Limit = (mib + needed) * 100 / 91
	facts[0][2].Address = "third"
	if err := (&drill.Preflight{Checks: drill.Judge(c, healthy(), facts)}).Err(); err == nil || !strings.Contains(err.Error(), "third") {
		t.Errorf("the third shard has not: %v", err)
	}
}

func TestWhatADrillComesTo(t *testing.T) {
	c := twoRegions()
	e := c.Estimate()
	if e.Duration != 45*time.Second || e.Keys != 4500 || e.MostDuration < 3*time.Minute || e.MostKeys != int(e.MostDuration.Seconds()*100) {
		t.Errorf("%+v", e)
	}
	if e.BytesPerKey < 4*300 || e.BytesPerKey > 4*400 || e.Bytes != e.Keys*e.BytesPerKey || e.MostBytes != e.MostKeys*e.BytesPerKey {
		t.Errorf("%+v", e)
	}
	if e.Connections != 2*(2+4+32) || e.Rate != 100 {
		t.Errorf("%+v", e)
	}
}

func TestThereIsNothingToJudgeWhereNothingWasSeen(t *testing.T) {
	for _, c := range drill.Judge(twoRegions(), nil, nil) {
		if c.State != drill.Failed && c.Name != "coverage" || c.Hint == "" {
			t.Errorf("%+v", c)
		}
	}
}
