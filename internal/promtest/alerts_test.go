package promtest_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"

	"github.com/aafailover/aafailover/check/alerts"
)

// Prometheus takes the files, for all exporters together and for each by itself.
func TestPrometheusTakesTheAlerts(t *testing.T) {
	chosen := [][]alerts.Exporter{alerts.Exporters()}
	for _, e := range alerts.Exporters() {
		chosen = append(chosen, []alerts.Exporter{e})
	}
	for _, exporters := range chosen {
		var file bytes.Buffer
		if err := alerts.Write(&file, exporters); err != nil {
			t.Fatal(err)
		}
		groups, errs := rulefmt.Parse(file.Bytes(), false)
		if len(errs) > 0 {
			t.Fatalf("%v: %v in\n%s", exporters, errs, &file)
		}
		rules := 0
		for _, g := range groups.Groups {
			rules += len(g.Rules)
		}
		want := len(alerts.Of(exporters))
		for _, e := range exporters {
			want += len(alerts.Recordings(e))
		}
		if rules != want {
			t.Errorf("%v: %d rules, want %d", exporters, rules, want)
		}
	}
}

// minutes is how long the samples go on, one a minute; each expression is asked at the end.
const minutes = 400

// sample is metrics at which an alert is to fire, and others at which it is not, in the notation of Prometheus' own tests:
// see https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series.
type sample struct{ fires, quiet string }

// found is how many things an expression finds in series at the end.
func found(t *testing.T, expr, series string) int {
	t.Helper()
	return len(values(t, expr, series))
}

// values are what an expression finds in series at the end.
func values(t *testing.T, expr, series string) []float64 {
	t.Helper()
	var load strings.Builder
	load.WriteString("load 1m\n")
	for line := range strings.Lines(strings.TrimSpace(series)) {
		load.WriteString("  " + strings.TrimSpace(line) + "\n")
	}
	storage := promqltest.LoadedStorage(t, load.String())
	defer storage.Close()
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute})
	defer engine.Close()
	query, err := engine.NewInstantQuery(context.Background(), storage, nil, expr, time.Unix(0, 0).Add(minutes*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	vector, err := query.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatal(err)
	}
	var all []float64
	for _, one := range vector {
		all = append(all, one.F)
	}
	return all
}

func TestEveryAlertFiresForWhatItIsAboutAndForNothingElse(t *testing.T) {
	tried := map[string]bool{}
	for name := range cases {
		tried[name] = true
	}
	for _, a := range alerts.All() {
		t.Run(a.Name, func(t *testing.T) {
			s, ok := cases[a.Name]
			if !ok {
				t.Fatal("nobody tries it")
			}
			delete(tried, a.Name)
			if n := found(t, a.Expr, s.fires); n == 0 {
				t.Errorf("%s does not fire for\n%s", a.Expr, s.fires)
			}
			if n := found(t, a.Expr, s.quiet); n != 0 {
				t.Errorf("%s fires %d times for\n%s", a.Expr, n, s.quiet)
			}
		})
	}
	for name := range tried {
		t.Errorf("there is no alert %s", name)
	}
}
