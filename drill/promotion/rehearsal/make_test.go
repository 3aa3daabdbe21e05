package rehearsal

import (
	"testing"

	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/lab/topology"
)

func TestWhatAnEventMeansForAFailover(t *testing.T) {
	for kind, want := range map[string]promotion.Sign{
		"+sdown": promotion.Suspected, topology.EventSuspected: promotion.Suspected,
		"+odown": promotion.HeldDown, topology.EventFailed: promotion.HeldDown,
		topology.EventPromoted: promotion.BecamePrim, topology.EventDemoted: promotion.BecameRepl,
		"-odown": promotion.Noted, "+switch-master": promotion.Noted, topology.EventLink: promotion.Noted,
	} {
		if got := signOf(kind); got != want {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
}

func TestWhatAServerSaysWhenItRefusesToStart(t *testing.T) {
	for _, c := range []struct{ name, log, want string }{
		{"the last warning is why", "1:M 22 Nov 2026 10:13:38.100 * Server initialized\n1:M 22 Nov 2026 10:13:38.101 # Bad file format reading the append only file\n", "Bad file format reading the append only file"},
		{"of several the last that is not its end", "1:M 22 Nov 2026 10:13:38.100 # Configuration loaded\n1:M 22 Nov 2026 10:13:38.101 # Wrong RDB checksum\n" +
			"1:M 22 Nov 2026 10:13:38.102 # Terminating server after rdb file reading failure.\n", "Wrong RDB checksum"},
		{"it warned of nothing", "1:M 22 Nov 2026 10:13:38.100 * Server initialized\n", "it ended"},
		{"it said nothing", "", "it ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := complaint(c.log, "it ended"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
