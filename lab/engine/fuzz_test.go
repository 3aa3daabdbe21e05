package engine_test

import (
	"bytes"
	"testing"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
)

// FuzzExecute runs lines of words, each of which a command. Every one must be answered by one reply, the engine must stay
// consistent, and whoever gets the effects must come to see the same.
func FuzzExecute(f *testing.F) {
	for _, seed := range []string{
		"SET a 1 EX 10 NX GET\nINCR a\nDECRBY a -9223372036854775808\nGETEX a PERSIST",
		"SETRANGE a 100 x\nGETRANGE a -5 -1\nAPPEND a \r\x00\nSTRLEN a\nINCRBYFLOAT b 1e4900\nINCRBYFLOAT b -0x1p-3",
		"MSET a 1 b 2\nMSETNX a 1 c\nDEL a b c\nSCAN 0 MATCH [^a-\\ COUNT 1 TYPE string\nKEYS *a*?[",
		"EXPIRE a 10 GT LT\nPEXPIREAT a 9223372036854775807 XX\nTTL a\nPSETEX a 1 1\nFLUSHALL ASYNC\nRANDOMKEY",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, script []byte, resp3 bool) {
		c := newClock()
		engines, emitted := peers(c, 2)
		engines[0].SetLongest(1 << 12)
		var out []byte
		for line := range bytes.Lines(script) {
			args := bytes.Split(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
			command, ok := engine.Lookup(args[0])
			if !ok {
				continue
			}
			command.Keys(args)
			out = engines[0].Execute(out[:0], command, args, resp3)
			in := bytes.NewReader(out)
			reader := resp.NewReader(in)
			if _, err := reader.ReadValue(); err != nil || reader.Buffered()+in.Len() > 0 {
				t.Fatalf("%q: reply %q: %v", line, out, err)
			}
			if err := engines[0].Check(); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
		exchange(engines, emitted)
		for x := range engines[0].State(nil) {
			if engines[1].Apply(x) {
				t.Fatalf("the effects did not tell all of %q", x.Key)
			}
		}
	})
}
