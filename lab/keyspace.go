package lab

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/lab/engine"
)

// keyspace holds a shard's keys as clients see them, and executes commands on them: the engine of the lab itself ([memory]), or
// a server process ([served]). What is known of every key, and so what merges, is in the shard's engine in either case.
//
// Where nothing else is said, the caller holds the shard's lock. Errors are errGone: the server has ended, or does so now.
type keyspace interface {
	// find returns the command of a request with its keys, or the error that says that neither front nor keyspace has it. No lock
	// is needed.
	find(args [][]byte) (r request, refusal string)
	// execute runs a command and appends its reply.
	execute(dst []byte, r request, resp3 bool) ([]byte, error)
	// together runs commands as one transaction and returns their replies, or the error that refuses it as a whole.
	together(rs []request, resp3 bool) (replies [][]byte, refusal string, err error)
	// publish lets a message pass, or returns the error reply that refuses it.
	publish(args [][]byte) (refusal []byte, err error)
	// learnt notes that a key may have changed by what another region knows of it.
	learnt(key string)
	// show lets clients see what was learnt, before the receipt of the stream that brought it is changed. nil: no stream did.
	show(from *stream) error
	// tick is called every expiryInterval, and with second every checkpointInterval, without a lock.
	tick(second bool)
	// settle says that there is no way back to before now: keys have moved, or are forgotten.
	settle()

	// broken says that its server has ended, or seems to, though the shard is not taken down yet: nothing must be applied any more.
	broken() bool
	// hang stops it, goOn lets it go on.
	hang()
	goOn()
	// end takes it down, as SIGKILL does. It may be called again, and without a lock.
	end()
	// lose takes from what has ended what is known to be lost already. It tells whether that was anything, and from when on,
	// since the lab began.
	lose() (since time.Duration, lost bool)
	// start brings it back, if empty without data, and takes from the shard what was lost, which it tells as lose does.
	// Errors say why the server does not start. The caller holds Lab.faults instead of the lock.
	start(ctx context.Context, empty bool) (since time.Duration, lost bool, err error)
	// trouble says what has become of a server that nobody took down or hung; "" else. No lock is needed.
	trouble() string
}

// dataCommand is a command on keys: one that a keyspace executes, and not the front.
type dataCommand struct {
	engine.Command               // its name, with the subcommand behind a |, where it has any
	grows          bool          // Redis refuses it when memory is full: not every write needs more of it
	movable        bool          // where its keys are depends on its arguments
	blocks         bool          // it may wait for what others do
	scripted       bool          // it may change keys that it does not name
	text           bool          // its keys are strings, as a rule
	change         engine.Change // what it does to its keys
}
