// Package powercut leaves of a server's files what a power cut would have left: what was fsynced, and no more.
//
// A process that is killed loses nothing that it has written, because the kernel has it. A machine that loses its power
// loses that too. The package simulates the second with the means of the first: it witnesses what the server makes durable,
// and after the server was killed, it takes everything else out of its files.
//
//	under-powercut start ── filter, exec ─> the server ── fsync, fdatasync, sync, syncfs, ftruncate ─> kernel
//	        │                                                        │ asks, and waits
//	        └── starts ─> the witness <──────────────────────────────┘
//	                        │ looks at size and names, does the fsync itself, answers
//	                        └─> the record, once the server and its children are gone ── Cut ─> the files
//
// The cut point comes from the calls that were made, never from what a policy promises. The server runs below a seccomp
// filter that hands these few system calls to the witness, another process (seccomp_unotify(2)); all others go to the kernel
// at full speed. The witness makes the call on the server's behalf, with the server waiting: what it notes just before the call is what
// the call has made durable if it succeeds. It counts once the server has been told; a call
// that was under way when the server was killed has made nothing durable. Threads and forked children (a background save, a
// rewrite) are witnessed alike. The process keeps its id, signals, exit code and output; the witness is not its child,
// holds none of its files open, and ends by itself after it. The server is killed when the thread that started it ends, as
// with PR_SET_PDEATHSIG: nothing outlives the program, nor its own SIGKILL.
//
// What counts as durable:
//   - of a file, as many bytes as it had when the last successful fsync or fdatasync of it began, less what ftruncate
//     has taken off since; whatever else the kernel may have written by itself is taken away;
//   - of names (files made, renamed, removed), what [Names] says: Ordered or Strict;
//   - all that was there when the server started.
//
// To bring back a file that was renamed over or removed too late to survive, the witness keeps a hard link of every file in
// a folder of its own, until no name that is durable leads to it any more.
//
// What is out of the model: bytes that are overwritten in place, and files emptied by open(O_TRUNC) or truncate(2), are not brought
// back; writes with O_SYNC or O_DSYNC and msync(2) do not count as fsync. Redis and Valkey append, write new files and rename them
// (except nodes.conf of a cluster before 7.2, which is overwritten in place). sync_file_range(2) makes nothing durable and does not
// count. io_uring is refused to the server, so that no fsync passes unseen.
//
// It needs Linux 5.9 or later on amd64 or arm64, and a sandbox that does not forbid it: [Supported] tries. No privilege is
// needed.
package powercut
