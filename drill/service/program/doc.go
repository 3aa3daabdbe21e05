// Package program runs the service that is drilled as a process beside this one: it tells it where its regions are, passes on
// what it prints, and ends it, whatever happens.
//
//	Told ── Arguments: {us}, {us.address}, {ca} ──────> Start ──> Program, a process group of its own
//	     └─ Environment: AAFAILOVER_URL_US, … ────────────┘          │ lines, bounded, prefixed ──> Options.Output
//	                                                                 └ SIGTERM, and after a grace SIGKILL, to the whole group
//
// What leaves the group by itself, as a daemon does, is out of its reach: a service that is drilled stays in the foreground.
package program
