// Package inside is a deployment of the user's own as a drill of a failover inside it
// sees it: asked from outside, and broken by somebody else.
//
//	promotion.Run ──> Deployment ──> drill.Fault: the operator, or commands
//	                       ├──> sentinels: who the servers are, what became of them
//	                       ├──> servers: ROLE, CLUSTER NODES, and the keys of the drill
//	                       └──> application: the clients
//
// Every connection is one of package region's, which sends nothing that is not on its
// list. Nothing here starts or stops a server, makes one a replica of another, or
// changes a setting. What is not allowed to be asked is not known, and said so; only
// ROLE is needed, since a write is proven to be lost by servers in sync alone.
package inside
