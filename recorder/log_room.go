package recorder

import (
	"sync/atomic"

	"github.com/aafailover/aafailover/commands"
)

// memoryLeft is the memory that a Log may still take, in bytes.
type memoryLeft struct{ left atomic.Int64 }

// take takes some, if there is enough.
func (r *memoryLeft) take(bytes int) bool {
	if r.left.Add(-int64(bytes)) < 0 {
		r.left.Add(int64(bytes))
		return false
	}
	return true
}

// paged is a list that grows by pages, so that what it has is never copied.
type paged[T any] struct {
	pages [][]T
	n     uint32
}

// pageOf is how many records lie together: 7 KiB of writes. Each of the stripes has pages of its own.
const pageOf = 128

// grow adds one, and returns its number, if there is room.
func (p *paged[T]) grow(r *memoryLeft, size int) (uint32, bool) {
	if int(p.n) == len(p.pages)*pageOf {
		if p.n >= unset-pageOf || !r.take(size*pageOf) {
			return unset, false
		}
		p.pages = append(p.pages, make([]T, pageOf))
	}
	p.n++
	return p.n - 1, true
}

func (p *paged[T]) at(i uint32) *T { return &p.pages[i/pageOf][i%pageOf] }

// texts keeps keys and parts of keys, one behind the other.
type texts struct {
	pages [][]byte
	used  int // of the last page
}

// textPage is the size of a page: a key and a part of the greatest length just fill one.
const textPage = 2 * commands.MostText

// add keeps a key and a part, and returns where, if there is room.
func (t *texts) add(r *memoryLeft, key, part []byte) (uint32, bool) {
	size := len(key) + len(part)
	if len(t.pages) == 0 || t.used+size > textPage {
		if len(t.pages) == 1<<32/textPage || !r.take(textPage) {
			return 0, false
		}
		t.pages, t.used = append(t.pages, make([]byte, textPage)), 0
	}
	page := t.pages[len(t.pages)-1]
	at := uint32(len(t.pages)-1)*textPage + uint32(t.used)
	copy(page[t.used:], key)
	copy(page[t.used+len(key):], part)
	t.used += size
	return at, true
}

// at returns so many bytes of what was kept.
func (t *texts) at(at uint32, length int) []byte {
	from := int(at % textPage)
	return t.pages[at/textPage][from : from+length]
}
