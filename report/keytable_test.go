package report_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

func keyTable() []report.KeySlot {
	keys := make([]report.KeySlot, slots.Count)
	for slot := range keys {
		keys[slot] = report.KeySlot{Slot: slot, Key: slots.Key(slot)}
	}
	return keys
}

func TestKeyTableTextIsWhatKeysTextWrites(t *testing.T) {
	for _, n := range []int{slots.Count, 10, 1, 0} {
		keys := keyTable()[:n]
		var want, got bytes.Buffer
		if err := report.KeysText(&want, plain, keys); err != nil {
			t.Fatal(err)
		}
		if err := report.KeyTableText(&got, keys); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), got.String()); diff != "" {
			t.Errorf("of %d keys: %s", n, diff)
		}
	}
}

func TestKeyTableTextTellsWhatCannotBeWritten(t *testing.T) {
	if err := report.KeyTableText(&broken{}, keyTable()); err == nil {
		t.Error("no error")
	}
}

// BenchmarkKeyTableText writes the keys of all slots. With the keys themselves and the start of the program the budget is 10 ms.
func BenchmarkKeyTableText(b *testing.B) {
	keys := keyTable()
	b.ReportAllocs()
	for b.Loop() {
		if err := report.KeyTableText(io.Discard, keys); err != nil {
			b.Fatal(err)
		}
	}
}
