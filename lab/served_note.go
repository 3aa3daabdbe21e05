package lab

import (
	"maps"
	"slices"

	"github.com/aafailover/aafailover/lab/engine"
)

// noteChanges lets the engine know what a transaction has changed, and ends it. Keys that a script has written to and that are
// another shard's are removed again: nobody would ever find them. Whether there were any is foreign.
func (k *served) noteChanges(keys []named, seen map[string]engine.Seen, scripted bool) (foreign bool, err error) {
	changed, flushed := k.link().news()
	for _, n := range keys {
		if changed[n.key] || flushed {
			k.sh.engine.Note(n.key, seen[n.key], n.change)
		}
		delete(changed, n.key)
	}
	if flushed {
		k.noteFlush(changed, seen)
	}
	if scripted {
		foreign, err = k.noteScript(changed)
	} else {
		err = k.noteEvicted(changed)
	}
	k.journal.add(k.sh)
	return foreign, err
}

// noteFlush notes that all keys are gone but for those that were changed after that, or looked at.
func (k *served) noteFlush(changed map[string]bool, seen map[string]engine.Seen) {
	var gone []string
	for x := range k.sh.engine.State(nil) {
		_, looked := seen[x.Key]
		if !changed[x.Key] && !looked {
			gone = append(gone, x.Key)
		}
	}
	for _, key := range gone {
		k.sh.engine.Note(key, engine.Seen{}, engine.Rewritten)
	}
}

// noteScript notes keys that a script has changed without naming them.
func (k *served) noteScript(changed map[string]bool) (foreign bool, err error) {
	keys := slices.Sorted(maps.Keys(changed))
	seen := make(map[string]engine.Seen)
	if err := k.lookAt(keys, seen); err != nil {
		return false, err
	}
	for _, key := range keys {
		if seen[key].Present && !k.owns(key) {
			foreign = true
			if _, err := k.link().own.do("DEL", key); err != nil && !refused(err) {
				return foreign, err
			}
			continue
		}
		k.sh.engine.Note(key, seen[key], engine.Rewritten)
	}
	return foreign, nil
}

// noteEvicted notes which keys a server that is full has removed by itself. What else it tells of keys that nobody has named has
// changed nothing that can be seen.
func (k *served) noteEvicted(changed map[string]bool) error {
	var keys []string
	for key := range changed {
		if _, present := k.sh.engine.Presence(key); present {
			keys = append(keys, key)
		}
	}
	clear(changed)
	slices.Sort(keys)
	seen := make(map[string]engine.Seen)
	if err := k.lookAt(keys, seen); err != nil {
		return err
	}
	for _, key := range keys {
		if !seen[key].Present {
			k.sh.engine.Note(key, engine.Seen{}, engine.Rewritten)
		}
	}
	return nil
}
