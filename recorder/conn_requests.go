package recorder

import (
	"bytes"
	"errors"
	"hash/maphash"
	"slices"
	"unsafe"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/resp"
)

// The bounds of one request. One of more words is not understood, although Redis 7 takes it. One that takes more memory goes on, and is paired with its
// reply, but it is not recorded.
const (
	mostWords   = 1 << 20
	mostRequest = 24 << 20 // bytes
)

// namingWords are kept of every request: they tell what reply comes.
const namingWords = 3

var (
	errNoRequest    = errors.New("not a request")
	errTooManyWords = errors.New("a request of too many words")
)

const argumentSize = int(unsafe.Sizeof(commands.Argument{}))

// requests gathers the words of one request at a time from what the service sends.
type requests struct {
	scanner resp.Scanner
	count   int  // words of the request under way; 0: none is
	read    int  // of which so many have begun
	open    bool // more has to come of the last of them
	secret  int  // words from this index on are neither kept nor hashed

	args    []commands.Argument
	kept    int     // how many of args do not point into the piece that is looked at
	text    scratch // which those point into
	from    int     // where in its page the word that is open begins
	hash    maphash.Hash
	tooMuch bool // args are not all
	room    loan
}

// take takes words from the front of b, until it ends or a request is whole: that is in args then, and points into b. The error
// says that what is sent is no request.
func (r *requests) take(b []byte, seed maphash.Seed) (taken int, whole bool, err error) {
	for taken < len(b) && !whole && err == nil {
		var n int
		if r.count == 0 {
			n, whole, err = r.begin(b[taken:])
		} else {
			n, whole, err = r.next(b[taken:], seed)
		}
		taken += n
	}
	return taken, whole, err
}

// begin takes the line with which a request begins: the number of its words, or all of an inline command.
func (r *requests) begin(b []byte) (taken int, whole bool, err error) {
	line, taken, ok, err := r.scanner.Line(b)
	if err != nil || !ok || len(line) == 0 {
		return taken, false, err
	}
	if line[0] != byte(resp.Array) {
		whole, err = r.inline(line)
		return taken, whole, err
	}
	n, err := resp.ParseInt(line[1:])
	r.secret = mostWords
	switch {
	case err != nil:
		return taken, false, errNoRequest
	case n > mostWords:
		return taken, false, errTooManyWords
	case n > 0: // Redis passes over others
		r.count = int(n)
	}
	return taken, false, nil
}

// next takes what has come of the next word.
func (r *requests) next(b []byte, seed maphash.Seed) (taken int, whole bool, err error) {
	p, taken, err := r.scanner.Next(b)
	switch {
	case err != nil:
		return taken, false, err
	case r.open:
		r.add(p)
	case p.Kind == resp.Bulk:
		r.first(p, seed)
	case p.Kind != 0:
		return taken, false, errNoRequest
	}
	return taken, r.read == r.count && !r.open, nil
}

// first takes the beginning of a word, and as a rule all of it.
func (r *requests) first(p resp.Part, seed maphash.Seed) {
	r.read++
	r.open = !p.Done
	most := 0
	if r.open && r.read <= r.secret {
		most = int(min(p.N, commands.MostText))
	}
	if !r.roomFor(argumentSize+most) && r.read > namingWords {
		return
	}
	a := commands.Argument{Length: int(p.N)}
	switch {
	case r.read > r.secret:
	case p.Done:
		a.Text = p.Text[:min(len(p.Text), commands.MostText)]
		if !a.Whole() {
			a.Digest = commands.DigestOf(seed, p.Text)
		}
	default:
		r.keep() // what belongs to this word lies together
		r.from = r.text.fit(most)
		if a.Length > commands.MostText {
			r.hash.SetSeed(seed)
		}
	}
	r.args = append(r.args, a)
	switch {
	case r.open:
		r.add(p)
	case r.read == 1:
		r.secret = secretIn(a.Text)
	}
}

// add takes a piece of the word that is open.
func (r *requests) add(p resp.Part) {
	r.open = !p.Done
	if len(r.args) < r.read || r.read > r.secret {
		return
	}
	a := &r.args[r.read-1]
	a.Text = r.text.add(r.from, p.Text[:min(len(p.Text), commands.MostText-len(a.Text))])
	if a.Length > commands.MostText {
		_, _ = r.hash.Write(p.Text) // it never fails
	}
	if !p.Done {
		return
	}
	r.kept = len(r.args)
	if !a.Whole() {
		a.Digest = commands.Digest(r.hash.Sum64())
	}
	if r.read == 1 {
		r.secret = secretIn(a.Text)
	}
}

// keep copies what points into the piece that is looked at, since more has to come of the request.
func (r *requests) keep() {
	for ; r.kept < len(r.args); r.kept++ {
		a := &r.args[r.kept]
		if r.open && r.kept == r.read-1 {
			return // it is in text already
		}
		if !r.roomFor(len(a.Text)) {
			return
		}
		a.Text = r.text.add(r.text.fit(len(a.Text)), a.Text)
	}
}

// roomFor tells whether so many bytes more may be kept. Where not, most of the request is forgotten.
func (r *requests) roomFor(more int) bool {
	need := r.text.size + len(r.args)*argumentSize + more
	if !r.tooMuch && (need > mostRequest || !r.room.covers(need)) {
		r.tooMuch = true
		r.args = slices.Clone(r.args[:min(len(r.args), namingWords)])
		for i := range r.args {
			r.args[i].Text = bytes.Clone(r.args[i].Text)
		}
		r.kept, r.text = len(r.args), scratch{}
		r.room.settle()
	}
	return !r.tooMuch
}

// reset makes ready for the next request.
func (r *requests) reset() {
	r.args = r.args[:0]
	r.text.reset()
	if r.room.settle() {
		r.args, r.text = nil, scratch{}
	}
	r.count, r.read, r.kept, r.open, r.tooMuch = 0, 0, 0, false, false
}

// clear lets go of everything, at the end.
func (r *requests) clear() {
	r.reset()
	r.args, r.text, r.scanner = nil, scratch{}, resp.Scanner{}
}
