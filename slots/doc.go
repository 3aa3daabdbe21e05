// Package slots knows hash slots: the slot of a key, a key for every slot, which shard of a region owns which slot, and
// the cover, the small set of slots that a probe has to try so that no replication between two shards goes unseen.
//
// It is pure. It never opens a connection, never reads a clock and never guesses: whoever asks a region for its slot map
// states the [Source], and a map whose sharding is not known says so ([Map.Proven]).
//
//	CLUSTER SLOTS, … ──> Map, one per region ──> Cover ──> slots ──> Channel, one per slot and source region
//	                          │                    ▲
//	                          └─> Check, Equal     └── the previous cover: channels that still serve stay
//
// Slots are numbered 0 to 16383 ([Count] of them) everywhere.
package slots
