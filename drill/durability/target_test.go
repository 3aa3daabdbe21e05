package durability_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill/durability"
)

func row(configuration string, crash durability.Crash, promise durability.Promise, rpo time.Duration) durability.Row {
	return durability.Row{Name: configuration + "-" + string(crash), Configuration: configuration, Crash: crash, Promise: promise,
		Writes: durability.Counts{Attempted: 9, Acknowledged: 9}, Loss: durability.Loss{RPO: rpo}}
}

func TestStand(t *testing.T) {
	none, second, nothing := durability.Promise{}, durability.Promise{RPO: time.Second}, durability.Promise{Unbounded: true}
	unmeasured := row("x", durability.PowerCut, none, 0)
	unmeasured.Unmeasured = errors.New("no")
	unconfirmed := row("x", durability.Kill, none, 0)
	unconfirmed.Writes.Unconfirmed = 9
	for _, test := range []struct {
		name                string
		rows                []durability.Row
		met, missed, proven bool
	}{
		{"promised and measured", []durability.Row{row("x", durability.Kill, second, 0)}, true, false, true},
		{"measured alone is luck", []durability.Row{row("x", durability.Kill, nothing, 0)}, false, true, true},
		{"promised alone is not kept", []durability.Row{row("x", durability.Kill, none, 1001*time.Millisecond)}, false, true, true},
		{"just as much as the target", []durability.Row{row("x", durability.Kill, second, time.Second)}, true, false, true},
		{"one crash of two", []durability.Row{row("x", durability.Kill, none, 0), row("x", durability.PowerCut, nothing, 0)}, false, true, true},
		{"one crash could not be measured", []durability.Row{row("x", durability.Kill, none, 0), unmeasured}, false, false, false},
		{"no write was confirmed", []durability.Row{unconfirmed}, false, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := durability.Stand(test.rows, time.Second)
			if len(got) != 1 || got[0].Met() != test.met || got[0].Missed() != test.missed || got[0].Proven() != test.proven {
				t.Errorf("%+v, want met %v, missed %v, proven %v", got, test.met, test.missed, test.proven)
			}
		})
	}
}

// Configurations come in the order of the matrix, and what crashes nothing is none.
func TestStandGroupsByConfiguration(t *testing.T) {
	own := row("mine", durability.Kill, durability.Promise{}, 0)
	own.Given = true
	got := durability.Stand([]durability.Row{
		own, row("b", durability.Kill, durability.Promise{}, 0), row("a", durability.Kill, durability.Promise{}, 0),
		row("b", durability.PowerCut, durability.Promise{}, 0), row("sync", durability.NoCrash, durability.Promise{}, 0),
	}, 0)
	if len(got) != 3 || got[0].Configuration != "mine" || !got[0].Given || got[1].Configuration != "b" || len(got[1].Rows) != 2 || got[2].Configuration != "a" {
		t.Errorf("%+v", got)
	}
}

func TestKept(t *testing.T) {
	lost := func(promise durability.Promise, rpo time.Duration, all, unconfirmed int) durability.Row {
		return durability.Row{Promise: promise, Loss: durability.Loss{RPO: rpo, Lost: all, Unconfirmed: unconfirmed}}
	}
	for _, test := range []struct {
		name string
		row  durability.Row
		want bool
	}{
		{"nothing was promised", lost(durability.Promise{Unbounded: true}, time.Hour, 9, 0), true},
		{"less than the bound", lost(durability.Promise{RPO: time.Second}, time.Second, 9, 0), true},
		{"more than the bound", lost(durability.Promise{RPO: time.Second}, time.Second+1, 9, 0), false},
		{"nothing, as promised", lost(durability.Promise{}, 0, 0, 0), true},
		{"the last write alone is more than nothing", lost(durability.Promise{}, 0, 1, 0), false},
		{"of what was not confirmed nothing was promised", lost(durability.Promise{}, 0, 3, 3), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.row.Kept(); got != test.want {
				t.Errorf("%v", got)
			}
		})
	}
}
