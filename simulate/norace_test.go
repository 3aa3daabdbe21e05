//go:build !race

package simulate_test

// scarcity is by how much less is simulated than makes the statistics good: not at all.
const scarcity = 1
