// Package racetest tells tests whether the race detector watches them. What
// computes takes some ten times as long with it, and it looks for other mistakes
// than a test that repeats itself over many seeds: so that test repeats itself
// less often.
//
//	const seeds = max(20, 60/racetest.Slowdown)
//
// Nothing of this package is part of the program.
package racetest
