package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
)

// named is a key that a transaction names, with what it may do to it.
type named struct {
	key    string
	text   bool // it is a string, as a rule
	change engine.Change
}

// keysOf returns the keys that the writing ones of some commands name, each once. What several of them do to a key is the most
// that any of them does.
func keysOf(rs []request) (all []named) {
	at := make(map[string]int)
	for _, r := range rs {
		if !r.data.Write {
			continue
		}
		for _, key := range r.keys {
			i, known := at[string(key)]
			if !known {
				i = len(all)
				at[string(key)] = i
				all = append(all, named{key: string(key), text: true})
			}
			all[i].change = max(all[i].change, r.data.change)
			all[i].text = all[i].text && r.data.text
		}
	}
	return all
}

// transact executes commands as one transaction, and notes what has changed by it. It returns their replies, or the error that
// refuses all of it.
func (k *served) transact(rs []request, resp3 bool) (replies [][]byte, refusal string, err error) {
	if err := k.show(nil); err != nil {
		return nil, "", err
	}
	if len(k.unshown) > 0 {
		return nil, "MISCONF the server does not take what other regions have written, and so takes nothing", nil
	}
	if k.cut {
		return nil, "", errGone // and what is in doubt stays so
	}
	keys, scripted := keysOf(rs), false
	for _, r := range rs {
		scripted = scripted || r.data.scripted
	}
	k.doubt = &doubt{named: keys, anything: scripted}
	err = k.try(func(k *served) (err error) {
		replies, refusal, err = k.run(rs, keys, scripted, k.link().speaking(resp3))
		return err
	})
	if err == nil {
		k.doubt = nil
	}
	return replies, refusal, err
}

// run is transact with a wire.
func (k *served) run(rs []request, keys []named, scripted bool, w *wire) (replies [][]byte, refusal string, err error) {
	var body []byte
	for _, r := range rs {
		body = appendServed(body, r)
	}
	for _, n := range keys {
		body = appendLook(body, n.key, n.text)
	}
	seen, missed := make(map[string]engine.Seen), []string(nil)
	read := func() error {
		for range rs {
			reply, err := w.raw(nil)
			if err != nil {
				return err
			}
			replies = append(replies, reply)
		}
		for _, n := range keys {
			is, ok, err := w.readLook(n.text)
			switch {
			case err != nil:
				return err
			case ok:
				seen[n.key] = is
			default:
				missed = append(missed, n.key)
			}
		}
		return nil
	}
	refusals, err := k.atomically(w, body, len(rs)+looks*len(keys), read)
	if err != nil {
		return nil, "", err
	}
	if refusals != nil {
		full := len(rs) == 1 && !rs[0].data.blocks && strings.HasPrefix(refusals[0], "OOM")
		if !full {
			return nil, reasonOf(refusals, len(rs)), nil
		}
		// A server that is full queues nothing for a transaction, but takes what makes room.
		if err := k.loosely(w, body, read); err != nil {
			return nil, "", err
		}
	}
	if err := k.lookAt(missed, seen); err != nil {
		return nil, "", err
	}
	foreign, err := k.noteChanges(keys, seen, scripted)
	if err != nil {
		return nil, "", err
	}
	if foreign {
		for i, r := range rs {
			if r.data.scripted {
				replies[i] = resp.AppendError(nil, "ERR Script attempted to access a non local key in a cluster node")
			}
		}
	}
	return replies, "", nil
}

// appendServed adds a command as the server is to execute it: it has a database that is none of the clients'.
func appendServed(dst []byte, r request) []byte {
	if r.data.Name != "flushall" {
		return resp.AppendCommand(dst, r.args...)
	}
	args := append([][]byte{[]byte("FLUSHDB")}, r.args[1:]...)
	return resp.AppendCommand(dst, args...)
}

