// Package lab is an Active-Active deployment to rehearse on: regions of shards with an engine of our own or with real servers,
// links between the regions that carry wide-area delays, and faults that can be injected into all of it. Any Redis client can
// connect.
//
//	client ──> front ──> shard ──────────────┐        one front and one shard per part of the slots, per region
//	             ▲        │ keyspace executes│
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
// The keys are kept in this process, by an engine that knows strings, counters and expiry; or, with an [Engine], by a server
// process for each shard, which knows all of Redis. Then a kill is SIGKILL, a hang is SIGSTOP, and a start finds what the server
// itself has persisted: under settings that write a log to the kernel before they answer, all of it, whatever they say of flushing, since
// a kill of the process takes nothing from the kernel. What differs from a server alone:
//
//   - Commands are executed one at a time. Those that block answer at once, as in a transaction.
//   - There is database 0 only, as in a cluster. FLUSHALL removes what is in that, and so it does in the other regions.
//   - Strings, counters and expiry merge with what other regions do at the same time. Of any other type, and of what a script has
//     made, the whole value of the last writer is what stays; Redis Enterprise merges their elements. So each change of a
//     large one is as expensive as the whole of it.
//   - Scripts and functions are loaded into one server, and not replicated. They cannot publish, or write to another shard.
//   - What a server that is full evicts is removed everywhere.
//   - Users, replicas, modules, MONITOR, DEBUG, SHUTDOWN and the settings about where a server is are the lab's own, and refused.
//
// The lab never judges: it knows nothing of probes, drills and their results. What really happened it writes to a
// [Truth] if it is given one, beside the engine, for tests to compare with.
package lab
