package slots_test

import (
	"testing"

	"github.com/aafailover/aafailover/slots"
)

// TestKeyIsTheFirstOfItsSlot goes through all keys of up to three characters, and those of four as far as needed, in the
// documented order and with the checksum of the definition.
func TestKeyIsTheFirstOfItsSlot(t *testing.T) {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	first := map[int]string{}
	for shorter := []string{""}; len(first) < slots.Count; {
		var keys []string
		for _, prefix := range shorter {
			for _, c := range alphabet {
				key := prefix + string(c)
				keys = append(keys, key)
				slot := int(bitwise(key)) % slots.Count
				if _, found := first[slot]; !found {
					first[slot] = key
				}
			}
			if len(first) == slots.Count {
				break
			}
		}
		shorter = keys
	}
	for slot := range slots.Count {
		key := slots.Key(slot)
		if key != first[slot] {
			t.Errorf("Key(%d) = %q, want %q", slot, key, first[slot])
		}
		if len(key) < 1 || len(key) > 4 {
			t.Errorf("Key(%d) = %q, want 1 to 4 characters", slot, key)
		}
		if got := slots.Of(key); got != slot {
			t.Errorf("Of(Key(%d)) = %d", slot, got)
		}
	}
}

func TestKeyPanicsOutOfRange(t *testing.T) {
	for _, slot := range []int{-1, slots.Count} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Key(%d) did not panic", slot)
				}
			}()
			slots.Key(slot)
		}()
	}
}
