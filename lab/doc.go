// Package lab is an Active-Active deployment to rehearse on: regions of shards with an engine of our own, links between
// the regions that carry wide-area delays, and faults that can be injected into all of it. Any Redis client can connect.
//
//	client ──> front ──> shard ──────────────┐        one front and one shard per part of the slots, per region
//	             ▲        │ engine executes  │
//	             │        ▼                  │
//	             │      backlog (effects)    │
//	             │        │                  │
//	             │        ▼                  │
//	             │      stream ──(delay)──> peer shard: applies, never emits, so nothing echoes
//	             │                           │
//	             └──────── subscribers <─────┘        PUBLISH is an effect like any other
//
// A shard executes one command at a time and writes every effect of it, a published message included, to its backlog.
// One stream per ordered pair of shards of two regions that share slots ships these effects, in order; while slots move
// there are more for a while. What a peer applies is not shipped on: every effect travels once, from where it was executed
// to everywhere else.
//
// What it models, where real deployments differ: a channel belongs to the shard that owns its slot; PUBLISH to any
// front of a region is handed to that shard, as the proxy of Redis Enterprise does, and the message reaches the
// subscribers of the whole region, at whichever front they are, and then those of every other region. SPUBLISH and
// SSUBSCRIBE are answered by MOVED at the wrong front, as in an open-source cluster, and cross regions too. The number
// in the reply of PUBLISH counts the subscribers in the same region only.
//
// The faults, by [Fault].Kind, are brought about by [Lab.Inject]. Those of a link come together: it may be slow, lossy and
// echoing.
//
//	cut      FROM TO         loses what is in flight; after a heal it resumes, late, or copies the keys
//	stall    FROM TO         looks up, delivers nothing; after a heal everything, in order
//	slow     FROM TO DELAY   delivers after another delay
//	lose     FROM TO SHARE   loses published messages by chance, never keys
//	echo     FROM TO         delivers everything twice
//	hang     REGION          takes connections, old and new, and bytes, and says nothing
//	answer   REGION ERROR    answers as a real server does in that [Condition]
//	kill     REGION          resets connections, refuses new ones, keeps what its persistence keeps
//	start    REGION          brings back what was killed; with Empty without data, with Fresh as if never written to
//	promote  REGION AFTER    a shard fails over to a replica with another address and id
//	move     REGION SLOTS    slots go to another shard of the region, with keys and messages
//	reshard  REGION SHARDS   the region is split anew
//	heal     …               takes back cut, stall, slow, lose, echo, hang and answer
//
// Each but reshard can be about one shard only. Several shards that fail together, as a zone does, are several faults.
//
// The lab never judges: it knows nothing of probes, drills and their results. What really happened it writes to a
// [Truth] if it is given one, beside the engine, for tests to compare with.
package lab
