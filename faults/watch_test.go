//go:build unix

package faults_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/faults"
)

// orders are the two ends of a watchdog that runs in this process.
type orders struct {
	t       *testing.T
	in      *io.PipeWriter
	replies *bufio.Scanner
	ended   chan error
}

func obeying(t *testing.T) *orders {
	in, give := io.Pipe()
	reply, out := io.Pipe()
	o := &orders{t: t, in: give, replies: bufio.NewScanner(reply), ended: make(chan error, 1)}
	go func() {
		err := faults.Watch(in, out, io.Discard)
		_ = out.Close()
		o.ended <- err
	}()
	return o
}

// give gives an order, a line of JSON. It returns when that was read.
func (o *orders) give(line string) {
	o.t.Helper()
	if _, err := io.WriteString(o.in, line+"\n"); err != nil {
		o.t.Fatal(err)
	}
}

// reply expects the next reply.
func (o *orders) reply(number int, failed string) {
	o.t.Helper()
	want := fmt.Sprintf(`{"number":%d,`, number)
	if o.replies.Scan(); !strings.HasPrefix(o.replies.Text(), want) || !strings.Contains(o.replies.Text(), `"error":"`+failed) {
		o.t.Errorf("got %s, want %s…%s", o.replies.Text(), want, failed)
	}
}

// end ends the orders, as the end of the drill does.
func (o *orders) end() {
	o.t.Helper()
	_ = o.in.Close()
	for o.replies.Scan() {
		o.t.Errorf("another reply: %s", o.replies.Text())
	}
	if err := <-o.ended; err != nil {
		o.t.Error(err)
	}
}

const waits = `{"do":"fault","number":1,"task":{"line":"echo begins >>$DID; until [ -e $GO_ON ]; do sleep 0.01; done; echo ends >>$DID","limit_ns":60000000000},"undo":{"line":"echo undo >>$DID"}}`

// A drill that does not wait any more for a command that takes long to end gives its next order: that has its turn when the
// command has ended, and not beside it.
func TestAnOrderThatComesWhileACommandRunsIsCarriedOut(t *testing.T) {
	s := newScene(t)
	o := obeying(t)
	o.give(waits)
	await(t, "it begins", func() bool { return read(s.did) != "" })
	o.give(`{"do":"undo","number":2,"task":{"line":"echo heal >>$DID"},"of":[1]}`)
	o.give(`{"do":"fault","number":3,"task":{"line":"echo more >>$DID"},"undo":{"line":"true"}}`)
	o.give(`{"do":"stop","number":3}`) // which leaves alone the one that runs
	o.reply(3, "called off before it began")
	s.expect("begins\n")
	if err := os.WriteFile(s.goOn, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.reply(1, "")
	o.reply(2, "")
	o.end()
	s.expect("begins\nends\nheal\n")
}

// There is no end of the orders that a drill could give, and there is one of those that wait.
func TestOrdersThatWaitAreBounded(t *testing.T) {
	s := newScene(t)
	o := obeying(t)
	o.give(waits)
	await(t, "it begins", func() bool { return read(s.did) != "" })
	const waiting = 64
	for n := range waiting + 1 {
		o.give(fmt.Sprintf(`{"do":"undo","number":%d,"task":{"line":"echo heal >>$DID"}}`, n+2))
	}
	o.reply(waiting+2, "more than 64 orders wait for a command to end")
	o.give(`{"do":"stop","number":1}`)
	o.reply(1, "context canceled")
	for n := range waiting {
		o.reply(n+2, "")
	}
	o.end()
	s.expect("begins\n" + strings.Repeat("heal\n", waiting) + "undo\n")
}

// When the drill ends, a fault that it still wanted is not made, and what is in force is undone once.
func TestOrdersThatWaitEndWithTheDrill(t *testing.T) {
	s := newScene(t)
	o := obeying(t)
	o.give(waits)
	await(t, "it begins", func() bool { return read(s.did) != "" })
	o.give(`{"do":"fault","number":2,"task":{"line":"echo more >>$DID"},"undo":{"line":"true"}}`)
	_ = o.in.Close()
	o.reply(1, "context canceled")
	o.end()
	s.expect("begins\nundo\n")
}
