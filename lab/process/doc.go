// Package process runs real Redis servers for a lab: each a process of its own, in a folder of its own, that can be killed,
// hung and started again as machines and operators do it.
//
//	Find ──> Binary ──> NewGroup ──> Group ── Add ──> Server ── Start, Kill, Hang, GoOn, Stop, Empty …
//	                       │           └─ Close: all killed, the folder removed
//	                       └─ first: what a killed program of this user has left is killed and removed
//
// What it starts listens at an address of this machine, at a port that was free, and is never anything that ran before: a
// server counts as started once a process of its own group says that it is the one that answers there.
//
// Nothing outlives the group. Close kills all there is. When the program itself is killed, Linux kills its servers with it;
// and wherever it runs, the next group that is made in the same parent folder finds the folder of the one that died, by a
// lock that nobody holds any more, kills what is listed there and still is what was listed, and removes it.
//
// Passwords are in a file that its owner alone can read, and in no command line, error or [Server.Log].
//
// It needs Linux or macOS; elsewhere [Find] says so.
package process
