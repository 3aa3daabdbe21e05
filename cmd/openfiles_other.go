//go:build !unix

package cmd

import "math"

// mostFiles is how many files this process may have open: there is no limit of its own.
func mostFiles() uint64 { return math.MaxUint64 }
