package report_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// metricsOf are those of a probe whose newest snapshot this is, with the series of so many cells; nil: there is none yet.
func metricsOf(s *probe.Snapshot, cellSeries int) *report.Metrics {
	m := report.NewMetrics(report.MetricsConfig{Deployment: report.Given, Version: "v1", Commit: "c0ffee", CellSeries: cellSeries})
	if s != nil {
		m.Put(s)
	}
	return m
}

// gathered are the families of a scrape, which are good enough for a registry that is pedantic.
func gathered(t *testing.T, m *report.Metrics) []*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// scraped are the series of a scrape, such as `verdict healthy`, without the common prefix and with the values of their labels in
// the order of the labels' names; of a histogram how many were counted.
func scraped(t *testing.T, m *report.Metrics) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	short := strings.NewReplacer(strings.Repeat("0", 39), "") // in the ids of shards
	for _, f := range gathered(t, m) {
		for _, m := range f.Metric {
			name := strings.TrimPrefix(f.GetName(), "aafailover_")
			for _, l := range m.Label {
				name += " " + short.Replace(l.GetValue())
			}
			all[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

func TestMetricsSayWhatASnapshotDoes(t *testing.T) {
	never := snapshot()
	never.Link("us", "eu").Cells[1].LastDelivered = time.Time{}
	never.Regions[1].Shards[2].LastAnswer = time.Time{}
	counted := snapshot()
	counted.Link("eu", "us").Ever = probe.Ever{Sent: 10, Delivered: 6, Late: 1, Overdue: 4, Lost: 3, NoEvidence: 2, Duplicate: 5, Foreign: 7, Forged: 8, TooLate: 9}
	counted.Link("eu", "us").Trips = probe.RoundTrips{Count: 7, Sum: time.Second}
	counted.Link("eu", "eu").Ever.Sent = 11
	counted.Dropped = 12
	counted.Regions[2].Writes, counted.Regions[2].FailbackReady, counted.Regions[2].FailbackMissing = probe.WritesProven, probe.ReadyYes, nil
	for _, row := range []struct {
		name  string
		of    *probe.Snapshot
		want  map[string]float64
		none  []string // series that are not there
		cells int
	}{
		{"a link that is down on one shard", cutShard(), map[string]float64{
			"verdict replication_failure": 1, "verdict healthy": 0, "verdict_since_timestamp_seconds": seconds(after(17 * time.Second)),
			"findings link failure": 1, "findings region failure": 0, "link_state us down eu": 1, "link_state us up eu": 0, "link_state eu up us": 1,
			"link_cells us down eu": 1, "link_cells us up eu": 2, "link_overdue_messages us eu": 37, "link_waiting_messages us eu": 6,
			"link_last_up_timestamp_seconds us eu": seconds(after(14 * time.Second)),
			"region_failback_ready no us":          1, "region_failback_missing us": 2, "cells": 18, "cells_omitted": 0,
			"cell_up us us-1 5461 eu eu-1": 0, "cell_up us us-0 0 eu eu-0": 1, "cell_overdue_messages us us-1 5461 eu eu-1": 37,
		}, []string{"region_cause us ", "link_state us down us"}, 100},
		{"a region that is down", regionDown(), map[string]float64{
			"verdict local_failure": 1, "region_state us down": 1, "region_state us available": 0, "region_state eu available": 1, "region_cause refused us": 1,
			"region_shards us down": 3, "region_shards us available": 0, "region_info us local": 1, "region_info eu remote": 1, "link_state us unknown eu": 1,
			"findings link warning": 2,
		}, []string{"cell_up us us-0 0 eu eu-0", "region_cause refused eu"}, 100}, // what is not known is not 0
		{"what never came", never, map[string]float64{"verdict healthy": 1}, []string{
			"link_last_delivered_timestamp_seconds us eu", "region_last_answer_timestamp_seconds eu", "cell_last_delivered_timestamp_seconds us us-1 5461 eu eu-1"}, 100},
		{"what was counted", counted, map[string]float64{
			"link_messages_sent_total eu us": 10, "link_messages_delivered_total eu us": 6, "link_messages_late_total eu us": 1, "link_messages_overdue_total eu us": 4,
			"link_messages_lost_total eu us": 3, "link_messages_no_evidence_total eu us": 2, "link_messages_duplicate_total eu us": 5, "link_messages_foreign_total eu us": 7,
			"link_messages_forged_total eu us": 8, "link_messages_too_late_total eu us": 9, "link_round_trip_seconds eu us": 7, "loop_messages_sent_total eu": 11,
			"observer_dropped_total": 12, "region_writes ap proven": 1, "region_writes us unproven": 1, "region_failback_ready yes ap": 1, "region_failback_missing ap": 0,
			"build_info c0ffee v1": 1, "observer_info given": 1, "coverage_proven": 1, "sharding_equal": 1, "settled": 1, "observer_paused": 0, "interval_seconds": 0.25,
			"start_timestamp_seconds": seconds(start), "snapshot_timestamp_seconds": seconds(after(24 * time.Second)),
		}, nil, 100},
		{"more cells than the limit allows", cutShard(), map[string]float64{"cells": 18, "cells_omitted": 18, "link_cells us down eu": 1}, []string{"cell_up us us-0 0 eu eu-0"}, 53},
		{"as many as it allows", cutShard(), map[string]float64{"cells_omitted": 0, "cell_up us us-0 0 eu eu-0": 1}, nil, 54},
		{"nothing yet", nil, map[string]float64{"build_info c0ffee v1": 1, "events_total verdict": 0}, []string{"verdict healthy", "verdict unobservable", "settled"}, 100},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := scraped(t, metricsOf(row.of, row.cells))
			for series, want := range row.want {
				if value, there := got[series]; !there || math.Abs(value-want) > 1e-5 {
					t.Errorf("%s is %v (%v), want %v", series, value, there, want)
				}
			}
			for _, series := range row.none {
				if value, there := got[series]; there {
					t.Errorf("%s is %v, and should not be there", series, value)
				}
			}
		})
	}
}

func seconds(at time.Time) float64 { return float64(at.UnixNano()) / 1e9 }

// Of all values that a state can have one holds.
func TestOneStateHoldsAtATime(t *testing.T) {
	for _, s := range []*probe.Snapshot{snapshot(), cutShard(), regionDown()} {
		holds := map[string]float64{}
		for series, value := range scraped(t, metricsOf(s, 0)) {
			name, labels, _ := strings.Cut(series, " ")
			parts := strings.Fields(labels)
			switch name {
			case "verdict":
				holds[name] += value
			case "link_state": // from, state, to
				holds[name+parts[0]+parts[2]] += value
			case "loop_state", "region_state", "region_writes":
				holds[name+parts[0]] += value
			case "region_failback_ready":
				holds[name+parts[1]] += value
			}
		}
		if len(holds) != 1+6+3+3+3+3 {
			t.Errorf("%d states: %v", len(holds), holds)
		}
		for name, sum := range holds {
			if sum != 1 {
				t.Errorf("%s: %v", name, sum)
			}
		}
	}
}

func TestMetricsCountEvents(t *testing.T) {
	m := metricsOf(nil, 0)
	for _, e := range append(events(), events()...) {
		m.Count(e)
	}
	got := scraped(t, m)
	for series, want := range map[string]float64{"events_total verdict": 2, "events_total link": 2, "events_total observer": 0, "events_total end": 2} {
		if got[series] != want {
			t.Errorf("%s is %v, want %v", series, got[series], want)
		}
	}
}

// What Prometheus asks of names, units and help is so; and a name that is no text is no reason to serve nothing.
func TestMetricsAreAsPrometheusWantsThem(t *testing.T) {
	s := snapshot()
	s.Regions[0].Shards[0].ID = "\xff\xfe"
	problems, err := promlint.NewWithMetricFamilies(gathered(t, metricsOf(s, 100))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	for _, f := range gathered(t, metricsOf(s, 100)) {
		if !strings.HasPrefix(f.GetName(), "aafailover_") || !strings.HasSuffix(f.GetHelp(), ".") {
			t.Errorf("%s: %s", f.GetName(), f.GetHelp())
		}
	}
}
