package report

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

func TestWhatIsToldOfTheApplication(t *testing.T) {
	for _, row := range []struct {
		name string
		a    drill.Application
		x    []drill.Exposed
		want string // "" for nothing
	}{
		{"a plain one", drill.Application{Operations: 10}, nil, ""},
		{"one that tried again", drill.Application{Operations: 1000, Retried: 2, Retries: 3}, nil,
			"retries   2 of 1,000 operations tried again, 3 more attempts"},
		{"one whose retries are writes of their own", drill.Application{Operations: 5, Retried: 2, Retries: 2, Duplicates: 1,
			Manners: drill.Manners{Retry: drill.Retry{Fresh: true}}}, nil, "; 1 there more than once"},
		{"one that fences", drill.Application{Operations: 5, Retried: 2, Retries: 2, KnownByFencing: 1}, nil, "; 1 found applied by fencing"},
		{"one that waits for replicas", drill.Application{FewReplicas: 7, Manners: drill.Manners{Replicas: 2}}, nil,
			"7 writes acknowledged, but confirmed by fewer than 2 replicas"},
		{"one that missed its own writes", drill.Application{OwnReads: drill.OwnReads{Checked: 50, Unseen: 9, Writes: 3, Still: 1, Longest: 2 * time.Second}}, nil,
			"50 looks by the application for its latest write, 9 in vain: 3 writes not seen for up to 2.00 s, 1 of them not seen again"},
		{"one that ran out of keys", drill.Application{OutOfKeys: true, Manners: drill.Manners{Keys: 1000}}, nil, "the limit of 1,000 was reached"},
		{"keys that it did not write", drill.Application{Unexpected: 1}, nil, "strangers 1 key of this run"},
		{"one that stayed", drill.Application{}, []drill.Exposed{{Region: 1, Count: 12, Oldest: 3 * time.Second}},
			"a failover to eu just before the fault was undone would have missed 12 writes, the oldest 3.00 s old"},
		{"one that stayed where nothing was at stake", drill.Application{}, []drill.Exposed{{Region: 1}}, ""},
	} {
		p := drillPage{drillView: drillView{&drill.Record{Application: row.a, Exposed: row.x, Maps: []slots.Map{{Region: "us"}, {Region: "eu"}}}}}
		p.application()
		got := strings.Join(strings.Fields(p.out.String()), " ")
		if row.want == "" && got != "" || !strings.Contains(got, strings.Join(strings.Fields(row.want), " ")) {
			t.Errorf("%s: %q", row.name, got)
		}
	}
}
