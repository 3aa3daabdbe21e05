// Package promotion rehearses a failover inside one deployment: a primary is lost,
// or cut off, and a replica of it is promoted, by Sentinel, by the cluster itself,
// or by the drill where nobody else does it.
//
//	loads ──> Client ──> servers <── steps of the scenario (Deployment.Make)
//	  │                     │
//	Ledger              events: who held the primary down, who was promoted
//	  │                     │
//	  └──> Account <── Read of every server, when all of them are in sync again
//	           │
//	        Record: what was lost, RTO and its parts, what two primaries took at once
//
// Every write is a key of its own and stands in a [drill.Ledger]. When the fault is
// undone and all servers are in sync, every key is looked for in every server that
// can have it: an acknowledged write which is in none of them is lost, and that is
// proven, since nothing is on its way between servers in sync.
//
// The RTO is the application's: from the fault to the first write that the new
// primary acknowledged. Its parts are told only as far as they were observed.
//
// It starts no server and knows no client library: a [Deployment] does.
package promotion
