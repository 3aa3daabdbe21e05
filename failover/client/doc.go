// Package client is a go-redis client for an Active-Active deployment that is
// always in the region where a failover policy says that the application should
// be.
//
//	survey, region ─> probe.Run ─> probe.Snapshot ─> failover.Decide ─> Client: moves
//	                     ^                                                 │
//	       heartbeat ────┘ (only with Config.Heartbeats)                   v
//	application ─> redis.UniversalClient ───────────────────> visit: the active region
//
// A [Client] is a redis.UniversalClient: what knows that interface needs no change.
// It observes all regions over connections of its own, for which a user with the
// rights of `aafailover acl probe` is enough, decides as package failover does, and
// re-connects to another region's endpoint. It never changes a server or a
// deployment, writes no key unless Config.Heartbeats says so, and repeats no command
// in another region.
//
// # What moves, and how
//
// Commands, pipelines and transactions (TxPipeline) go as a whole to the region that
// is active when they begin. When that region is left, those which are still under
// way get Config.Grace to end and are then cut: they return an error that is
// [ErrLeft], which leaves open whether they were applied. Commands that begin after
// the move go to the new region at once; there is no order between the two.
//
// Watch runs as a whole in the region where it began: its function is cut as a
// command is, and must be called again by the caller, as after any other error.
//
// A subscription (Subscribe, PSubscribe, SSubscribe) stays with the region where it
// was made. When that is left, it ends: the channel of PubSub.Channel is closed and
// Receive returns redis.ErrClosed. Subscribe again then, and read again whatever the
// messages are about, since what was published meanwhile is lost. It is still for the
// caller to close the ended one.
//
// # Failing back
//
// A failback is only made on the evidence of package probe: the local region is
// available, has been linked in both directions with every region that can be used
// for a while, and accepts writes. PUBLISH and PING work in a region that refuses
// writes, and in one that came back empty, so that the last needs keys to be written:
// Config.Heartbeats writes one small key a second per region and slot tried, which
// expires within a minute, and reads it everywhere. Without, the local region stays
// unproven and the application stays where it is, until somebody calls
// [Client.MoveTo]; [State] says what is missing.
//
// A failback can wait, and so it is a handover: commands are held back, at most for
// Config.Handover, until those under way have ended and messages that were published
// after them have come to the local region on every slot that is tried. Effects of a
// shard arrive in order, so that what this process has written is there by then.
// Other processes of the application move by themselves, each when it has seen the
// same.
//
// go-redis logs to stderr through one logger for the whole process: redis.SetLogger.
package client
