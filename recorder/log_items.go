package recorder

import (
	"bytes"
	"unsafe"

	"github.com/aafailover/aafailover/commands"
)

// item is an item as it is kept: 56 bytes without a pointer, and the bytes of its key and part.
type item struct {
	text     uint32 // where its key is, and behind that its part
	key      uint16 // length, at most commands.MostText
	part     uint16
	hash     uint32
	last     uint32 // its newest write
	acked    uint32 // its write that was acknowledged last and wrote something
	whole    uint32 // item of its key, where this is a part
	parts    uint32 // where this is a key: the newest write of a part of it
	stream   uint32 // the newest of its entries whose ids the reply tells
	trimmed  uint32 // the newest write of one that trims
	inFlight int32  // writes of it; of a key, those of its parts as well
	failed   int32  // writes that were rejected or are indeterminate, and that nothing repeats so far
	kind     commands.ItemKind
	about    about
}

// about is what else is known of an item.
type about uint8

const (
	isPart     about = 1 << iota
	unfollowed       // a write of it is not recorded
	looseParts       // a write of a part of it found no room, or may still be carried out
)

func (i *item) is(a about) bool { return i.about&a != 0 }

// items are those of one stripe, and a table to find them by: of numbers, from 1 on, at the place of their hash or at the next free
// one.
type items struct {
	paged[item]
	texts texts
	table []uint32
}

// find returns the number of an item, or none.
func (x *items) find(key, part []byte, isAPart bool, hash uint32) uint32 {
	if len(x.table) == 0 {
		return unset
	}
	mask := uint32(len(x.table) - 1)
	for at := hash & mask; x.table[at] != 0; at = (at + 1) & mask {
		n := x.table[at] - 1
		if i := x.at(n); i.hash == hash && i.is(isPart) == isAPart && x.same(i, key, part) {
			return n
		}
	}
	return unset
}

func (x *items) same(i *item, key, part []byte) bool {
	if int(i.key) != len(key) || int(i.part) != len(part) {
		return false
	}
	text := x.texts.at(i.text, len(key)+len(part))
	return bytes.Equal(text[:len(key)], key) && bytes.Equal(text[len(key):], part)
}

// add enters a new item, if there is room.
func (x *items) add(r *memoryLeft, key, part []byte, isAPart bool, hash uint32) uint32 {
	if !x.roomInTable(r) {
		return unset
	}
	text, ok := x.texts.add(r, key, part)
	if !ok {
		return unset
	}
	n, ok := x.grow(r, int(unsafe.Sizeof(item{})))
	if !ok {
		return unset
	}
	i := x.at(n)
	*i = item{text: text, key: uint16(len(key)), part: uint16(len(part)), hash: hash,
		last: unset, acked: unset, whole: unset, parts: unset, stream: unset, trimmed: unset}
	if isAPart {
		i.about = isPart
	}
	x.enter(n, hash)
	return n
}

// roomInTable keeps a quarter of the table free.
func (x *items) roomInTable(r *memoryLeft) bool {
	size := len(x.table)
	if int(x.n)+1 <= size/4*3 {
		return true
	}
	const least, number = 64, 4
	size = max(least, 2*size)
	if !r.take((size - len(x.table)) * number) {
		return false
	}
	x.table = make([]uint32, size)
	for n := range x.n {
		x.enter(n, x.at(n).hash)
	}
	return true
}

func (x *items) enter(n, hash uint32) {
	mask := uint32(len(x.table) - 1)
	at := hash & mask
	for x.table[at] != 0 {
		at = (at + 1) & mask
	}
	x.table[at] = n + 1
}

// textOf returns the key and the part of an item.
func (x *items) textOf(i *item) (key, part []byte) {
	text := x.texts.at(i.text, int(i.key)+int(i.part))
	return text[:i.key], text[i.key:]
}
