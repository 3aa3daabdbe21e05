package slots_test

import (
	"bytes"
	"testing"

	"github.com/aafailover/aafailover/slots"
)

// Every entry of every table is looked up: each byte at each place of two strides of eight bytes and a rest, of all lengths.
func TestOfEveryByteAtEveryPlace(t *testing.T) {
	const longest = 8 + 8 + 7
	for length := 1; length <= longest; length++ {
		for place := range length {
			for b := range 256 {
				key := bytes.Repeat([]byte("k"), length)
				key[place] = byte(b)
				want := slotByDefinition(string(key))
				if got, text := slots.OfBytes(key), slots.Of(string(key)); got != want || text != want {
					t.Fatalf("OfBytes(%q) = %d, Of = %d, want %d", key, got, text, want)
				}
			}
		}
	}
}
