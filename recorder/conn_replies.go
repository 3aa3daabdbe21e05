package recorder

import (
	"hash/maphash"
	"unsafe"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/resp"
)

// The bounds of one reply: nested deeper, it is none; what is beyond the others is left out of it.
const (
	mostNesting  = 512
	mostElements = 1 << 14
	mostReply    = 4 << 20 // bytes of its texts
)

const replySize = int(unsafe.Sizeof(commands.Reply{}))

// replies gathers one reply at a time from what the region sends: the value itself, and its elements of the first level.
type replies struct {
	scanner resp.Scanner
	within  []level // the aggregates that the next value is an element of
	base    int     // how many of them are not part of the reply: 1 for those that EXEC gathers
	started bool    // some of the reply has come

	reply    commands.Reply
	elements []commands.Reply
	text     scratch // of the elements, and of a reply that comes in pieces
	room     loan

	// The string that is under way.
	target *commands.Reply // nil: nothing of it is kept
	from   int             // where in the page of text it begins
	most   int             // how much of it is kept
	hash   maphash.Hash
	hashes bool
}

// level is an aggregate that has not ended.
type level struct {
	left      int64 // elements to come
	attribute bool  // it is no value by itself
}

// progress is what a part meant.
type progress uint8

const (
	partial progress = iota
	element          // a reply that EXEC gathers is whole
	whole            // a reply is whole
	tooDeep
)

// take takes the next part.
func (r *replies) take(p resp.Part, seed maphash.Seed) progress {
	if p.Kind == 0 {
		r.piece(p)
	} else {
		r.started = true
		r.head(p, seed)
	}
	switch {
	case isAggregate(p.Kind) && p.N > 0:
		if len(r.within) == mostNesting {
			return tooDeep
		}
		r.within = append(r.within, level{left: p.N, attribute: p.Kind == resp.Attribute})
		return partial
	case isAggregate(p.Kind) && p.Kind != resp.Attribute, p.Done:
		return r.ended()
	}
	return partial
}

// ended counts a value that has ended, and the aggregates that end with it.
func (r *replies) ended() progress {
	for {
		depth := len(r.within)
		if depth == r.base {
			return [...]progress{whole, element}[r.base] // who gathers an element counts it
		}
		top := &r.within[depth-1]
		top.left--
		if top.left > 0 {
			return partial
		}
		r.within = r.within[:depth-1]
		if top.attribute {
			return partial
		}
	}
}

// between tells whether the next part begins a reply.
func (r *replies) between() bool { return !r.started && len(r.within) == 0 }

// gather takes the head of what EXEC answers: so many replies.
func (r *replies) gather(n int64) {
	r.within, r.base = append(r.within, level{left: n}), 1
}

// gathering is how many replies EXEC has still to gather.
func (r *replies) gathering() int { return int(r.within[0].left) }

// gathered counts an element of EXEC, and tells whether it was the last.
func (r *replies) gathered() bool {
	r.within[0].left--
	if r.within[0].left > 0 {
		return false
	}
	r.within, r.base = r.within[:0], 0
	return true
}

// described tells whether the next value is a part of attributes.
func (r *replies) described() bool {
	for _, l := range r.within[min(r.base, len(r.within)):] {
		if l.attribute {
			return true
		}
	}
	return false
}

// head takes the head of a value: the reply, one of its elements, or something that lies deeper.
func (r *replies) head(p resp.Part, seed maphash.Seed) {
	r.target = nil
	depth := len(r.within) - r.base
	if depth > 1 || p.Kind == resp.Attribute || depth == 1 && r.described() {
		return
	}
	v := commands.Reply{Kind: p.Kind}
	switch p.Kind {
	case resp.Integer, resp.Bool:
		v.Int = p.N
	case resp.SimpleString, resp.Error, resp.Double, resp.BigNumber, resp.Bulk, resp.BulkError, resp.Verbatim:
		v.Length = int(p.N)
	}
	target := &r.reply
	if depth == 0 {
		r.reply = v
	} else {
		if len(r.elements) == mostElements || !r.roomFor(replySize) {
			r.reply.Truncated = true
			return
		}
		r.elements = append(r.elements, v)
		r.reply.Elements = r.elements
		target = &r.elements[len(r.elements)-1]
	}
	if v.Length > 0 {
		r.begin(target, p, seed)
	}
}

// begin takes the beginning of a string, and as a rule all of it.
func (r *replies) begin(target *commands.Reply, p resp.Part, seed maphash.Seed) {
	if p.Done && target == &r.reply && len(p.Text) <= commands.MostText {
		r.reply.Text = p.Text // it is looked at before the piece is gone
		return
	}
	r.target = target
	r.most = min(r.target.Length, commands.MostText)
	if !r.roomFor(r.most) {
		r.most = 0
	}
	r.from = r.text.fit(r.most)
	if r.hashes = r.most < r.target.Length; r.hashes {
		r.hash.SetSeed(seed)
	}
	r.piece(p)
}

// piece takes what has come of the string that is under way.
func (r *replies) piece(p resp.Part) {
	if r.target == nil {
		return
	}
	r.target.Text = r.text.add(r.from, p.Text[:min(len(p.Text), r.most-len(r.target.Text))])
	if !r.hashes {
		return
	}
	_, _ = r.hash.Write(p.Text) // it never fails
	if p.Done {
		r.target.Digest = commands.Digest(r.hash.Sum64())
	}
}

// roomFor tells whether so many bytes more may be kept.
func (r *replies) roomFor(bytes int) bool {
	return r.text.size+bytes <= mostReply && r.room.covers(r.text.size+len(r.elements)*replySize+bytes)
}

// reset makes ready for the next reply.
func (r *replies) reset() {
	r.elements, r.target = r.elements[:0], nil
	r.text.reset()
	if r.room.settle() {
		r.elements, r.text = nil, scratch{}
	}
	r.reply, r.started = commands.Reply{}, false
}

// clear lets go of everything, at the end.
func (r *replies) clear() {
	r.reset()
	r.elements, r.text, r.within, r.scanner, r.base = nil, scratch{}, nil, resp.Scanner{}, 0
}

func isAggregate(k resp.Kind) bool {
	switch k {
	case resp.Array, resp.Set, resp.Push, resp.Map, resp.Attribute:
		return true
	}
	return false
}
