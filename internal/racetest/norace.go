//go:build !race

package racetest

// Slowdown is by how much the race detector makes slower what computes: 1 where it is not on.
const Slowdown = 1
