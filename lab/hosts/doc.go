// Package hosts keeps servers on one machine apart as if each had a machine of its own: with an address of its own, from which it
// connects, and a network between them that can be parted.
//
//	host us (127.43.7.1)                         host eu (127.43.7.2)
//	  server ──connects from 127.43.7.1──>  front 127.43.7.2:6379 ──> server 127.43.7.2:17002
//	                                          │
//	                                          └── a way for each host that connects, known by its source address:
//	                                              open, slow, or cut
//
// A server listens on a port that only its front knows, and announces the front. Nothing of this needs root, a firewall or network
// namespaces: the kernel of Linux has all of 127.0.0.0/8 on its loopback interface, and who connects is told apart by the address that
// it connects from. Network namespaces would do the same with more privileges than a user of the program has, and would keep the
// clients of that user out.
//
// What a partition does is what a network does that drops every packet between two groups of hosts. Connections that there are carry
// nothing, neither bytes nor their own end, and go on when it is healed. New ones hang: on Linux the front has a listening socket for
// each host that may connect, chosen by a filter on the source address (SO_ATTACH_REUSEPORT_CBPF), and the queue of the one that is cut
// off is kept full, so that the kernel drops the SYN. The client sees its connect time out, and when the partition is healed the next
// SYN, up to a few seconds later, gets through. Where the kernel has no such filter a front accepts and says nothing: the connect
// succeeds and what comes first over it times out, and after healing it goes on at once. [Network.Limits] says so.
//
// Two things differ from a partition between machines. The sender's kernel has its segments acknowledged by the front until that
// holds 256 KiB a connection, so TCP does not retransmit, and gives up on nothing however long the partition lasts. And a host that
// is cut off and has no server running either drops the connections of all hosts, where a machine that is up would refuse those that
// reach it.
//
// Clients that connect from none of these addresses (a user's own, from 127.0.0.1) are on no host, and are never cut off.
package hosts
