// Package commands knows of every command of a server whether it writes, which keys it is about, and what it leaves behind. What
// it knows of keys comes from the server's own command table; what a command leaves behind, from the documentation of
// Redis, for those of which that can be told from the request and the reply.
//
//	COMMAND ──> Parse ──> Table ── Lookup(args) ──> Command ── Keys(args) ──> keys
//	                                                   └────── Effects(args, reply) ──> what each key, or part of one, is afterwards
//
// It is pure. What it reads comes from a server and from an application that may be wrong or hostile: everything is bounded,
// and what it cannot tell it says.
package commands
