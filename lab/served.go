package lab

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/process"
)

// served is the keyspace in a server process, which executes every command on keys:
//
//	client ──> front ──> server: MULTI, count, command, how its keys are now, EXEC ──> reply
//	                       │ and which keys have changed, told by the server
//	                       ▼
//	                     engine: notes that, which gives the effects ──> backlog, streams ──> other regions
//	other regions ──> engine: merges ──> server: SET, RESTORE, DEL of the keys that changed, and count
//
// What the server has lost when it comes back is told by a key of its own, in another database, that counts transactions: it
// is changed in each of them, and so is kept or lost with it. The shard then goes back to how it was after that transaction, by
// its journal. What persists, and when, is so the server's alone, and nothing is assumed about it.
//
// Commands are executed one at a time, each in a transaction of its own if it may write, and so without waiting: those that
// block answer at once, as in any transaction. Values of other types than strings merge as a whole: the last writer wins.
type served struct {
	sh      *shard
	server  *process.Server
	name    string // of the key that counts transactions
	table   atomic.Pointer[commandTable]
	linked  atomic.Pointer[link]
	ended   atomic.Pointer[string] // how it ended, if nobody took it down
	waiting atomic.Int64           // since when something waits for its answers, as a time since the lab began; 0: nothing does
	log     func(string)
	journal journal // of the shard

	// Under the shard's lock.
	cut     bool            // the connections do not hold: see broken
	unshown map[string]bool // keys that were learnt, and which clients do not see yet
	doubt   *doubt          // a transaction that may or may not have been executed
}

// doubt is what a transaction may have changed of which no answer came.
type doubt struct {
	named    []named
	anything bool // and other keys, too
}

// keys are those that are named; none without a doubt.
func (d *doubt) keys() (all []string) {
	if d != nil {
		for _, n := range d.named {
			all = append(all, n.key)
		}
	}
	return all
}

var _ keyspace = (*served)(nil)

// countedFrom is the expiry of the key that counts transactions, in unix milliseconds, when there was none: in the year 2100. The
// number is kept as an expiry because a server that is full takes that still.
const countedFrom = 4_102_444_800_000

// countedDatabase is where that key is. Clients see database 0 only, as in a cluster.
const countedDatabase = "1"

// newServed returns the keyspace in a server that was never started.
func newServed(sh *shard, server *process.Server, log func(string)) *served {
	k := &served{sh: sh, server: server, name: "aafailover-" + rand.Text(), log: log}
	k.journal.cut(0, sh)
	return k
}

func (k *served) link() *link { return k.linked.Load() }

// try does something with the server. If its connections do not hold, the shard is taken down, and the error is errGone.
func (k *served) try(do func(*served) error) error {
	if k.cut {
		return errGone
	}
	k.waiting.Store(max(1, int64(k.sh.region.lab.now())))
	err := do(k)
	k.waiting.Store(0)
	if err == nil {
		return nil
	}
	k.cut = true
	l := k.link()
	l.close()
	k.sh.region.lab.running.Go(func() { k.sh.collapse(k, l, fmt.Errorf("the connection to its server broke: %w", err)) })
	return errGone
}

func (k *served) find(args [][]byte) (r request, refusal string) {
	name := string(bytes.ToLower(args[0]))
	if c := servedCommands.Get()[name]; c != nil {
		return request{server: c, args: args}, ""
	}
	if slices.Contains(frontCommands, name) {
		return request{server: lookUp(args[0]), args: args}, ""
	}
	c := k.table.Load().find(args)
	if c == nil {
		return r, unknownCommand(args)
	}
	if c.Name == "copy" && slices.ContainsFunc(args[min(3, len(args)):], func(a []byte) bool { return bytes.EqualFold(a, []byte("db")) }) {
		return r, "ERR Copying to another database is not allowed in cluster mode"
	}
	r = request{data: c, args: args}
	switch {
	case !r.fits():
	case c.movable:
		r.keys = k.ask(args)
	default:
		r.keys = c.Keys(args)
	}
	return r, ""
}

// ask lets the server find the keys of a command. If it finds none, it will say why when the command is executed.
func (k *served) ask(args [][]byte) (keys [][]byte) {
	l := k.link()
	l.asking.Lock()
	defer l.asking.Unlock()
	words := append([][]byte{[]byte("COMMAND"), []byte("GETKEYS")}, args...)
	if l.asks.send(resp.AppendCommand(nil, words...)) != nil {
		return nil
	}
	v, err := l.asks.reply()
	if err != nil || v.Err() != nil {
		return nil
	}
	for _, key := range v.Elems {
		keys = append(keys, []byte(key.Str))
	}
	return keys
}

func (k *served) execute(dst []byte, r request, resp3 bool) ([]byte, error) {
	if r.data.Write || r.data.blocks {
		replies, refusal, err := k.transact([]request{r}, resp3)
		switch {
		case err != nil:
			return dst, err
		case refusal != "":
			return resp.AppendError(dst, refusal), nil
		}
		return append(dst, replies[0]...), nil
	}
	err := k.try(func(k *served) (err error) {
		w := k.link().speaking(resp3)
		if err = w.send(resp.AppendCommand(nil, r.args...)); err == nil {
			dst, err = w.raw(dst)
		}
		return err
	})
	k.observe(r)
	return dst, err
}

