package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/internal/redact"
)

// secretField is a field whose text is a secret, whatever it is.
var secretField = lazy.Regexp{Text: `(?i)(?:password|passwd|secret|token|credentials?|requirepass|masterauth|auth-?pass)$`}

// JSON returns values of JSON, one after the other, with every text in them replaced that is to be, names of fields
// included. Their order stays, and that of the fields. Each value is a line. What follows the last whole value, as that of a
// process that was killed, is replaced as a text.
func (r *Replacer) JSON(text []byte) []byte {
	var out bytes.Buffer
	each(text, func(value json.RawMessage) {
		_ = walk(value, "", rewriting{r, &out}) // it was decoded before
		out.WriteByte('\n')
	}, func(rest []byte) { out.WriteString(r.Text(string(rest))) })
	return out.Bytes()
}

// LearnJSON is Learn of values of JSON, which tell by the names of their fields what is a host.
func (r *Replacer) LearnJSON(text []byte) {
	if !r.hide.Hosts {
		return
	}
	each(text, func(value json.RawMessage) { _ = walk(value, "", &learning{Replacer: r}) }, func(rest []byte) { r.Learn(string(rest)) })
}

// each calls do for every value, and rest for what follows the last.
func each(text []byte, do func(json.RawMessage), rest func([]byte)) {
	values := json.NewDecoder(bytes.NewReader(text))
	for {
		var value json.RawMessage
		at := values.InputOffset()
		if err := values.Decode(&value); err != nil {
			if left := bytes.TrimSpace(text[at:]); !errors.Is(err, io.EOF) || len(left) > 0 {
				rest(left)
			}
			return
		}
		do(value)
	}
}

// visitor is told of the parts of a value, in their order.
type visitor interface {
	mark(c byte)                 // one of {}[],:
	field(name string)           // that a value follows
	text(field, value string)    // a string
	other(token json.RawMessage) // a number, true, false or null
}

// walk goes through one value, which stands in a field of that name.
func walk(value json.RawMessage, field string, v visitor) error {
	tokens := json.NewDecoder(bytes.NewReader(value))
	tokens.UseNumber()
	return walkNext(tokens, field, v)
}

func walkNext(tokens *json.Decoder, field string, v visitor) error {
	token, err := tokens.Token()
	if err != nil {
		return err
	}
	switch t := token.(type) {
	case json.Delim:
		return walkInto(tokens, t, field, v)
	case string:
		v.text(field, t)
	case json.Number:
		v.other(json.RawMessage(t))
	case bool:
		v.other(json.RawMessage(fmt.Sprint(t)))
	case nil:
		v.other(json.RawMessage("null"))
	}
	return nil
}

// walkInto goes through an object or a list. What a list holds stands in the field of the list.
func walkInto(tokens *json.Decoder, begin json.Delim, field string, v visitor) error {
	v.mark(byte(begin))
	for first := true; tokens.More(); first = false {
		if !first {
			v.mark(',')
		}
		within := field
		if begin == '{' {
			name, err := tokens.Token()
			if err != nil {
				return err
			}
			within, _ = name.(string)
			v.field(within)
			v.mark(':')
		}
		if err := walkNext(tokens, within, v); err != nil {
			return err
		}
	}
	end, err := tokens.Token()
	if err != nil {
		return err
	}
	d, _ := end.(json.Delim)
	v.mark(byte(d))
	return nil
}

// isNested tells whether a text is an object or a list of JSON. How deep these stand in each other is bounded by the length of
// the text: at each depth quotes take twice as many characters.
func isNested(text string) bool {
	trimmed := strings.TrimSpace(text)
	return len(trimmed) > 1 && (trimmed[0] == '{' || trimmed[0] == '[') && json.Valid([]byte(trimmed))
}

// learning takes note of hosts.
type learning struct {
	*Replacer
	before string // the text before, which may be a flag
}

func (l *learning) mark(byte)             {}
func (l *learning) other(json.RawMessage) {}
func (l *learning) field(name string)     { l.Learn(name) }

func (l *learning) text(field, value string) {
	before := l.before
	l.before = value
	if isNested(value) {
		_ = walk(json.RawMessage(value), field, l)
		return
	}
	l.hosts.learnField(field, value)
	l.hosts.learnArgument(before, value)
	l.Learn(value)
}

// rewriting writes a value anew.
type rewriting struct {
	*Replacer
	out *bytes.Buffer
}

func (w rewriting) mark(c byte)       { w.out.WriteByte(c) }
func (w rewriting) field(name string) { w.quote(w.Text(name)) }

func (w rewriting) text(field, value string) {
	switch {
	case secretField.Get().MatchString(field) && value != "":
		w.quote(redact.Hidden)
	case isNested(value):
		w.quote(strings.TrimSuffix(string(w.JSON([]byte(value))), "\n"))
	default:
		w.quote(w.Text(value))
	}
}

// other writes what is no text, unless a secret is written in it.
func (w rewriting) other(token json.RawMessage) {
	if w.secrets.in(string(token)) {
		w.quote(redact.Hidden)
		return
	}
	w.out.Write(token)
}

func (w rewriting) quote(text string) {
	w.out.WriteString(`"` + inJSON(text, false) + `"`)
}
