// Package recorder reads along with the connections of a service to its regions, and keeps a log of what the service wrote, what
// it was answered, and what it found when it read its own writes back.
//
//	proxy ── Sent, Answered, Delivered ──> conn (a proxy.Tap: both directions of one connection)
//	                                         │  requests and replies, paired: pipelines, MULTI, pushes, subscriptions
//	                                         ├──> cluster replies, rewritten so that the service stays inside the proxies
//	                                         v
//	                                        Log ── writes, items, reads of its own keys, errors, connections, traffic
//
// It keeps no value: only a keyed hash of each, with a key that is made anew for every Recorder and told to nobody. Its memory
// is bounded; what is dropped is counted. What it cannot understand goes through as it is, counted: it never ends a connection,
// never changes a byte of a request, and changes a reply only where that names an address of the region.
package recorder