// reasonOf returns the error of the first of the commands that were refused when they were queued; else that of what the lab
// adds to them.
func reasonOf(refusals []string, commands int) string {
	for _, text := range refusals[countSteps : countSteps+commands] {
		if text != "" {
			return text
		}
	}
	for _, text := range refusals {
		if text != "" {
			return text
		}
	}
	return "EXECABORT Transaction discarded because of previous errors."
}

// countSteps is how many commands change the key that counts transactions.
const countSteps = 3

func (k *served) appendCount(dst []byte) []byte {
	dst = resp.AppendCommand(dst, "SELECT", countedDatabase)
	dst = resp.AppendCommand(dst, "PEXPIREAT", k.name, strconv.FormatInt(countedFrom+k.journal.last()+1, 10))
	return resp.AppendCommand(dst, "SELECT", "0")
}

// readCount reads the replies to appendCount, which tell whether the key was gone: a server that is full can have evicted it, and
// a script can have removed it.
func (k *served) readCount(w *wire) (gone bool, err error) {
	for i := range countSteps {
		v, err := w.reply()
		switch {
		case err != nil:
			return false, err
		case v.Err() != nil:
			return false, fmt.Errorf("%w: to the count of transactions: %v", errNoReply, v)
		case i == 1:
			gone = v.Int == 0
		}
	}
	return gone, nil
}

// atomically executes n commands as a transaction of the server, in which it is counted. read reads the replies. Where the
// server refuses it, nothing is executed, and what it said to each command that was queued is returned, "" where that was no error.
func (k *served) atomically(w *wire, body []byte, n int, read func() error) (refusals []string, err error) {
	b := resp.AppendCommand(make([]byte, 0, len(body)+256), "MULTI")
	b = append(k.appendCount(b), body...)
	if err := w.send(resp.AppendCommand(b, "EXEC")); err != nil {
		return nil, err
	}
	wrong := false
	for i := range 1 + countSteps + n {
		v, err := w.reply()
		if err != nil {
			return nil, err
		}
		if i > 0 { // MULTI itself is never refused
			refusals = append(refusals, "")
		}
		if v.Err() != nil {
			refusals[i-1], wrong = v.Str, true
		}
	}
	if err := w.skip(); err != nil {
		return nil, err
	}
	got, err := w.in.ReadHead()
	switch {
	case refused(err) && wrong:
		return refusals, nil
	case err != nil:
		return nil, err
	case got != countSteps+n:
		return nil, fmt.Errorf("%w: %d replies to %d commands", errNoReply, got, countSteps+n)
	}
	gone, err := k.readCount(w)
	if err == nil {
		err = read()
	}
	if err != nil {
		return nil, err
	}
	return nil, k.counted(gone)
}

// loosely executes commands one after the other, and counts them as a transaction after them. As they are sent at once, a server
// that dies executes all of them or none, unless they are longer than what it reads at once, 16 KiB.
func (k *served) loosely(w *wire, body []byte, read func() error) error {
	if err := w.send(k.appendCount(append([]byte(nil), body...))); err != nil {
		return err
	}
	if err := read(); err != nil {
		return err
	}
	gone, err := k.readCount(w)
	if err != nil {
		return err
	}
	return k.counted(gone)
}

// counted waits for the news of the transaction that was just executed.
func (k *served) counted(gone bool) error {
	if gone {
		return k.beginCount(k.journal.last() + 1)
	}
	return k.link().awaitNews()
}

// beginCount makes the key that counts transactions, of which so many were executed.
func (k *served) beginCount(number int64) error {
	w := k.link().own
	b := resp.AppendCommand(nil, "SELECT", countedDatabase)
	b = resp.AppendCommand(b, "EVAL", evenIfFull, "0", "SET", k.name, "x", "PXAT", strconv.FormatInt(countedFrom+number, 10))
	if err := w.send(resp.AppendCommand(b, "SELECT", "0")); err != nil {
		return err
	}
	for range countSteps {
		v, err := w.reply()
		if err == nil {
			err = v.Err()
		}
		if err != nil {
			return err
		}
	}
	return k.link().awaitNews()
}
