package durability_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill/durability"
)

// The worst repeat stands for its row.
func TestWorstOf(t *testing.T) {
	second := durability.Promise{RPO: time.Second}
	lost := func(promise durability.Promise, rpo time.Duration, all, unconfirmed int) durability.Row {
		return durability.Row{Promise: promise, Loss: durability.Loss{RPO: rpo, Lost: all, Unconfirmed: unconfirmed}}
	}
	unmeasured := durability.Row{Unmeasured: errors.New("no")}
	for _, test := range []struct {
		name    string
		repeats []durability.Row
		want    int
	}{
		{"the longest stretch", []durability.Row{lost(second, 5, 9, 0), lost(second, 7, 2, 0)}, 1},
		{"of two as long the one with more writes", []durability.Row{lost(second, 5, 9, 0), lost(second, 5, 2, 0)}, 0},
		{"one write that was promised, before many that were not", []durability.Row{lost(durability.Promise{}, 0, 40, 40), lost(durability.Promise{}, 0, 1, 0)}, 1},
		{"more than its own promise, which may be another in each repeat", []durability.Row{lost(durability.Promise{RPO: 9}, 8, 2, 0), lost(durability.Promise{RPO: 5}, 6, 2, 0)}, 1},
		{"one that is not known", []durability.Row{lost(second, 5, 9, 0), unmeasured}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, want := durability.WorstOf(test.repeats), test.repeats[test.want]
			if got.Loss != want.Loss || got.Promise != want.Promise || got.Measured() != want.Measured() {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}
