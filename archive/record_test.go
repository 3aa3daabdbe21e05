package archive_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// fill sets everything in a value that can be set, down to the last field, so that a field that is lost on the way is
// found out, and one that is added later, too.
func fill(random *rand.Rand, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(random.Int64N(1<<33), random.Int64N(1e9)).UTC()))
		return
	case drill.Fate:
		v.Set(reflect.ValueOf(drill.Fate(random.IntN(5))))
		return
	case probe.Cause:
		v.Set(reflect.ValueOf(probe.Refused))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(random.IntN(2) == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(random.Int64N(100))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(random.Uint64N(5))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(random.Float64())
	case reflect.String:
		v.SetString(string([]rune{'ä', '"', rune('a' + random.IntN(26))}))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(random, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(random, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(random, key)
		fill(random, value)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(random, v.Field(i))
			}
		}
	}
}

func TestARecordComesBackAsItWas(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for range 20 {
		var r drill.Record
		fill(random, reflect.ValueOf(&r).Elem())
		want := archive.Record{Deployment: "given", Begin: begin("run1", start), Record: &r}
		path := filepath.Join(t.TempDir(), "record.json")
		for range 2 { // the second takes the place of the first
			if err := archive.WriteRecordFile(path, want); err != nil {
				t.Fatal(err)
			}
		}
		got, err := archive.ReadRecordFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
			t.Errorf("%d files are left", len(left))
		}
	}
}

// However many writes were missed, the file stays small, and every report that is made from it is as if it held them all.
func TestARecordOfManyMissedWritesIsShort(t *testing.T) {
	whole := record(drill.Fail)
	whole.Missed = nil
	const missed = 5 * archive.MaxMissed
	for i := range missed {
		at := drill.Moment(i) * 50 * time.Microsecond
		fate := []drill.Fate{drill.Converged, drill.Converged, drill.Diverged, drill.Lost, drill.Expired, drill.Pending}[i*6/missed]
		m := drill.Missed{Absent: drill.Absent{Entry: drill.Entry{N: i, Slot: i % 2, Sent: at, Ended: at + time.Millisecond, Outcome: drill.Acknowledged}, To: 1}, Fate: fate}
		if fate == drill.Converged {
			m.ConvergedAt = at + time.Minute
		}
		whole.Missed = append(whole.Missed, m)
	}
	whole.Windows = drill.Windows(whole.Missed, whole.Maps, 100*time.Millisecond)
	path := filepath.Join(t.TempDir(), "record.json")
	if err := archive.WriteRecordFile(path, archive.Record{Deployment: "given", Record: whole}); err != nil {
		t.Fatal(err)
	}
	const most = 3 << 20
	if info, err := os.Stat(path); err != nil || info.Size() > most {
		t.Errorf("%d bytes, %v: at most %d are expected", info.Size(), err, most)
	}
	if len(whole.Missed) != missed || whole.MissedBeyond != nil {
		t.Error("the record itself was made shorter")
	}
	got, err := archive.ReadRecordFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reports(t, whole), reports(t, got.Record)); diff != "" {
		t.Error(diff)
	}
	for i := range whole.Missed { // the sentence at the end is about the worst of them
		whole.Missed[i].Fate, whole.Missed[i].ConvergedAt = drill.Converged, drill.Moment(i)
	}
	whole.Windows = drill.Windows(whole.Missed, whole.Maps, 100*time.Millisecond)
	short := whole.Abridged(archive.MaxMissed)
	if diff := cmp.Diff(reports(t, whole), reports(t, short)); diff != "" {
		t.Error(diff)
	}
	if again := short.Abridged(5); again.AtFailover() != missed || again.Count(drill.Converged) != missed || len(again.Missed) != 5 {
		t.Errorf("abridged twice: %d missed, %d converged", again.AtFailover(), again.Count(drill.Converged))
	}
}

// reports are those that are made from a record.
func reports(t *testing.T, r *drill.Record) string {
	t.Helper()
	var out bytes.Buffer
	found := report.DrillResult{Deployment: "given", Record: r}
	style := report.NewStyle(&out)
	if err := errors.Join(report.WriteJSON(&out, report.NewDrillDocument(found)), report.DrillText(&out, style, found),
		report.DrillDiffText(&out, style, found, found)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheCheckpointOfADrillComesBackAsItWas(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	a := archive.New(t.TempDir())
	var c drill.Checkpoint
	fill(random, reflect.ValueOf(&c).Elem())
	r := mustBegin(t, a, "run1", start)
	r.Checkpoint(c)
	mustClose(t, r)
	again, err := a.Open("run1")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if diff := cmp.Diff(c, again.Trail.Last, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// The settings of a drill are all fields that are plain values, those of a later version too.
func TestTheSettingsOfADrillComeBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var c drill.Config
	fill(random, reflect.ValueOf(&c).Elem())
	c.OnEvent = func(probe.Event) {}
	settings, err := archive.SettingsOf(c)
	if err != nil {
		t.Fatal(err)
	}
	var got drill.Config
	if err := (archive.Begin{Settings: settings}).Configure(&got); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"Scenario", "Prefix", "Run", "Maps", "Cover", "Probe", "Failover", "Rate", "Payload", "Connections",
		"WriteTimeout", "Expiry", "Limits", "Seed"} {
		want, have := reflect.ValueOf(c).FieldByName(field).Interface(), reflect.ValueOf(got).FieldByName(field).Interface()
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s: %s", field, diff)
		}
	}
	if got.OnEvent != nil || got.Stores != nil || got.Endpoints != nil {
		t.Error("what is no plain value came along")
	}
}

func TestWhatIsNoRecord(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "something else": `[1,2]`, "a later version": `{"schema":"aafailover.record/v2"}`,
		"none in it": `{"schema":"aafailover.record/v1"}`, "torn": `{"schema":"aafailover.record/v1","record":{`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "record.json")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := archive.ReadRecordFile(path); !errors.Is(err, archive.ErrRecord) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := archive.ReadRecordFile(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// Whatever stands in a journal, opening the run is an error or a run.
func FuzzJournal(f *testing.F) {
	line, err := json.Marshal(map[string]any{"kind": "begin", "at": start, "begin": begin("run1", start)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(line, '\n'))
	f.Add(append(line, "\n{\"kind\":\"state\",\"state\":{\"Phase\":\"heal\"}}\nrubbish\n{\"kind\":\"end\",\"end\":{}"...))
	f.Add([]byte("{\"kind\":\"begin\",\"begin\":null}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		state := t.TempDir()
		folder := filepath.Join(state, "drills", "run1")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "journal.ndjson"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		a := archive.New(state)
		r, err := a.Open("run1")
		if _, listed := a.Look("run1"); (listed == nil) != (err == nil) {
			t.Fatalf("opened: %v; listed: %v", err, listed)
		}
		if err == nil {
			_ = r.Begin.Names()
			mustClose(t, r)
		}
	})
}
