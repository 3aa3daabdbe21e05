// Package switchboard reads many TCP connections in one goroutine.
//
// A goroutine for each connection is the way of Go, and the right one nearly always. For thousands of connections that say something
// short once in a while it costs more than what is said: a stack of 4 KiB or more and a buffer each, a goroutine that is woken
// for each message, and a second system call each time, which finds that there is no more.
//
//	socket -> epoll of the Board -> epoll of the runtime -> goroutine of the Board -> one read into the one buffer -> received
//
// A connection that is moved to a Board leaves the runtime's poller, which would be woken for it too. It stays a net.Conn to write to
// and to close, but cannot be read: what arrives is handed to a function.
//
// Where there is no epoll, and for what is no TCP connection, Move declines: whoever has such a connection reads it by itself.
package switchboard
