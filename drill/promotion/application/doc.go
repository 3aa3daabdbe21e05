// Package application is the clients of a drill of a failover: those of go-redis that
// applications use, and a note on every write of what became of it on the network.
//
//	promotion ──> Client ──> go-redis ──> noted connection ──> server
//	                 ^                          │
//	                 └── to whom, what came back ┘
//
// A client that repeats a write, or follows a redirection, hides what became of its
// earlier attempts: that an attempt was not answered, or who acknowledged. So the
// connections take a note of each. They change nothing.
//
// The clients are as go-redis makes them, but for this: nothing is repeated that a
// server did not redirect, a write ends with its own deadline, and no handshake beyond
// the plain one is made.
package application
