package recorder_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

// What the Log says that a service left behind last is what the server holds.
func TestTheLogKnowsWhatTheServerHolds(t *testing.T) {
	server := redistest.Start(t)
	began := time.Now()
	rec, log := newRecorder(t, recorder.Region{})
	p := proxy.New(proxy.Options{Tap: func(c proxy.Connection) proxy.Tap { return rec.Tap(0, c) }})
	defer p.Close()
	at, err := p.Addr(server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []int{2, 3} {
		serve(t, client(t, at, protocol))
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	known, outcomes := 0, make(map[drill.Outcome]int)
	items := make(map[int]bool)
	for w := range log.Writes() {
		outcomes[w.Outcome]++
		if w.Sent > w.Ended || w.Ended > time.Since(began) {
			t.Errorf("%+v", w)
		}
		items[w.Item] = true
	}
	for n := range items {
		last := log.Last(n)
		if n == recorder.NoItem || last == recorder.NoWrite {
			continue
		}
		item, w := log.Item(n), log.Write(last)
		found := commands.StateOf(item.Kind, commands.ReplyOf(server.Do(t, commands.Look(item.Kind, item.Key, item.Part)...)), log.Seed())
		if w.State.Kind != commands.Is && w.State.Kind != commands.Absent {
			continue
		}
		known++
		if found.Kind == w.State.Kind && found.Digest == w.State.Digest {
			continue
		}
		// The service may have its reply, and send the next write of the item, before the proxy says that it has delivered it: then nobody
		// knows which was the last, and either is current.
		now := time.Since(began)
		if v := log.Judge(n, found, now, now); v != recorder.Current && v != recorder.Gone {
			t.Errorf("%q %q was left %v by %s, and is %v", item.Key, item.Part, w.State.Kind, w.Command, found.Kind)
		}
	}
	// Twice a key that had changed, twice a key of another type, and once a script that the server did not know.
	if known < 150 || outcomes[drill.Acknowledged] < 300 || outcomes[drill.Rejected] != 5 || len(outcomes) != 2 {
		t.Errorf("%d items of a known state; %v", known, outcomes)
	}
	if d := log.Dropped(); d != (recorder.Dropped{}) {
		t.Errorf("%+v", d)
	}
}
