package lab

import (
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
)

// looks is how many commands it takes to look at a key.
const looks = 3

// appendLook adds the commands that tell how a key is: as a string if it is one, as a rule, else as any type is.
func appendLook(dst []byte, key string, text bool) []byte {
	dst = resp.AppendCommand(dst, "TYPE", key)
	dst = resp.AppendCommand(dst, "PEXPIRETIME", key)
	if text {
		return resp.AppendCommand(dst, "GET", key)
	}
	return resp.AppendCommand(dst, "DUMP", key)
}

// readLook reads the replies to appendLook. It is not ok when the key is of the other kind, so that its value is not known.
func (w *wire) readLook(text bool) (is engine.Seen, ok bool, err error) {
	var v [looks]resp.Value
	for i := range v {
		if v[i], err = w.reply(); err != nil {
			return is, false, err
		}
	}
	kind, at, value := v[0].Str, v[1].Int, v[2]
	switch {
	case kind == "none" || value.IsNull():
		return is, true, nil
	case value.Kind == resp.Error || text != (kind == "string"):
		return is, false, nil
	}
	is = engine.Seen{Present: true, Dumped: !text, Value: []byte(value.Str), At: engine.Never}
	if at > 0 {
		is.At = at
	}
	return is, true, nil
}

// lookBatch is how many keys are looked at at once.
const lookBatch = 1000

// lookAt finds out how keys are.
func (k *served) lookAt(keys []string, seen map[string]engine.Seen) error {
	for len(keys) > 0 {
		some := keys[:min(lookBatch, len(keys))]
		keys = keys[len(some):]
		for _, text := range []bool{true, false} {
			other, err := k.lookAs(some, text, seen)
			if err != nil {
				return err
			}
			some = other
		}
	}
	return nil
}

// lookAs looks at keys as at strings or as at others, and returns those that were the other.
func (k *served) lookAs(keys []string, text bool, seen map[string]engine.Seen) (other []string, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	w := k.link().own
	var b []byte
	for _, key := range keys {
		b = appendLook(b, key, text)
	}
	if err := w.send(b); err != nil {
		return nil, err
	}
	for _, key := range keys {
		is, ok, err := w.readLook(text)
		switch {
		case err != nil:
			return nil, err
		case ok:
			seen[key] = is
		default:
			other = append(other, key)
		}
	}
	return other, nil
}

// allKeys returns the keys of the clients' database.
func (k *served) allKeys() (all []string, err error) {
	known := make(map[string]bool)
	for cursor := "0"; ; {
		v, err := k.link().own.do("SCAN", cursor, "COUNT", "1000")
		if err != nil {
			return nil, err
		}
		if len(v.Elems) != 2 {
			return nil, errNoReply
		}
		for _, key := range v.Elems[1].Elems {
			if !known[key.Str] {
				known[key.Str] = true
				all = append(all, key.Str)
			}
		}
		if cursor = v.Elems[0].Str; cursor == "0" {
			return all, nil
		}
	}
}
