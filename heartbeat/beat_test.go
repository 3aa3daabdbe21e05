package heartbeat

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/slots"
)

func TestAKeyHashesToItsSlot(t *testing.T) {
	for slot := range slots.Count {
		for _, region := range []string{"us", "a{b}c", "50%"} {
			key := Key("aafailover", slot, region)
			if slots.Of(key) != slot || strings.Count(key, "{") != 1 || strings.Count(key, "}") != 1 {
				t.Fatalf("%q hashes to %d, not to %d, or has more than one pair of braces", key, slots.Of(key), slot)
			}
		}
	}
}

func TestWhatIsABeat(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("east", 3600))
	good := beat{"k3-x", 42}.text(at)
	if want := "aafb1 k3-x 42 2026-01-02T02:04:05.000000006Z"; good != want {
		t.Errorf("%q, want %q", good, want)
	}
	for _, test := range []struct {
		name, text string
		want       beat
		ok         bool
	}{
		{"what is written", good, beat{"k3-x", 42}, true},
		{"the highest number", "aafb1 a 18446744073709551615 t", beat{"a", 1<<64 - 1}, true},
		{"nothing", "", beat{}, false},
		{"a message of a probe", "aaf1 a 1 0123456789abcdef", beat{}, false},
		{"no time", "aafb1 a 1", beat{}, false},
		{"no observer", "aafb1  1 t", beat{}, false},
		{"an observer of capitals", "aafb1 A 1 t", beat{}, false},
		{"a number with a leading zero", "aafb1 a 01 t", beat{}, false},
		{"a negative number", "aafb1 a -1 t", beat{}, false},
		{"a number beyond 64 bits", "aafb1 a 18446744073709551616 t", beat{}, false},
		{"something endless", "aafb1 a 1 " + strings.Repeat("t", 100), beat{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, ok := parseBeat(test.text); got != test.want || ok != test.ok {
				t.Errorf("%+v, %v", got, ok)
			}
		})
	}
}

func FuzzParseBeat(f *testing.F) {
	f.Add("aafb1 k3-x 42 2026-01-02T02:04:05.000000006Z")
	f.Add("aafb1 a 01 t")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		b, ok := parseBeat(text)
		if !ok {
			return
		}
		again := b.text(time.Unix(0, 0))
		if back, ok := parseBeat(again); !ok || back != b || len(again) > maxBeat {
			t.Errorf("%q is %+v, which is written as %q", text, b, again)
		}
		if !strings.HasPrefix(text, strings.TrimSuffix(again, "1970-01-01T00:00:00Z")) {
			t.Errorf("%q and %q are the same beat", text, again)
		}
	})
}
