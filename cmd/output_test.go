package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

func TestOnlyTheNewestEventsAreKept(t *testing.T) {
	t.Parallel()
	r := &printer{form: asJSON}
	const n = 3*maxEvents + 7
	for i := range n {
		r.add(probe.Event{Slot: i}, nil)
	}
	if len(r.events) > maxEvents || len(r.events) < maxEvents/2 {
		t.Fatalf("%d events are kept, the limit is %d", len(r.events), maxEvents)
	}
	for i, e := range r.events {
		if want := n - len(r.events) + i; e.Slot != want {
			t.Fatalf("event %d is number %d, want %d", i, e.Slot, want)
		}
	}
}

func TestShardsAreNamedAsTheyAreSinceTheTopologyChanged(t *testing.T) {
	t.Parallel()
	sharded := func(address string) []slots.Map {
		return []slots.Map{{Region: "us", Shards: []slots.Shard{{ID: "1", Address: address}}}}
	}
	var out bytes.Buffer
	w := &watching{shown: (&probeFlags{output: &form{chosen: asTable}}).record(&out, sharded("10.0.0.1:6379"), false)}
	down := probe.Event{Kind: probe.EventShard, Region: "us", Shard: 0, State: "down"}
	w.event(down)
	w.newest.Maps = sharded("10.0.0.7:6379")
	w.event(down)
	w.event(probe.Event{Kind: probe.EventTopology, Detail: "us: shard 1 is now at 10.0.0.7:6379"})
	w.event(down)
	if err := w.shown.lines.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{"10.0.0.1:6379", "10.0.0.1:6379", "is now at", "10.0.0.7:6379"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d says nothing of %s: %s", i+1, want, lines[i])
		}
	}
}

func TestTheFormIsOneOfThoseThatTheCommandPrints(t *testing.T) {
	t.Parallel()
	f := &form{chosen: asTable, known: []string{asTable, asJSON}}
	if err := f.Set(asCSV); err == nil || err.Error() != "must be table or json" || f.String() != asTable {
		t.Errorf("csv: %v, chosen is %s", err, f)
	}
	if err := f.Set(asJSON); err != nil || f.String() != asJSON {
		t.Errorf("json: %v, chosen is %s", err, f)
	}
}

func TestANilResultIsReportedInEveryForm(t *testing.T) {
	t.Parallel()
	for _, chosen := range []string{asTable, asJSON, asNDJSON} {
		var out bytes.Buffer
		f := &probeFlags{output: &form{chosen: chosen}}
		if err := f.record(&out, nil, false).conclude(report.ProbeResult{Deployment: report.Given}); err != nil {
			t.Errorf("%s: %v", chosen, err)
		}
		if !strings.Contains(strings.ToLower(out.String()), "unobservable") {
			t.Errorf("%s: %s", chosen, out.String())
		}
	}
}
