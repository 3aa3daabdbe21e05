//go:build race

package simulate_test

// scarcity is by how much less is simulated: the race detector makes everything ten times slower, and looks for other mistakes.
const scarcity = 10
