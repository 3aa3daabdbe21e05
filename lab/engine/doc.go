// Package engine is the keyspace of one shard of the lab: strings, counters and expiry in memory, merged with those of
// the other regions as an Active-Active database merges them, and the commands on them.
//
//	command ──> Execute ──> reply                     (this region's clients)
//	               │
//	               └─> Emit: Effect ──> backlog, streams ──> Apply   (the same keys in another region)
//
// What is known of a key is a lattice, and every [Effect] carries all of it, so effects may come late, twice, in any
// order, or be replaced by a copy of the whole state, and all regions that learnt the same show the same:
//
//   - a string is a register: the write with the higher [Stamp] wins, and what was done to the other one is gone;
//   - a counter is a register that every region adds its own [Part] to: INCR in two regions adds up, on a key that was
//     set before as well as on one that was not there;
//   - a removal takes what the region had seen: a write or an increment that it had not seen stays;
//   - an expiry is an [End], a moment: one that replaces another knowingly wins, of two that did not know of each other
//     the later does, and no expiry at all is the latest;
//   - a key whose moment has passed is not shown any more; no effect says so, since every region sees it by itself.
//
// Removed and expired keys stay known, as tombstones, until [Engine.Collect] is called.
//
// An Engine has no lock, no goroutine and no socket: the shard that owns it serializes all calls, so that the order of
// its effects is the order of execution. It knows no slot map: refusing keys of other shards is for the front.
package engine
