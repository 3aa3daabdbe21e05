package lab

import (
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/lab/engine"
	"github.com/aafailover/aafailover/slots"
)

// recover brings the shard to where its server is that has just started: it may have lost its last transactions, or all, or have
// executed one of which it could not tell any more. It returns what lose does.
func (k *served) recover() (since time.Duration, lost bool, err error) {
	last := k.journal.last()
	kept, found, err := k.count()
	if err != nil {
		return 0, false, err
	}
	doubt := k.doubt
	k.doubt = nil
	switch {
	case !found:
		kept, lost, err = last, true, k.startCounting(last)
	case kept == last+1 && doubt != nil:
		err = k.noteDoubt(doubt)
	case kept == last+1 && len(k.unshown) > 0: // what was learnt, and it is shown once more
	case kept == last && doubt == nil:
	case kept == last:
		err = k.compare(doubt.keys())
	case k.journal.reaches(kept):
		var keys []string
		since, keys, lost = k.goBack(kept)
		err = k.compare(append(keys, doubt.keys()...))
	default:
		lost, err = true, k.believe()
	}
	if err != nil {
		return 0, false, err
	}
	k.journal.cut(kept, k.sh)
	k.sh.recordTouched()
	return since, lost, k.show(nil)
}

// startCounting makes the key that counts transactions in a server that does not have it: since it has kept nothing or, which is
// rare, has evicted the key, or lets scripts remove it.
func (k *served) startCounting(number int64) error {
	v, err := k.link().own.do("DBSIZE")
	if err != nil {
		return err
	}
	if v.Int == 0 {
		k.sh.clear()
	} else if err := k.believe(); err != nil {
		return err
	}
	if err := k.beginCount(number); err != nil {
		return err
	}
	k.link().news()
	return nil
}

// count returns the number of transactions that the server has, if it has the key that counts them.
func (k *served) count() (number int64, found bool, err error) {
	w := k.link().own
	if _, err := w.do("SELECT", countedDatabase); err != nil {
		return 0, false, err
	}
	v, err := w.do("PEXPIRETIME", k.name)
	if err != nil {
		return 0, false, err
	}
	if _, err := w.do("SELECT", "0"); err != nil {
		return 0, false, err
	}
	return v.Int - countedFrom, v.Int > 0, nil
}

// goBack takes the shard back to how it was after a transaction that is not the last one.
func (k *served) goBack(kept int64) (since time.Duration, keys []string, lost bool) {
	to, receipts := k.journal.back(kept)
	if k.journal.unsure {
		for _, s := range k.sh.inbound {
			receipts[s] = receipt{mustCopy: true} // how far it had got is not known
		}
	}
	keys = k.sh.engine.RollbackTo(to.mark)
	return to.at, keys, k.sh.backTo(keys, to.offset, receipts)
}

// noteDoubt notes what a transaction has changed of which no answer came.
func (k *served) noteDoubt(d *doubt) error {
	seen := make(map[string]engine.Seen)
	if err := k.lookAt(d.keys(), seen); err != nil {
		return err
	}
	for _, n := range d.named {
		if !k.owns(n.key) {
			k.learnt(n.key)
		} else if !seen[n.key].Same(k.sh.engine.Show(n.key)) {
			k.sh.engine.Note(n.key, seen[n.key], n.change)
		}
	}
	if !d.anything {
		return nil
	}
	all, err := k.everyKey()
	if err != nil {
		return err
	}
	return k.compare(all)
}

// compare notes of keys what is another way in the server than in the engine.
func (k *served) compare(keys []string) error {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	seen := make(map[string]engine.Seen)
	if err := k.lookAt(keys, seen); err != nil {
		return err
	}
	for _, key := range keys {
		if !k.owns(key) {
			k.learnt(key)
		} else if !seen[key].Same(k.sh.engine.Show(key)) {
			k.sh.engine.Note(key, seen[key], engine.Rewritten)
		}
	}
	return nil
}

// owns tells whether a key is the shard's. What the server still has of one whose slot has moved since is older than what the new
// owner has: it counts for nothing, and is removed from the server with what was learnt.
func (k *served) owns(key string) bool { return k.sh.region.shardOf(slots.Of(key)) == k.sh }

// everyKey returns the keys that the server or the engine knows.
func (k *served) everyKey() ([]string, error) {
	all, err := k.allKeys()
	if err != nil {
		return nil, err
	}
	for x := range k.sh.engine.State(nil) {
		all = append(all, x.Key)
	}
	return all, nil
}

// believe takes a server for what it is that has gone back further than the journal does: keys that are not as they were last
// count as older than whatever another region knows of them. Everything is copied then, both ways.
func (k *served) believe() error {
	all, err := k.everyKey()
	if err != nil {
		return err
	}
	seen := make(map[string]engine.Seen)
	if err := k.lookAt(all, seen); err != nil {
		return fmt.Errorf("read its keys: %w", err)
	}
	for key := range seen {
		if k.owns(key) {
			k.sh.touch(key)
		} else {
			delete(seen, key)
			k.learnt(key)
		}
	}
	k.sh.forgetEffects()
	k.sh.changed = k.sh.region.lab.now()
	for _, key := range k.sh.engine.Believe(seen) {
		k.learnt(key)
	}
	return nil
}
