package slots

import "sync"

// alphabet is what keys are made of, in the order in which they are tried: no brace, no separator, no letter case, nothing
// that a shell, a URL, a glob or an access rule would read as something else.
const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

// Key returns the key that stands for a slot: the first one, shorter before longer and then digits before letters, that
// hashes to it. It has 1 to 4 characters of [0-9a-z], and is the same in every version of this program. Like an index,
// it panics when the slot is not within 0 and [Count]-1.
func Key(slot int) string {
	return keys()[slot]
}

// keys is built when the first key is asked for, which takes well under a millisecond, and then stays: a command that
// needs no key does not pay for it.
var keys = sync.OnceValue(findKeys)

// findKeys returns the key of every slot. Four characters are enough for all slots, which a test proves: the loop ends.
func findKeys() *[Count]string {
	f := keyFinder{missing: Count}
	for length := 1; f.missing > 0; length++ {
		f.try(make([]byte, length), 0, 0)
	}
	return &f.table
}

// keyFinder goes through the keys in their order and gives each slot the first that hashes to it.
type keyFinder struct {
	table   [Count]string
	missing int // slots without a key so far
}

// try goes through all keys as long as key that begin with its first n characters, whose checksum is crc.
func (f *keyFinder) try(key []byte, n int, crc uint16) {
	for i := 0; i < len(alphabet) && f.missing > 0; i++ {
		key[n] = alphabet[i]
		longer := crcStep(crc, key[n])
		if n+1 < len(key) {
			f.try(key, n+1, longer)
			continue
		}
		if slot := longer % Count; f.table[slot] == "" {
			f.table[slot] = string(key)
			f.missing--
		}
	}
}
