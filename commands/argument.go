package commands

import (
	"hash/maphash"

	"github.com/aafailover/aafailover/internal/resp"
)

// MostText is how much of one argument, or of one string in a reply, is kept while it is looked at, in bytes.
const MostText = 4096

// Digest stands for a value that is not kept: a hash of it with a key that nobody else has.
type Digest uint64

// DigestOf returns the digest of a text. Digests that are compared are made with the same seed.
func DigestOf(seed maphash.Seed, text []byte) Digest { return Digest(maphash.Bytes(seed, text)) }

// Argument is one word of a request, the name of the command included.
type Argument struct {
	Text   []byte // whole, or its first MostText bytes
	Length int    // of the whole
	Digest Digest // of the whole; need be set only where Text is not
}

// Whole tells whether Text is all of it.
func (a Argument) Whole() bool { return len(a.Text) == a.Length }

// Sum returns the digest of the whole.
func (a Argument) Sum(seed maphash.Seed) Digest {
	if a.Whole() {
		return DigestOf(seed, a.Text)
	}
	return a.Digest
}

// Reply is what a request was answered.
type Reply struct {
	Kind   resp.Kind
	Text   []byte // of strings, errors and doubles: whole, or its first MostText bytes
	Length int    // of the whole
	Int    int64  // of integers, and 1 or 0 for a boolean
	Digest Digest // of the whole text; need be set only where Text is not
	// Elements are those of the first level, and below that only those of the replies that EXEC gathers. Truncated says that
	// some are left out.
	Elements  []Reply
	Truncated bool
}

// Failed tells whether it is an error.
func (r Reply) Failed() bool { return r.Kind == resp.Error || r.Kind == resp.BulkError }

// Sum returns the digest of the whole text.
func (r Reply) Sum(seed maphash.Seed) Digest {
	if len(r.Text) == r.Length {
		return DigestOf(seed, r.Text)
	}
	return r.Digest
}

// ReplyOf is the same for a reply that was read as a whole.
func ReplyOf(v resp.Value) Reply {
	r := Reply{Kind: v.Kind, Text: []byte(v.Str), Length: len(v.Str), Int: v.Int}
	for _, e := range v.Elems {
		r.Elements = append(r.Elements, ReplyOf(e))
	}
	return r
}

// And returns the digest of two texts, of which d may be that of several before: the order counts. What goes in is keyed already,
// so that mixing is all that is left to do: a multiplication by a large odd number, and its upper half brought down.
func (d Digest) And(next Digest) Digest {
	const odd = 0x9e3779b97f4a7c15
	mixed := (d ^ next) * odd
	return (mixed ^ mixed>>32) * odd
}
