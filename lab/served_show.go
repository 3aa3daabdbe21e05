package lab

import (
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
)

func (k *served) learnt(key string) {
	if k.unshown == nil {
		k.unshown = make(map[string]bool)
	}
	k.unshown[key] = true
}

// show writes to the server what was learnt, as one transaction. A server that is full takes it all the same, as a replica does.
// One that refuses writes gets it later; until then the shard refuses writes, too.
func (k *served) show(from *stream) error {
	if from != nil {
		k.journal.receive(from)
	}
	if len(k.unshown) == 0 {
		return nil
	}
	return k.try(func(k *served) error {
		w := k.link().own
		shown := make(map[string]engine.Seen, len(k.unshown))
		var plain, full []byte
		for key := range k.unshown {
			shown[key] = k.sh.engine.Show(key)
			words := wordsToShow(key, shown[key])
			plain = resp.AppendCommand(plain, words...)
			full = resp.AppendCommand(full, append([]string{"EVAL", evenIfFull, "0"}, words...)...)
		}
		read := func() error {
			for range shown {
				v, err := w.reply()
				if err != nil {
					return err
				}
				if v.Err() != nil {
					k.log(k.sh.label() + ": its server does not take what another region has written: " + v.Str)
				}
			}
			return nil
		}
		refusals, err := k.atomically(w, plain, len(shown), read)
		if err == nil && refusals != nil {
			if !strings.HasPrefix(refusals[0], "OOM") {
				return nil
			}
			err = k.loosely(w, full, read)
		}
		if err != nil {
			return err
		}
		clear(k.unshown)
		changed, _ := k.link().news()
		for key := range shown {
			delete(changed, key)
		}
		err = k.noteEvicted(changed)
		k.journal.add(k.sh)
		return err
	})
}

// evenIfFull is a script that executes a command also when memory is full.
const evenIfFull = "#!lua flags=allow-oom\nreturn redis.call(unpack(ARGV))"

// wordsToShow is the command that makes a server show a key so.
func wordsToShow(key string, is engine.Seen) []string {
	at := strconv.FormatInt(is.At, 10)
	switch {
	case !is.Present:
		return []string{"UNLINK", key}
	case is.Dumped:
		return []string{"RESTORE", key, at, string(is.Value), "REPLACE", "ABSTTL"}
	case is.At != engine.Never:
		return []string{"SET", key, string(is.Value), "PXAT", at}
	}
	return []string{"SET", key, string(is.Value)}
}