// observe tells the truth what a reading command has found.
func (k *served) observe(r request) {
	if k.sh.region.lab.config.Truth == nil || r.data.Write {
		return
	}
	for _, key := range r.keys {
		_, found := k.sh.engine.Presence(string(key))
		k.sh.observe(string(key), found)
	}
}

func (k *served) together(rs []request, resp3 bool) (replies [][]byte, refusal string, err error) {
	if len(rs) == 0 {
		return nil, "", nil
	}
	replies, refusal, err = k.transact(rs, resp3)
	if err == nil && refusal == "" {
		for _, r := range rs {
			k.observe(r)
		}
	}
	return replies, refusal, err
}

func (k *served) publish(args [][]byte) (refusal []byte, err error) {
	err = k.try(func(k *served) error {
		if err := k.link().own.send(resp.AppendCommand(nil, args...)); err != nil {
			return err
		}
		reply, err := k.link().own.raw(nil)
		if len(reply) > 0 && reply[0] == byte(resp.Error) {
			refusal = reply
		}
		return err
	})
	return refusal, err
}

func (k *served) tick(second bool) {
	if !k.sh.mu.TryLock() {
		return // next time: a server that takes its time holds up nobody else
	}
	defer k.sh.mu.Unlock()
	if State(k.sh.state.Load()) != Up {
		return
	}
	k.sh.engine.Expire(expiryBatch)
	if !second {
		return
	}
	if k.show(nil) == nil {
		_ = k.try((*served).lookAround)
	}
}

// lookAround takes what the server has told of keys since the last transaction, so that this does not pile up there, and notes
// which keys it has evicted.
func (k *served) lookAround() error {
	if _, err := k.link().three.do("PING"); err != nil && !refused(err) {
		return err
	}
	return k.noteEvicted(k.link().changed)
}

func (k *served) settle() {
	if State(k.sh.state.Load()) != Up {
		k.journal.unsure = true // what its server has is known when it is up
		return
	}
	_ = k.show(nil) // what it could not show it shows later, whatever becomes of the server
	k.journal.cut(k.journal.last(), k.sh)
}

func (k *served) broken() bool { return k.cut }

// hang stops the process. It fails only if that has just ended.
func (k *served) hang() { _ = k.server.Hang() }
func (k *served) goOn() { _ = k.server.GoOn() }

func (k *served) end() {
	_ = k.server.Kill()
	if l := k.link(); l != nil {
		l.close()
	}
}

// lose takes nothing: what is lost the server knows when it comes back.
func (k *served) lose() (since time.Duration, lost bool) { return 0, false }

func (k *served) trouble() string {
	if how := k.ended.Load(); how != nil {
		return *how
	}
	since := time.Duration(k.waiting.Load())
	if silent := k.sh.region.lab.now() - since; since > 0 && silent >= unanswered && State(k.sh.state.Load()) == Up {
		return fmt.Sprintf("its server, process %d, has not answered for %d s: lab start lets it go on if it was stopped, lab kill ends it",
			k.server.PID(), int(silent.Seconds()))
	}
	return ""
}

// unanswered is from when on it is told that a server does not answer.
const unanswered = time.Second

// collapse takes down a shard whose server has ended, or to which a connection broke, unless it was taken down already.
func (sh *shard) collapse(k *served, broken *link, how error) {
	l := sh.region.lab
	l.faults.Lock()
	defer l.faults.Unlock()
	select {
	case <-l.closed:
		return
	default:
	}
	if broken != nil && k.link() != broken || broken == nil && k.server.Running() {
		return // it was started again
	}
	if promoting := sh.callOff(); !promoting && State(sh.state.Load()) == Down {
		return
	}
	text := how.Error()
	k.ended.Store(&text) // first, so that nobody sees it down for no reason
	k.end()
	sh.die(nothingLost)
	k.log(sh.label() + ": " + text)
}

// errNoReply is what a server says that does not answer as Redis does.
var errNoReply = errors.New("not an answer of Redis")

// start starts the server, and finds out what it has lost.
func (k *served) start(ctx context.Context, empty bool) (since time.Duration, lost bool, err error) {
	if empty {
		k.end()
		if err := k.server.Empty(); err != nil {
			return 0, false, err
		}
	}
	if !k.server.Running() {
		if err := k.server.Start(ctx); err != nil {
			return 0, false, err
		}
		if err := k.connect(ctx); err != nil {
			k.end()
			return 0, false, err
		}
	}
	k.ended.Store(nil)
	k.sh.mu.Lock()
	defer k.sh.mu.Unlock()
	k.cut = false
	if since, lost, err = k.recover(); err != nil {
		k.end()
		return 0, false, fmt.Errorf("look at what its server has kept: %w", err)
	}
	return since, lost, nil
}

// connect makes the connections to a server that runs.
func (k *served) connect(ctx context.Context) error {
	l, err := dialServer(ctx, k.server.Addr(), k.name)
	if err != nil {
		return err
	}
	v, err := l.asks.do("COMMAND")
	if err != nil {
		l.close()
		return fmt.Errorf("ask its server what it can: %w", err)
	}
	t, err := readTable(v)
	if err != nil {
		l.close()
		return fmt.Errorf("ask its server what it can: %w", err)
	}
	k.table.Store(&t)
	k.linked.Store(l)
	return nil
}
