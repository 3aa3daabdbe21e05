package commands_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"testing"

	"github.com/aafailover/aafailover/internal/resp"
)

// unpacked is a file as it was before gzip.
func unpacked(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func value(t testing.TB, b []byte) resp.Value {
	t.Helper()
	v, err := resp.NewReader(bytes.NewReader(b)).ReadValue()
	if err != nil {
		t.Fatal(err)
	}
	return v
}
