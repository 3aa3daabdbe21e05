package commands

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the table of Redis 7.0
	"fmt"
	"sync"

	"github.com/aafailover/aafailover/internal/resp"
)

// redis70 is what redis-server 7.0.15 answers to COMMAND, in RESP2.
//
//go:embed redis-7.0.15.gz
var redis70 []byte

// Default is the table of Redis 7.0, for a server that refuses COMMAND.
func Default() *Table { return defaultTable() }

var defaultTable = sync.OnceValue(func() *Table {
	t, err := readTable(redis70)
	if err != nil {
		panic(fmt.Sprintf("the table of Redis 7.0 in this program: %v", err)) // a test reads it
	}
	return t
})

func readTable(packed []byte) (*Table, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	v, err := resp.NewReader(unpacked).ReadValue()
	if err != nil {
		return nil, err
	}
	return parse(v)
}
