package main

import (
	"context"
	"errors"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func TestSummarize(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []float64
		want   summary
	}{
		{"none", nil, summary{}},
		{"one is all three", []float64{4}, summary{4, 4, 4}},
		{"of an odd number the one in the middle", []float64{9, 1, 5}, summary{5, 1, 9}},
		{"of an even number the mean of two", []float64{8, 1, 2, 4}, summary{3, 1, 8}},
	} {
		if got := summarize(test.values); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// A ratio is that of pairs: a machine that becomes twice as slow half-way changes no ratio.
func TestReduceComparesWithinARepetition(t *testing.T) {
	l := line{name: "x", what: "x", peer: "y", unit: "ms", aim: ratioAtMost(1.2)}
	r := reduce(l, []reading{{11, 10}, {22, 20}, {110, 100}}, []float64{1, 2, 10})
	if math.Abs(r.Ratio.Median-1.1) > 1e-9 || math.Abs(r.Ratio.Max-1.1) > 1e-9 || !r.Reached || r.Score != r.Ratio.Median {
		t.Errorf("%+v", r)
	}
	if r.Ours != (summary{22, 11, 110}) || r.Theirs != (summary{20, 10, 100}) || r.Excess != (summary{2, 1, 10}) {
		t.Errorf("%+v", r)
	}
}

func TestAimsAndScores(t *testing.T) {
	for _, test := range []struct {
		name    string
		line    line
		reading reading
		text    string
		reached bool
		score   float64
	}{
		{"a ratio that is too high", line{peer: "p", unit: "ms", aim: ratioAtMost(1.2)}, reading{13, 10}, "at most 1.2 times", false, 1.3},
		{"a ratio that is high enough", line{peer: "p", unit: perSecond, aim: ratioAtLeast(0.9)}, reading{9, 10}, "at least 0.9 times", true, 0.9},
		{"a ratio that is not", line{peer: "p", unit: perSecond, aim: ratioAtLeast(20)}, reading{190, 10}, "at least 20 times", false, 19},
		{"a time by the yardstick", line{unit: "ms", aim: atMost(5)}, reading{4, 0}, "at most 5 ms", true, 2},
		{"a rate by the yardstick", line{unit: perSecond, aim: atLeast(1e6)}, reading{2e6, 0}, "at least 1,000,000/s", true, 4e6},
		{"an amount as it is", line{unit: "MB", aim: atMost(10)}, reading{11, 0}, "at most 10 MB", false, 11},
		{"an excess over the peer", line{peer: "p", unit: "ms", aim: excessAtMost(10)}, reading{20, 8}, "at most 10 ms more", false, 2.5},
		{"no aim is reached", line{unit: "MB"}, reading{11, 0}, "", true, 11},
	} {
		r := reduce(test.line, []reading{test.reading}, []float64{2})
		if r.Aim != test.text || r.Reached != test.reached || math.Abs(r.Score-test.score) > 1e-9 {
			t.Errorf("%s: %q %v %v, want %q %v %v", test.name, r.Aim, r.Reached, r.Score, test.text, test.reached, test.score)
		}
	}
}

func TestCompareSaysWhatGotWorse(t *testing.T) {
	then := record{Experiments: []measured{{Name: "a", Lines: []result{
		{Name: "cost", Unit: "MB", Score: 10}, {Name: "speed", Unit: perSecond, Score: 10, MoreIsBetter: true}, {Name: "nothing", Unit: "MB"},
	}}}}
	for _, test := range []struct {
		name string
		now  result
		by   float64 // 0: it is not worse
		said string  // what is said begins so
	}{
		{"a cost that is a little higher is noise", result{Name: "cost", Unit: "MB", Score: 11.9}, 0, "of 1 figures, none is"},
		{"a cost that is half as high again", result{Name: "cost", Unit: "MB", Score: 15}, 0.5, "a/"},
		{"a cost that is lower", result{Name: "cost", Unit: "MB", Score: 5}, 0, "of 1 figures, none is"},
		{"a speed that is higher", result{Name: "speed", Unit: perSecond, Score: 15, MoreIsBetter: true}, 0, "of 1 figures, none is"},
		{"a speed that is half", result{Name: "speed", Unit: perSecond, Score: 5, MoreIsBetter: true}, 1, "a/"},
		{"what was not known", result{Name: "new", Unit: "MB", Score: 5}, 0, "nothing could be compared"},
		{"what was nothing", result{Name: "nothing", Unit: "MB", Score: 5}, 0, "nothing could be compared"},
		{"what is told in another unit", result{Name: "cost", Unit: "kB", Score: 10000}, 0, "nothing could be compared"},
	} {
		compared, worse := compare([]measured{{Name: "a", Lines: []result{test.now}}}, then)
		if (len(worse) > 0) != (test.by > 0) || test.by > 0 && math.Abs(worse[0].by-test.by) > 1e-9 {
			t.Errorf("%s: %v", test.name, worse)
		}
		var plain, noticed strings.Builder
		tell(&plain, compared, worse, "f.json", false)
		tell(&noticed, compared, worse, "f.json", true)
		if !strings.HasPrefix(plain.String(), test.said) || strings.HasPrefix(noticed.String(), "::notice ") != (test.by > 0) {
			t.Errorf("%s: %s %s", test.name, &plain, &noticed)
		}
	}
}

func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 5: "5", 1.234: "1.23", 12.34: "12.3", 0.6367: "0.637", 0.05: "0.05", 1234567: "1,234,567", -1234: "-1,234", 123.4: "123", 0.00123: "0.00123", 20.0: "20", 999.9: "1,000"} {
		if got := figure(v); got != want {
			t.Errorf("figure(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestParseBenchmarks(t *testing.T) {
	got := parseBenchmarks("goos: linux\nBenchmarkCover/5x16/even-2   \t  100\t 1234 ns/op\t  56 B/op\t  7 allocs/op\nBenchmarkOf-2 5 0.5 ns/op\nPASS\n")
	if len(got) != 2 || got["Cover/5x16/even"]["ns/op"] != 1234 || got["Cover/5x16/even"]["allocs/op"] != 7 || got["Of"]["ns/op"] != 0.5 {
		t.Errorf("%v", got)
	}
}

// A session repeats an experiment as often as it is told, undoes what it made, and fails with its name.
func TestSession(t *testing.T) {
	s := session{folder: t.TempDir(), runs: 3, out: io.Discard}
	var undone []string
	calls := 0
	e := experiment{name: "a.b", lines: []line{{name: "x", what: "x", unit: "MB"}}, prepare: func(_ context.Context, s *stand) (repetition, error) {
		s.later(func() { undone = append(undone, "first") })
		s.later(func() { undone = append(undone, "second") })
		return func(_ context.Context, number int) ([]reading, error) {
			calls++
			return alone(float64(number)), nil
		}, nil
	}}
	m, err := s.run(t.Context(), e)
	if err != nil || calls != 3 || m.Lines[0].Ours != (summary{1, 0, 2}) || strings.Join(undone, " ") != "second first" {
		t.Errorf("%v %d %+v %v", err, calls, m, undone)
	}
	if left, _ := filepath.Glob(filepath.Join(s.folder, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	e.prepare = func(context.Context, *stand) (repetition, error) { return nil, errors.New("no server") }
	if _, err := s.run(t.Context(), e); err == nil || err.Error() != "a.b: no server" {
		t.Error(err)
	}
	e.prepare = func(context.Context, *stand) (repetition, error) {
		return func(context.Context, int) ([]reading, error) { return alone(1, 2), nil }, nil
	}
	if _, err := s.run(t.Context(), e); err == nil || !strings.Contains(err.Error(), "2 readings for 1 lines") {
		t.Error(err)
	}
}

func TestInTurn(t *testing.T) {
	var order string
	ours, peer := func() error { order += "o"; return nil }, func() error { order += "p"; return nil }
	for number := range 3 {
		if err := inTurn(number, ours, peer); err != nil {
			t.Fatal(err)
		}
	}
	if order != "oppoop" {
		t.Error(order)
	}
}

func TestChoose(t *testing.T) {
	all := []experiment{{name: "a.x"}, {name: "a.y", long: true}, {name: "b.x"}}
	for _, test := range []struct {
		name, only string
		quick      bool
		want       string
	}{
		{"all", "", false, "a.x a.y b.x"},
		{"quick leaves out what is long", "", true, "a.x b.x"},
		{"unless it is named", "a.y", true, "a.y"},
		{"a section", "a", false, "a.x a.y"},
		{"several, in their order", "b.x,a.x", false, "a.x b.x"},
		{"none of that name", "a,c", false, ""},
	} {
		chosen, err := choose(all, test.only, test.quick)
		var names []string
		for _, e := range chosen {
			names = append(names, e.name)
		}
		if got := strings.Join(names, " "); got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

// What is measured of one experiment replaces only that in the record.
func TestRecordKeepsTheOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	all := []experiment{{name: "a"}, {name: "b"}}
	r, err := readRecord(path)
	if err != nil {
		t.Fatal(err)
	}
	r = r.with([]measured{{Name: "b", Runs: 1}, {Name: "gone"}}, all)
	r = r.with([]measured{{Name: "a", Runs: 2}}, all)
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	r, err = readRecord(path)
	if err != nil || len(r.Experiments) != 2 || r.Experiments[0].Runs != 2 || r.Experiments[1].Name != "b" {
		t.Errorf("%+v, %v", r, err)
	}
}
