// Package resp reads and writes the Redis serialization protocol, versions 2
// and 3, for everything here that speaks it on a socket of its own: the
// connections of region, the fronts of the lab and the fault proxy.
//
//	socket -> Reader.ReadValue (replies, pushes) or Reader.ReadCommand (requests)
//	AppendCommand, AppendBulk, … -> []byte -> socket
//
// It knows no command and no meaning of a reply. What it reads may come from
// anything that listens on a port, so every length is bounded before memory is
// taken for it, and what is not the protocol ends in a *ProtocolError that says
// what the bytes look like.
package resp

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is the first byte of a value on the wire.
type Kind byte

// The kinds of RESP2 and RESP3. A RESP2 null bulk string or null array is read
// as Null, whichever of the two it was.
const (
	SimpleString Kind = '+'
	Error        Kind = '-'
	Integer      Kind = ':'
	Bulk         Kind = '$'
	Array        Kind = '*'
	Null         Kind = '_'
	Bool         Kind = '#'
	Double       Kind = ','
	BigNumber    Kind = '('
	BulkError    Kind = '!'
	Verbatim     Kind = '='
	Map          Kind = '%'
	Set          Kind = '~'
	Push         Kind = '>'
	Attribute    Kind = '|' // describes the value that follows it; no value by itself
)

// Value is one decoded value. The zero Value is no value of the protocol.
type Value struct {
	Kind Kind
	// Str holds strings, errors, doubles, big numbers and verbatim strings
	// (without their three-letter format) as they stood on the wire.
	Str string
	// Int holds integers, and 1 or 0 for a boolean.
	Int int64
	// Elems holds the elements of arrays, sets and pushes, and the keys and
	// values of a map in turn.
	Elems []Value
}

// IsNull says whether v is a null of either version.
func (v Value) IsNull() bool { return v.Kind == Null }

// Err returns the error that the server answered, or nil if v is none.
func (v Value) Err() error {
	if v.Kind == Error || v.Kind == BulkError {
		return ServerError(v.Str)
	}
	return nil
}

// Field returns the value of a key in a map, be it a RESP3 map or the flat
// array of keys and values that RESP2 sends instead.
func (v Value) Field(key string) (Value, bool) {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if v.Elems[i].Str == key {
			return v.Elems[i+1], true
		}
	}
	return Value{}, false
}

// String renders v in one line, for error messages.
func (v Value) String() string {
	switch v.Kind {
	case Null:
		return "null"
	case Integer:
		return strconv.FormatInt(v.Int, 10)
	case Bool:
		return strconv.FormatBool(v.Int == 1)
	case Array, Map, Set, Push:
		parts := make([]string, len(v.Elems))
		for i, e := range v.Elems {
			parts[i] = e.String()
		}
		return "[" + strings.Join(parts, " ") + "]"
	default:
		return strconv.QuoteToASCII(v.Str)
	}
}

// ServerError is an error reply: the server understood the request and
// refused it. Its text begins with a code such as ERR, MOVED or NOPERM.
type ServerError string

func (e ServerError) Error() string { return string(e) }

// Code returns the first word of the error if it is all capitals, as codes
// are, and "ERR" otherwise.
func (e ServerError) Code() string {
	code, _, _ := strings.Cut(string(e), " ")
	if code == "" || strings.ToUpper(code) != code {
		return "ERR"
	}
	return code
}

// ProtocolError says that the peer sent something that is not RESP.
type ProtocolError struct {
	// Looks names what the bytes look like: "HTTP", "TLS", "SSH", or "" if
	// they look like nothing known.
	Looks string
	// Detail says what was wrong, in words.
	Detail string
}

func (e *ProtocolError) Error() string {
	if e.Looks != "" {
		return fmt.Sprintf("not the Redis protocol: this looks like %s", e.Looks)
	}
	return "not the Redis protocol: " + e.Detail
}
