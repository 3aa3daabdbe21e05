package service_test

import (
	"testing"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/probe"
)

func TestVerdicts(t *testing.T) {
	moment := func(n int) *drill.Moment { m := ms(n); return &m }
	moved := func(change func(*service.Record)) service.Record {
		r := service.Record{FaultAt: moment(500), FaultBy: moment(510), HealedAt: moment(900), Writes: drill.Tally{Attempted: 10, Acknowledged: 9},
			Measures: service.Measures{To: 1, CutOverAt: moment(700), Moves: []service.Move{{From: 0, To: 1, At: ms(700)}}}}
		change(&r)
		return r
	}
	for _, test := range []struct {
		name   string
		record service.Record
		want   drill.Verdict
		reason string
	}{
		{"it moved", moved(func(*service.Record) {}), drill.Pass, "the service moved to eu within 200ms and stayed there"},
		{"it crashed where it had got to", moved(func(r *service.Record) {
			r.Exit, r.ExitAt = &service.Exit{Text: "it ended with status 3"}, moment(1500)
		}),
			drill.Fail, "1s after the fault the service failed: it ended with status 3"},
		{"it had done all that it had to", moved(func(r *service.Record) { r.Exit, r.ExitAt = &service.Exit{OK: true}, moment(1500) }), drill.Pass,
			"the service moved to eu within 200ms and stayed there"},
		{"nothing that it wrote was taken", moved(func(r *service.Record) { r.Writes = drill.Tally{Attempted: 10, Rejected: 10} }), drill.Inconclusive,
			"the service sent 10 writes, and not one of them was acknowledged, before the fault or after it"},
		{"it only reads", moved(func(r *service.Record) { r.Writes = drill.Tally{} }), drill.Pass, "the service moved to eu within 200ms and stayed there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, reason := service.VerdictOn(test.record, nil); got != test.want || reason != test.reason {
				t.Errorf("%s because %q", got, reason)
			}
		})
	}
}

func TestHowWellAReturnStands(t *testing.T) {
	for want, all := range map[string][]service.Homecoming{
		"safe":                 {{Ready: probe.ReadyYes}, {Ready: probe.ReadyYes, Missing: 2, Young: 2}},
		"not known to be safe": {{Ready: probe.ReadyUnproven, Lacks: []string{"it has been up for 1s, and 2s is asked for"}}, {Ready: probe.ReadyYes, Missing: -1}, {Ready: probe.ReadyUnproven, Missing: 2, Young: 2}},
		"not safe":             {{Ready: probe.ReadyNo}, {Ready: probe.ReadyUnproven, Missing: 1}, {Ready: probe.ReadyYes, Missing: 1, Young: 1, Gone: 1}, {Ready: probe.ReadyUnproven, Broken: true}},
	} {
		for _, h := range all {
			if got := h.Standing(); got != want {
				t.Errorf("%+v is %s, not %s", h, got, want)
			}
		}
	}
}
