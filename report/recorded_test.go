package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/report"
)

// paced is a record with what a timeline shows.
func paced() *drill.Record {
	r := passed()
	r.Moves = movedTwice().Moves[:1]
	r.Pace = drill.Pace{Step: time.Second, Regions: []drill.RegionPace{
		{Acknowledged: []int{990, 1003, 998, 2, 0, 0, 0, 0, 0, 610, 700}, Failed: []int{0, 0, 0, 43, 0, 0, 0, 0, 0, 0, 0}},
		{Acknowledged: []int{0, 0, 0, 40, 990, 1000, 1010, 990, 1000, 300, 0}, Failed: make([]int, 11)},
		{Acknowledged: make([]int, 11), Failed: make([]int, 11)}}}
	return r
}

// recordings are one of every kind.
func recordings(t *testing.T) map[string]report.Recorded {
	drilled := func(r *drill.Record) report.Recorded {
		d := report.NewDrillDocument(report.DrillResult{Deployment: report.Lab, Record: r})
		return report.Recorded{Drill: &d}
	}
	watching := report.NewProbeDocument(report.ProbeResult{Deployment: report.Given, Snapshot: regionDown(), Events: events(), Canary: watched(), Vitals: said(), PubSub: "classic", Insecure: []string{"eu"}})
	healthy := report.NewProbeDocument(report.ProbeResult{Deployment: report.Lab, Snapshot: snapshot()})
	nothing := report.NewProbeDocument(report.ProbeResult{Deployment: report.Given})
	promoted := report.NewPromotionDocument(promotionResult(splitBrain(t)))
	topology := report.NewTopologyDocument(promotion.Sentinel, []report.PromotionResult{promotionResult(splitBrain(t)), promotionResult(refusing(t))})
	durability := report.NewDurabilityDocument(durable())
	return map[string]report.Recorded{
		"a drill that passed": drilled(paced()), "a drill that failed": drilled(failed()), "a drill that never began": drilled(refused()),
		"a drill that stayed": drilled(stayed()), "a drill that moved twice": drilled(movedTwice()), "a drill of which nothing is known": drilled(&drill.Record{To: -1}),
		"a probe in an outage": {Probe: &watching}, "a healthy probe": {Probe: &healthy}, "a probe that saw nothing": {Probe: &nothing},
		"a drill inside one deployment": {Promotion: &promoted}, "several of one topology": {Topology: &topology}, "durability": {Durability: &durability},
	}
}

func written(t *testing.T, r report.Recorded) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := report.WriteJSON(&out, r.Document()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What is read again and written again is what was written: no field gets lost on the way.
func TestAResultIsReadAsItWasWritten(t *testing.T) {
	for name, r := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			was := written(t, r)
			again, err := report.ReadRecorded(bytes.NewReader(was))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(was), string(written(t, again))); diff != "" {
				t.Errorf("(-was +is)\n%s", diff)
			}
		})
	}
}

func TestOfSeveralValuesTheLastResultIsRead(t *testing.T) {
	a, b := recordings(t)["a drill that failed"], recordings(t)["a drill that passed"]
	event := `{"at":"2026-03-01T14:02:13.000000000Z","kind":"phase","detail":"settle"}` + "\n"
	again, err := report.ReadRecorded(strings.NewReader(event + string(written(t, a)) + event + string(written(t, b)) + "\n"))
	if err != nil || again.Drill == nil || again.Drill.Verdict != drill.Pass {
		t.Errorf("%+v, %v", again.Drill, err)
	}
}

