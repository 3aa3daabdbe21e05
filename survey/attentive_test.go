package survey

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// silent is a sink that takes what a test of an attention sends.
type silent struct{ probe.Sink }

func (silent) Opened(int, probe.Role, time.Time)                     {}
func (silent) Closed(int, probe.Role, probe.Cause, error, time.Time) {}

func TestWhenAllConnectionsWereMadeAnew(t *testing.T) {
	for _, row := range []struct {
		name string
		// what happens: P and S open the publishing and the subscribing connection of the first shard, Q and R those of the second; a small
		// letter is that it is lost, or not to be had; "!" is that the region is compared.
		story string
		ran   bool
		want  string // the same, up to where it is told (since the comparison, if there is one) that all were made anew; "" for never
	}{
		{"the first connections are no others", "PSQR", false, ""},
		{"one that is lost again and again is not all", "PSpPpPpP", false, ""},
		{"all lost, and one made", "PSpsS", false, "PSpsS"},
		{"each lost at another time", "PSpPsS", false, "PSpPs"},
		{"each but one lost", "PSQRpPsSqQ", false, ""},
		{"the last of them is lost for good, when others were made long ago", "PSQRpPsSqQr", false, "PSQRpPsSqQr"},
		{"none was to be had at first", "pspspP", false, "pspspP"},
		{"those that were made before the region was compared are as old as that", "PSpsPS!pP", false, ""},
		{"and all of them have to be lost again", "PSpsPS!pPs", false, "PSpsPS!pPs"},
		{"a shard that comes late is no other", "PSpPQR", false, ""},
		{"but it is when the others were lost before", "PSpsQ", false, "PSpsQ"},
		{"an endpoint that ran before begins with others", "PS", true, "P"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newContact()
			a := &attention{Sink: silent{}, contact: c, ages: make([][2]age, 2), lost: row.ran}
			told := ""
			for i, what := range row.story {
				shard, role := 0, probe.Publishing
				switch what {
				case 'S', 's':
					role = probe.Subscribing
				case 'Q', 'q':
					shard = 1
				case 'R', 'r':
					shard, role = 1, probe.Subscribing
				}
				switch {
				case what == '!':
					c.renewed.Store(false)
				case what >= 'a':
					a.Closed(shard, role, probe.Reset, nil, time.Time{})
				default:
					a.Opened(shard, role, time.Time{})
				}
				if told == "" && c.renewed.Load() {
					told = row.story[:i+1]
				}
				if what == '!' {
					told = ""
				}
			}
			if told != row.want {
				t.Errorf("told after %q, want %q", told, row.want)
			}
			if told != "" && len(c.alarm) == 0 {
				t.Error("no alarm")
			}
		})
	}
}
