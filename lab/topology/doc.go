// Package topology runs deployments of real Redis servers whose failover is inside them: a primary with replicas that Sentinel watches
// over, a cluster, or a primary and a replica in another region that somebody promotes.
//
//	Start ──> servers (lab/process) on hosts apart (lab/hosts) ──> formed, and healthy: a Deployment
//	             ▲                        ▲                              │
//	  Kill, Hang, DiskFull, CorruptAOF   Partition                       ├── OnEvent: what the servers do about it, as it happens
//	                                                                     ├── Roles: who is primary, by each one's own view
//	                                                                     └── Resyncs: what it took replicas to catch up
//
// Everything that a deployment says of itself is observed by one process, over connections that no partition cuts: what it stamps is
// by one clock, and a server that is cut off is still asked what it believes. Clients are on hosts of their own (Deployment.Dialer), and
// are cut off with them.
//
// The hosts of a sentinel deployment are node-1 to node-3 and sentinel-1 to sentinel-3, those of a cluster node-1 to node-6, of a replica
// deployment us and eu; then the clients, client-1 and so on. Each has one server, and what runs there first as primary need not be
// later. Nothing that runs here outlives the Deployment.
package topology
