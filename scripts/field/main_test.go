package main

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	const document = `{"verdict":"pass","rto_ms":{"total":941.25},"regions":[{"name":"us"},{"name":"eu","up":null}]}`
	for _, row := range []struct{ name, document, path, want, err string }{
		{"text without quotes", document, "verdict", "pass", ""},
		{"a number as written", document, "rto_ms.total", "941.25", ""},
		{"an element of a list", document, "regions.1.name", "eu", ""},
		{"null is there", document, "regions.1.up", "null", ""},
		{"an object as JSON", document, "regions.0", `{"name":"us"}`, ""},
		{"a missing field", document, "rto_ms.detect", "", `no "detect" there`},
		{"an index past the end", document, "regions.2.name", "", `no "2" there`},
		{"a step into text", document, "verdict.x", "", `no "x" there`},
		{"two documents", document + document, "verdict", "", "more than one document"},
		{"no document", "", "verdict", "", "EOF"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := read(strings.NewReader(row.document), row.path)
			if text := errorText(err); got != row.want || text != row.err {
				t.Errorf("got %q, error %q; want %q, error %q", got, text, row.want, row.err)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
