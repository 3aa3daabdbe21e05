// Package tui is the dashboards in the terminal: of a probe, of a drill and of a lab.
//
//	probe.Run, drill.Run ── snapshots, events ──> Feed ── twice a second ──> Probe, Drill, Lab ── lines ──> the terminal
//	                                                                             │
//	       lab.Fault, a file, the end  <──────────────── keys ───────────────────┘
//
// They read what a run hands out and own no state of the domain: what they keep is what is selected, what is filtered, and how
// far one has scrolled. They never make a run wait: the feed keeps the newest value and the last events, and whoever puts
// something in goes on at once, however slow the terminal is. They send nothing to a server; in a lab, where they can make
// faults, they hand them to whoever can.
//
// Every screen is made of the same parts. Lines are clipped and never wrap. A table drops its columns, and a stack of panels
// its panels, in an order that is chosen, from the least important on. Colour only repeats what a symbol or a word says, and
// is one of the terminal's own, so that it suits a light background and a dark one.
package tui