func TestTheRecordOfADrillIsRead(t *testing.T) {
	path := t.TempDir() + "/record.json"
	kept := archive.Record{Deployment: "given", Record: paced(), Begin: archive.Begin{Run: "r7k2", User: "ann", Host: "laptop", Command: []string{"aafailover", "drill"}}}
	if err := archive.WriteRecordFile(path, kept); err != nil {
		t.Fatal(err)
	}
	again, err := archive.ReadRecordFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.RecordedDrill(again)
	if err != nil {
		t.Fatal(err)
	}
	want := report.NewDrillDocument(report.DrillResult{Deployment: report.Given, Record: paced()})
	if diff := cmp.Diff(string(written(t, report.Recorded{Drill: &want})), string(written(t, r))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if r.Begin == nil || r.Begin.User != "ann" {
		t.Errorf("who ran it: %+v", r.Begin)
	}
}

func TestWhatIsNoResult(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want error
		says string
	}{
		"nothing at all":               {"", report.ErrNotRecorded, "it is empty"},
		"blanks":                       {" \n\n", report.ErrNotRecorded, "it is empty"},
		"no JSON":                      {"PASS region-down", report.ErrNotRecorded, "invalid character"},
		"JSON of something else":       {`[1,2]`, report.ErrNotRecorded, "no value in it has a schema"},
		"another command's result":     {`{"schema":"aafailover.smoke/v1"}`, report.ErrOtherResult, "neither a probe nor a drill: it is the result of smoke (aafailover.smoke/v1)"},
		"another program's schema":     {`{"schema":"https://example.org/x"}`, report.ErrNotRecorded, `its schema is "https://example.org/x"`},
		"a probe of a later version":   {`{"schema":"aafailover.probe/v2"}`, report.ErrVersion, `its schema is "aafailover.probe/v2", and "aafailover.probe/v1" is what this one reads`},
		"a record of a later version":  {`{"schema":"aafailover.record/v10"}`, report.ErrVersion, `"aafailover.record/v1" is what this one reads`},
		"half a result":                {`{"schema":"aafailover.probe/v1","regions":[{"na`, report.ErrCutOff, "in the middle of a result"},
		"a whole one and half a one":   {`{"schema":"aafailover.probe/v1"}` + "\n" + `{"schema":`, report.ErrUnfinished, "what follows a result cannot be read"},
		"what gzip has made":           {"\x1f\x8b\x08\x00\x00\x00\x00\x00", report.ErrPacked, "it is compressed"},
		"an archive":                   {"PK\x03\x04\x14\x00", report.ErrPacked, "it is compressed"},
		"half a sign of gzip":          {"\x1f", report.ErrNotRecorded, "invalid character"},
		"events only":                  {`{"kind":"start","at":null}` + "\n" + `{"kind":"verdict"}`, report.ErrUnfinished, "did not come to its end"},
		"a torn line after events":     {`{"kind":"start"}` + "\n" + `{"schema":"aafail`, report.ErrUnfinished, "unexpected EOF"},
		"a field of another type":      {`{"schema":"aafailover.drill/v1","phases":7}`, report.ErrNotRecorded, "phases"},
		"a record without one":         {`{"schema":"aafailover.record/v1"}`, archive.ErrRecord, "it holds none"},
		"a text where a time belongs":  {`{"schema":"aafailover.drill/v1","started":"soon"}`, report.ErrNotRecorded, "soon"},
		"control characters in a name": {`{"schema":"\u001b[2J"}`, report.ErrNotRecorded, "\uFFFD[2J"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := report.ReadRecorded(strings.NewReader(row.text))
			if !errors.Is(err, row.want) || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v; want %v that says %q", err, row.want, row.says)
			}
		})
	}
}

// endless is a text that does not end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestWhatIsTooLongIsNotReadToItsEnd(t *testing.T) {
	const most = 100_000
	if _, err := report.ReadRecordedUpTo(endless{}, most); !errors.Is(err, report.ErrTooLong) || !strings.Contains(err.Error(), "100 kB") {
		t.Error(err)
	}
}

// Numbers that no duration has are not what breaks a report.
func TestDurationsOutOfRange(t *testing.T) {
	text := `{"schema":"aafailover.drill/v1","phases":[{"name":"steady","duration_ms":1e300},{"name":"fault","duration_ms":-1e300},{"name":"detect","duration_ms":0.412}]}`
	r, err := report.ReadRecorded(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Drill.Phases; time.Duration(p[0].Duration) < 200*365*24*time.Hour || p[1].Duration >= 0 || time.Duration(p[2].Duration) != 412*time.Microsecond {
		t.Errorf("%v, %v, %v", p[0].Duration, p[1].Duration, p[2].Duration)
	}
}
