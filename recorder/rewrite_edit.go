package recorder

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/aafailover/aafailover/internal/resp"
)

// The bounds of a reply that is rewritten: nested deeper, or of more values, it is none that is known.
const (
	mostLevels = 8
	mostValues = 1 << 19
)

// value is one value of a reply, and where in it that stands.
type value struct {
	kind     resp.Kind
	text     []byte // of strings and integers
	elements []value
	from, to int
}

// field returns the value of a key in a map, or in the array of keys and values that RESP2 has for it; nil: there is none.
func (v *value) field(key string) *value {
	for i := 0; i+1 < len(v.elements); i += 2 {
		if string(v.elements[i].text) == key {
			return &v.elements[i+1]
		}
	}
	return nil
}

// isText tells whether it is a string.
func (v *value) isText() bool { return v.kind == resp.Bulk || v.kind == resp.SimpleString }

// parsed reads a reply that is there as a whole.
func parsed(reply []byte) (*value, bool) {
	p := parsing{reply: reply}
	v, ok := p.value(0)
	return &v, ok && p.at == len(reply)
}

type parsing struct {
	reply   []byte
	at      int
	values  int
	scanner resp.Scanner
}

func (p *parsing) value(depth int) (value, bool) {
	part, n, err := p.scanner.Next(p.reply[p.at:])
	p.values++
	if err != nil || depth > mostLevels || p.values > mostValues || part.Kind == resp.Attribute {
		return value{}, false
	}
	v := value{kind: part.Kind, text: part.Text, from: p.at}
	p.at += n
	if isAggregate(part.Kind) {
		for range part.N {
			e, ok := p.value(depth + 1)
			if !ok {
				return value{}, false
			}
			v.elements = append(v.elements, e)
		}
	} else if !part.Done {
		return value{}, false
	}
	v.to = p.at
	return v, true
}

// edit says what takes the place of a value.
type edit struct {
	from, to int
	text     []byte
}

// editing gathers what to change in a reply.
type editing struct {
	conn  *conn
	edits []edit
}

// set has a text take the place of a value, in the form that it had. A null becomes a string.
func (e *editing) set(v *value, text string) {
	kind := v.kind
	if kind == resp.Null {
		kind = resp.Bulk
	}
	b := []byte{byte(kind)}
	if kind == resp.Bulk || kind == resp.Verbatim {
		b = strconv.AppendInt(b, int64(len(text)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(append(b, text...), "\r\n"...)
	e.edits = append(e.edits, edit{v.from, v.to, b})
}

// each edits all elements of an array. It is false where it is none, or one of them has another form than is known.
func (e *editing) each(v *value, one func(*value) bool) bool {
	if v.kind != resp.Array && v.kind != resp.Set {
		return false
	}
	for i := range v.elements {
		if !one(&v.elements[i]) {
			return false
		}
	}
	return true
}

// address changes what a region says of one address: in hosts, of which the first that names one is the host, and in ports. A host
// that is empty, null or missing is the one that was asked; those but the first are changed only where they say something.
func (e *editing) address(host, port string, hosts, ports []*value) {
	host, port, ok := e.conn.front(host, port)
	if !ok {
		return
	}
	for i, h := range hosts {
		if h != nil && (i == 0 || len(h.text) > 0) {
			e.set(h, host)
		}
	}
	for _, p := range ports {
		if p != nil {
			e.set(p, port)
		}
	}
}

// splice lets go out what is held back, with the edits made.
func (o *outgoing) splice(edits []edit) {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	at := 0
	for _, e := range edits {
		o.pass(o.held[at:e.from])
		o.pass(e.text)
		at = e.to
	}
	o.pass(o.held[at:])
	o.forget()
}
