package drill

import (
	"bufio"
	"fmt"
	"path/filepath"
	"strconv"
)

// HistoryFormat is how the operations of a history are written, one a line.
type HistoryFormat string

// The formats of a history: EDN is what Jepsen reads, NDJSON what everything else
// does. The names of the fields are the same.
const (
	EDN    HistoryFormat = "edn"
	NDJSON HistoryFormat = "ndjson"
)

// HistoryFormatOf returns the format that the name of a file asks for.
func HistoryFormatOf(file string) (HistoryFormat, error) {
	switch filepath.Ext(file) {
	case ".edn":
		return EDN, nil
	case ".ndjson":
		return NDJSON, nil
	}
	return "", fmt.Errorf("history file %s: its name must end with .edn or .ndjson, which says how it is written", file)
}

// opWriter writes operations. An error of the writer below is kept by it, and told
// when it is flushed.
type opWriter struct {
	out    *bufio.Writer
	format HistoryFormat
	line   []byte
	last   Moment // of the last operation
}

// syntax is what the two formats differ in.
type syntax struct {
	open, between, key, colon, word, endWord, null, separator string
}

// syntax is that of a format.
func (f HistoryFormat) syntax() syntax {
	if f == EDN {
		return syntax{open: "{", between: ", ", key: ":", colon: " ", word: ":", null: "nil", separator: " "}
	}
	return syntax{open: "{", between: ",", key: `"`, colon: `":`, word: `"`, endWord: `"`, null: "null", separator: ","}
}

func (w *opWriter) write(o op) {
	s := w.format.syntax()
	w.last = o.time
	b := w.line[:0]
	b = append(b, s.open...)
	name := func(text string, first bool) {
		if !first {
			b = append(b, s.between...)
		}
		b = append(b, s.key...)
		b = append(b, text...)
		b = append(b, s.colon...)
	}
	number := func(text string, n int) {
		name(text, text == "index")
		b = strconv.AppendInt(b, int64(n), 10)
	}
	word := func(text, value string) {
		name(text, false)
		b = append(b, s.word...)
		b = append(b, value...)
		b = append(b, s.endWord...)
	}
	number("index", o.index)
	number("time", int(o.time))
	number("process", o.process)
	word("type", o.kind)
	word("f", map[bool]string{false: "add", true: "read"}[o.read])
	name("node", false)
	b = strconv.AppendQuote(b, o.node)
	name("value", false)
	switch {
	case !o.read:
		b = strconv.AppendInt(b, int64(o.value), 10)
	case o.found == nil:
		b = append(b, s.null...)
	default:
		b = w.list(b, o.found, s.separator)
	}
	b = append(b, "}\n"...)
	_, _ = w.out.Write(b)
	w.line = b
}

// list writes what a line has so far and then the numbers, as they come: a list of
// ten million is never held as text.
func (w *opWriter) list(line []byte, found *Numbers, separator string) []byte {
	line = append(line, '[')
	first := true
	for n := range found.All() {
		if !first {
			line = append(line, separator...)
		}
		first = false
		line = strconv.AppendInt(line, int64(n), 10)
		if len(line) > 4096 {
			_, _ = w.out.Write(line)
			line = line[:0]
		}
	}
	return append(line, ']')
}
