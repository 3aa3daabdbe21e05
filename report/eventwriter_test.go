package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEventsAreOneLineEachAndTheSummaryIsTheLast(t *testing.T) {
	var out bytes.Buffer
	lines := report.NewEventNDJSON(&out, threeByThree())
	for _, e := range events() {
		lines.Write(e)
	}
	if err := lines.Close(); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteLine(&out, report.NewProbeDocument(report.ProbeResult{Snapshot: snapshot(), Events: events()})); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(got) != len(events())+1 {
		t.Fatalf("%d lines for %d events and a summary", len(got), len(events()))
	}
	for i, line := range got {
		var decoded map[string]any
		if err := json.Unmarshal([]byte(line), &decoded); err != nil {
			t.Fatalf("line %d: %v: %s", i, err, line)
		}
		if i < len(events()) && decoded["kind"] != string(events()[i].Kind) {
			t.Errorf("line %d is a %v, want %s", i, decoded["kind"], events()[i].Kind)
		}
		if i == len(events()) && decoded["schema"] != report.ProbeSchema {
			t.Errorf("the last line is no summary: %s", line)
		}
	}
}

func TestShardsAreNamedAsTheyAreFromTheNextEventOn(t *testing.T) {
	sharded := func(id string) []slots.Map {
		return []slots.Map{{Region: "us", Shards: []slots.Shard{{ID: id, Address: id + ":6379"}}}}
	}
	for _, row := range []struct {
		name  string
		write func(*bytes.Buffer, []slots.Map) *report.EventWriter
	}{
		{"text", func(out *bytes.Buffer, maps []slots.Map) *report.EventWriter {
			return report.NewEventText(out, report.Style{}, maps)
		}},
		{"NDJSON", func(out *bytes.Buffer, maps []slots.Map) *report.EventWriter {
			return report.NewEventNDJSON(out, maps)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			lines := row.write(&out, sharded("before"))
			down := probe.Event{At: start, Kind: probe.EventShard, Region: "us", State: "down", Slot: -1}
			lines.Write(down)
			lines.Sharded(sharded("after"))
			lines.Write(down)
			lines.Write(down)
			if err := lines.Close(); err != nil {
				t.Fatal(err)
			}
			got := strings.Split(out.String(), "\n")
			for i, want := range []string{"before", "after", "after"} {
				if !strings.Contains(got[i], want) {
					t.Errorf("line %d does not name the shard %s: %s", i+1, want, got[i])
				}
			}
		})
	}
}

// pipe is a reader of events that reads nothing until it is told to.
type pipe struct {
	bytes.Buffer
	open chan struct{}
}

func (p *pipe) Write(text []byte) (int, error) {
	<-p.open
	return p.Buffer.Write(text)
}

func TestASlowReaderNeverHoldsUpTheObserverAndIsToldWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const events = 10_000
		out := &pipe{open: make(chan struct{})}
		lines := report.NewEventText(out, report.Style{}, nil)
		for range events {
			lines.Write(probe.Event{At: start, Kind: probe.EventVerdict, State: "healthy"}) // must not wait: the bubble would deadlock
		}
		close(out.open)
		if err := lines.Close(); err != nil {
			t.Fatal(err)
		}
		written, admitted := 0, 0
		for line := range strings.Lines(out.String()) {
			fields := strings.Fields(line)
			switch fields[1] {
			case "verdict":
				written++
			case string(report.EventDropped):
				n, err := strconv.Atoi(strings.ReplaceAll(fields[2], ",", ""))
				if err != nil {
					t.Fatalf("%v: %s", err, line)
				}
				admitted += n
			}
		}
		if written == 0 || written == events || written+admitted != events {
			t.Errorf("of %d events %d were written and %d admitted to be missing", events, written, admitted)
		}
	})
}

// cells are events of cells of one link that change in the same moment.
func cells(from, to, state string, slots ...int) []probe.Event {
	var all []probe.Event
	for _, slot := range slots {
		all = append(all, probe.Event{At: after(17 * time.Second), Kind: probe.EventCell, From: from, To: to, Shard: -1, Slot: slot, State: state,
			Detail: "nothing delivered since the start, 20 messages overdue"})
	}
	return all
}

