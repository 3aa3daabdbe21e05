package process_test

import (
	"testing"

	"github.com/aafailover/aafailover/lab/process"
)

// BenchmarkStart is what it takes to start a server until it answers, and to kill it.
func BenchmarkStart(b *testing.B) {
	s := add(b, group(b), process.Config{}, "save \"\"\n")
	for b.Loop() {
		start(b, s)
		if err := s.Kill(); err != nil {
			b.Fatal(err)
		}
	}
}
