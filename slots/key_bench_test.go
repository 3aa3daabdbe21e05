package slots

import "testing"

// BenchmarkKeyTable builds the table of all keys, which a program does at most once. The budget is 5 ms.
func BenchmarkKeyTable(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		findKeys()
	}
}
