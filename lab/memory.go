package lab

import (
	"context"
	"slices"
	"time"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/lab/engine"
)

// memory is the keyspace in this process: the shard's engine executes what it knows. What it keeps when it is killed is its
// region's persistence.
type memory struct{ sh *shard }

var _ keyspace = memory{}

// growing are the commands of the engine that need memory.
var growing = []string{"append", "decr", "decrby", "getset", "incr", "incrby", "incrbyfloat", "mset", "msetnx", "psetex", "set",
	"setex", "setnx", "setrange"}

// engineCommands are the commands of the engine.
var engineCommands = lazy.Value[map[*engine.Command]*dataCommand]{Make: func() map[*engine.Command]*dataCommand {
	all := make(map[*engine.Command]*dataCommand)
	for c := range engine.Commands() {
		all[c] = &dataCommand{Command: *c, grows: slices.Contains(growing, c.Name)}
	}
	return all
}}

func (m memory) find(args [][]byte) (r request, refusal string) {
	if c, ok := engine.Lookup(args[0]); ok {
		data := engineCommands.Get()[c]
		return request{data: data, args: args, keys: data.Keys(args)}, ""
	}
	if c := lookUp(args[0]); c != nil {
		return request{server: c, args: args}, ""
	}
	return r, unknownCommand(args) + ": the lab's own engine has strings, counters and expiry; " +
		"all of Redis is behind --engine redis-server"
}

func (m memory) execute(dst []byte, r request, resp3 bool) ([]byte, error) {
	return m.sh.engine.Execute(dst, &r.data.Command, r.args, resp3), nil
}

func (m memory) together(rs []request, resp3 bool) (replies [][]byte, refusal string, err error) {
	for _, r := range rs {
		replies = append(replies, m.sh.engine.Execute(nil, &r.data.Command, r.args, resp3))
	}
	return replies, "", nil
}

func (m memory) publish([][]byte) (refusal []byte, err error) { return nil, nil }
func (m memory) learnt(string)                                {}
func (m memory) show(*stream) error                           { return nil }
func (m memory) broken() bool                                 { return false }
func (m memory) hang()                                        {}
func (m memory) goOn()                                        {}
func (m memory) end()                                         {}
func (m memory) trouble() string                              { return "" }

func (m memory) tick(second bool) {
	m.sh.mu.Lock()
	defer m.sh.mu.Unlock()
	if State(m.sh.state.Load()) != Up {
		return
	}
	m.sh.engine.Expire(expiryBatch)
	if second {
		m.settle()
	}
}

func (m memory) settle() {
	if m.sh.region.persistence == KeepLastSecond {
		m.sh.save()
	}
}

func (m memory) lose() (since time.Duration, lost bool) {
	switch m.sh.region.persistence {
	case KeepLastSecond:
		keys := m.sh.engine.Rollback()
		return m.sh.saved.at, m.sh.backTo(keys, m.sh.saved.offset, m.sh.saved.receipts)
	case KeepNothing:
		m.sh.clear()
		m.settle()
		return 0, true
	}
	return 0, false
}

func (m memory) start(_ context.Context, empty bool) (since time.Duration, lost bool, err error) {
	if !empty {
		return 0, false, nil
	}
	m.sh.mu.Lock()
	defer m.sh.mu.Unlock()
	m.sh.clear()
	m.settle()
	return 0, true, nil
}
