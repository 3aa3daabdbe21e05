// Package durability measures what a Redis configuration loses in a crash, on
// real server processes of this machine, and puts it beside what the
// configuration promises.
//
//	Case ── settings, crash, what the application waits for
//	  │
//	  ├─> lab/process ──> servers <── SET, WAIT ── application ──> drill.Ledger
//	  │                      │ SIGKILL, or lab/powercut: what was not fsynced is gone
//	  │                      v
//	  │              restarted, restored or promoted ──> the keys that are there
//	  │                                                       │
//	  └─> Promised (pure, from the settings)      Compare (pure) ──> Row
//
// Every write has a key of its own, so what was lost is counted to the single
// write and never estimated. A write counts as acknowledged when the server said
// OK; what it promised beyond that (WAIT) is told apart.
//
// What a promise is worth on a disk that lies about fsync is not ours to prove:
// a simulated power cut takes away what the server never asked the kernel to
// make durable, and nothing else.
package durability

// PowerCuts says, in sentences, how a power cut is simulated.
func PowerCuts() string {
	return "the fsyncs of the server are witnessed; after a SIGKILL, what it had not fsynced by then is taken out of its files, where " +
		survival.String() + ". Between servers, what was under way is lost, too. That the disk keeps what it said it has is not tested."
}
