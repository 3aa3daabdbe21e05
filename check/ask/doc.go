// Package ask gathers what is known of a deployment by asking it: its servers and sentinels, the names and the addresses
// that lead to them, and the clocks of both sides.
//
//	config.Region ──> region.Examiner ──> map of the slots ──> primaries ──> replicas ──┐
//	                        │                                     └─ Measure later: again ─> rates
//	                        ├─ sentinels, and those that they know of ──────────────────┼──> check.Facts
//	                        └─ certificates that were shown ────────────────────────────┤
//	names ── looked up several times, each of their addresses tried ────────────────────┘
//
// Nothing is changed by it, and nothing is judged here. All regions are asked at once; whoever does not answer leaves a gap,
// which says why, and is no error. Everything has a deadline, and all of it together has one, too.
package ask
