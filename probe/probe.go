// Package probe finds out which regions can be used and which replication links carry messages, by publishing uniquely
// numbered messages in every region and waiting for them in every region.
//
// What stands here is what a round is, the detectors and the verdict as pure reducers, the [Observer] that runs rounds over
// two small interfaces, [Publisher] and [Subscriber], and [Run], which drives it in real time. It never opens a socket, never
// knows a client library, never writes a key, and never decides to fail over: it says what is broken, and nothing that is not.
//
//	            ┌──────────── Publish, Ping ────────────┐
//	schedule ──>│ Observer, one goroutine               │──> Endpoint, one per region
//	            │   state: observations -> cells,       │        │
//	Changes ───>│   shards, links, verdict              │<─ queue <── Sink: Accepted, Refused, Message, Opened, Closed
//	            └──> OnEvent, OnSnapshot
//
// Words. A channel is one source region on one slot. A round is what is sent in one interval: a message on each channel. A
// cell is one link on one slot, a loop the cell from a region to itself. A message is delivered when it is received before
// its deadline, overdue when the deadline has passed and it can be charged to the link, late when it comes after all, and
// lost when it is given up at the horizon or overtaken: a cell is in order. Where nothing can be concluded there is no
// evidence, which is neither good nor bad. Something is awaited for as long as it is no bad news that there is none: at the
// start, after a return, and when the sharding has changed.
//
// All times are those of this one observer, read from its monotonic clock: no clock of a server enters.
package probe