func TestCellsThatChangeTogetherAreOneLineOfTextAndEachALineOfNDJSON(t *testing.T) {
	link := probe.Event{At: after(17 * time.Second), Kind: probe.EventLink, From: "us", To: "eu", Shard: -1, Slot: -1, State: "down", Detail: "16 of 16 cells"}
	const nothing = "nothing delivered since the start, 20 messages overdue"
	for _, test := range []struct {
		name   string
		events []probe.Event
		want   []string
	}{
		{"a cell by itself", cells("us", "eu", "down", 5461), []string{"cell us→eu slot 5461 down " + nothing}},
		{"two", cells("us", "eu", "down", 0, 5461), []string{"cell us→eu slots 0 and 5461 down " + nothing}},
		{"many", cells("us", "eu", "down", 0, 1024, 2048, 3072, 4096), []string{"cell us→eu slots 0, 1024, 2048 and 2 more down " + nothing}},
		{"before their link", append(cells("us", "eu", "down", 0, 1024), link),
			[]string{"cell us→eu slots 0 and 1024 down " + nothing, "link us→eu down 16 of 16 cells"}},
		{"into different states", slices.Concat(cells("us", "eu", "down", 0), cells("us", "eu", "up", 1), cells("us", "eu", "down", 2)),
			[]string{"cell us→eu slots 0 and 2 down " + nothing, "cell us→eu slot 1 up " + nothing}},
		{"of different links", slices.Concat(cells("us", "eu", "down", 0), cells("eu", "us", "down", 0)),
			[]string{"cell us→eu slot 0 down " + nothing, "cell eu→us slot 0 down " + nothing}},
		{"of which nothing is known any more", cells("us", "eu", "unknown", 0, 1024), nil},
		{"a link of which nothing is known has no bad news", []probe.Event{{At: start, Kind: probe.EventLink, From: "us", To: "eu", State: "unknown", Detail: nothing}},
			[]string{"link us→eu unknown"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var text, ndjson bytes.Buffer
			lines, documents := report.NewEventText(&text, report.Style{}, nil), report.NewEventNDJSON(&ndjson, nil)
			for _, e := range test.events {
				lines.Write(e)
				documents.Write(e)
			}
			if err := errors.Join(lines.Close(), documents.Close()); err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.Lines(text.String()) {
				got = append(got, strings.Join(strings.Fields(line)[1:], " "))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if n := strings.Count(ndjson.String(), "\n"); n != len(test.events) {
				t.Errorf("%d lines of NDJSON for %d events", n, len(test.events))
			}
		})
	}
}

func TestCellsAreShownSoonAlsoWhenNothingComesAfterThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		lines := report.NewEventText(&out, report.Style{}, nil)
		for _, e := range cells("us", "eu", "down", 0, 1024) {
			lines.Write(e)
		}
		time.Sleep(100 * time.Millisecond) // simulated
		synctest.Wait()
		if n := strings.Count(out.String(), "\n"); n != 1 {
			t.Errorf("%d lines, want 1:\n%s", n, out.String())
		}
		if err := lines.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// broken is a writer whose reader has gone.
type broken struct{ writes int }

var errGone = errors.New("broken pipe")

func (b *broken) Write([]byte) (int, error) { b.writes++; return 0, errGone }

func TestAnErrorOfTheWriterEndsTheWritingAndIsReturned(t *testing.T) {
	out := &broken{}
	lines := report.NewEventText(out, report.Style{}, nil)
	for _, e := range events() {
		lines.Write(e)
	}
	if err := lines.Close(); !errors.Is(err, errGone) {
		t.Errorf("got %v, want %v", err, errGone)
	}
	if out.writes != 1 {
		t.Errorf("%d writes after the reader was gone", out.writes-1)
	}
}

func TestEveryTextReturnsTheErrorOfItsWriter(t *testing.T) {
	style := report.Style{}
	for name, err := range map[string]error{
		"slots":     report.SlotsText(&broken{}, style, slotsResult(threeByThree()...)),
		"keys":      report.KeysText(&broken{}, style, []report.KeySlot{{Slot: 1, Key: "a"}}),
		"csv":       report.KeysCSV(&broken{}, []report.KeySlot{{Slot: 1, Key: "a"}}),
		"probe":     report.ProbeText(&broken{}, style, report.ProbeResult{Snapshot: snapshot()}),
		"drill":     report.DrillText(&broken{}, style, report.DrillResult{Record: passed()}),
		"lab":       report.LabReadyText(&broken{}, style, report.LabReady{Status: labStatus()}),
		"status":    report.LabStatusText(&broken{}, style, labStatus()),
		"scenarios": report.ScenariosText(&broken{}, style, nil),
		"json":      report.WriteJSON(&broken{}, 1),
	} {
		if !errors.Is(err, errGone) {
			t.Errorf("%s: got %v, want %v", name, err, errGone)
		}
	}
}
