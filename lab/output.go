package lab

import (
	"net"
	"sync"

	"github.com/aafailover/aafailover/internal/memnet"
)

// outputLimit bounds what waits to be written to one client, in bytes. One that reads too slowly for it is disconnected,
// as by client-output-buffer-limit pubsub in Redis, whose default is 32 MiB, or 8 MiB for a minute.
const outputLimit = 8 << 20

// keptBuffer is the largest buffer that an idle output keeps for the next time, in bytes.
const keptBuffer = 64 << 10

// output is what goes out to a client: replies, and messages from anywhere in the lab, in the order in which they were
// handed over. The goroutine that hands over a reply writes it itself when nothing is in its way, which spares a switch
// for every request; whatever else there is, a second goroutine writes, which is started with the first need of it.
type output struct {
	conn  net.Conn
	shard *shard          // says nothing while that is hung
	done  <-chan struct{} // of the session
	start func(func())    // runs the writer under the owner of the session

	mu      sync.Mutex
	changed sync.Cond
	pending []byte
	spare   []byte // pending of the time before
	writing bool   // somebody is in conn.Write
	started bool   // the writer is running
	ended   bool
}

func newOutput(conn net.Conn, sh *shard, done <-chan struct{}, start func(func())) *output {
	o := &output{conn: conn, shard: sh, done: done, start: start}
	o.changed.L = &o.mu
	return o
}

// push hands over bytes and never waits. A client that is too far behind is disconnected.
func (o *output) push(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(b)
}

func (o *output) add(b []byte) {
	if o.ended {
		return
	}
	if len(o.pending)+len(b) > outputLimit && len(o.pending) > 0 {
		o.end()
		memnet.Reset(o.conn)
		return
	}
	o.pending = append(o.pending, b...)
	if !o.started {
		o.started = true
		o.start(o.run)
	}
	o.changed.Broadcast()
}

// reply hands over an answer to a request, and waits for nothing but the socket. A client that sent many requests at once
// may not read before it has sent them all, so answers to many are left to the writer, up to the limit; then the client
// has to read before more of its requests are.
func (o *output) reply(b []byte, many bool) {
	o.mu.Lock()
	for len(o.pending)+len(b) > outputLimit && len(o.pending) > 0 && !o.ended {
		o.changed.Wait()
	}
	if many || o.writing || len(o.pending) > 0 || o.ended {
		o.add(b)
		o.mu.Unlock()
		return
	}
	o.writing = true
	o.mu.Unlock()
	o.write(b)
	o.mu.Lock()
	o.writing = false
	o.changed.Broadcast()
	o.mu.Unlock()
}

func (o *output) write(b []byte) {
	if !o.shard.await(o.done) {
		return
	}
	if _, err := o.conn.Write(b); err != nil {
		_ = o.conn.Close() // the reader ends the session
	}
}

// run writes what is pending until close.
func (o *output) run() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		for !o.ended && (len(o.pending) == 0 || o.writing) {
			o.changed.Wait()
		}
		if o.ended {
			return
		}
		b := o.pending
		o.pending, o.spare = o.spare[:0], nil
		o.writing = true
		o.mu.Unlock()
		o.write(b)
		o.mu.Lock()
		o.writing = false
		if cap(b) <= keptBuffer {
			o.spare = b
		}
		o.changed.Broadcast()
	}
}

// drain waits until everything is written, or the output has ended.
func (o *output) drain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.ended && (len(o.pending) > 0 || o.writing) {
		o.changed.Wait()
	}
}

// close ends the output; what is pending is dropped.
func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.end()
}

func (o *output) end() {
	o.ended = true
	o.pending, o.spare = nil, nil
	o.changed.Broadcast()
}

// waiting returns the bytes that are not written yet.
func (o *output) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.pending)
}
