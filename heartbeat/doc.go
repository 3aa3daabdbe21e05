// Package heartbeat writes one small key per source region and slot of the cover, and reads it in every region: beside the
// messages of a probe it tells whether regions accept writes, whether keys get from one region to another, and whether a
// region that came back has what was written elsewhere.
//
//	             ┌── SET, where the region may be written ──┐
//	pulse, one ──┤                                          ├─> Session, one connection per region and shard
//	per shard    └── GET, the key of every source region ───┘         │
//	                                                                  ▼
//	book (pure): stream, what was written and is known to exist  <── answers
//	             cell, what reads of it in one region showed     ──> Proof, Keys
//
// Words. A beat is one write of a key, numbered. It is known to exist from the moment at which its write was acknowledged or
// at which a read, anywhere, showed it. It is readable in a region when a read there shows it or a later one of its key.
//
// A key expires by itself, [Expiry] after its last beat, so that there is nothing to clean up. Only regions that the
// command line names are written; all are read. It never opens a socket, never judges a link or a region, and takes no
// failure for evidence: a read or write that got no answer says nothing of what it was about.
//
// All times are those of this one observer. The time in a beat is for people who look at the key, and is never computed
// with.
package heartbeat
