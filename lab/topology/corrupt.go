package topology

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/lab/process"
)

// Damage is what happens to a file.
type Damage string

// The kinds of damage.
const (
	// Flipped is bytes in the middle that are not what was written, as after a sector was lost. In an append only file they begin where a
	// command does: it has no checksum, and within a value nobody would notice.
	Flipped Damage = "flipped"
	// Truncated is an end that is missing, as after a power cut. In an append only file it is half of the last command.
	Truncated Damage = "truncated"
)

// Corruption is damage that was done.
type Corruption struct {
	// File is the path of the file.
	File string
	// Damage is its kind.
	Damage Damage
	// At is where it begins, and Bytes how many there are; Size is what the file had before. All in bytes.
	At, Bytes, Size int64
}

// String is "64 of 1204 bytes of appendonly.aof.1.incr.aof flipped at 602".
func (c Corruption) String() string {
	how := "flipped"
	if c.Damage == Truncated {
		how = "cut off"
	}
	return fmt.Sprintf("%d of %d bytes of %s %s at %d", c.Bytes, c.Size, filepath.Base(c.File), how, c.At)
}

// ErrNoFile says that a server has nothing on disk that could be damaged.
var ErrNoFile = errors.New("it has no such file with data in it")

// CorruptAOF damages the append only file of a server that is down: of several the one that was written last. What becomes of it shows
// when it is started again. Errors: process.ErrRunning, ErrNoFile.
func (d *Deployment) CorruptAOF(host string, how Damage) (Corruption, error) {
	return d.corrupt(host, "append only file", how, newestAOF, aofDamage)
}

// CorruptRDB damages the RDB file of a server that is down. Errors: process.ErrRunning, ErrNoFile.
func (d *Deployment) CorruptRDB(host string, how Damage) (Corruption, error) {
	name, ok := d.options.Settings.Get("dbfilename")
	if !ok {
		name = "dump.rdb"
	}
	find := func(dir string) (string, error) { return filepath.Join(dir, name), nil }
	return d.corrupt(host, "RDB file", how, find, rdbDamage)
}

func (d *Deployment) corrupt(host, what string, how Damage, find func(dir string) (string, error), damage func([]byte, Damage) (at, n int)) (Corruption, error) {
	fail := func(err error) (Corruption, error) {
		return Corruption{}, fmt.Errorf("damage the %s of %s: %w", what, host, err)
	}
	m, err := d.member(host)
	switch {
	case err != nil:
		return fail(err)
	case m.server.Running():
		return fail(process.ErrRunning)
	case how != Flipped && how != Truncated:
		return fail(fmt.Errorf("no damage is called %q", how))
	}
	path, err := find(m.server.Dir())
	if err != nil {
		return fail(err)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) < leastSize {
		err = ErrNoFile
	}
	if err != nil {
		return fail(err)
	}
	at, n := damage(text, how)
	c := Corruption{File: path, Damage: how, At: int64(at), Bytes: int64(n), Size: int64(len(text))}
	if how == Truncated {
		text = text[:at]
	} else {
		for i := range n {
			text[at+i] ^= 0xff // no byte stays what it was
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fail(err)
	}
	return c, nil
}

// leastSize is what a file has at least that holds any data, in bytes.
const leastSize = 32

// sector is how much is lost at once in the middle of a file, in bytes, as far as it has that many.
const sector = 64

// aofDamage chooses what to damage of an append only file: a stretch from the head of a command on, or half of the last command.
func aofDamage(text []byte, how Damage) (at, n int) {
	if how == Truncated {
		at = lastHead(text)
		at += (len(text) - at) / 2
		return at, len(text) - at
	}
	if at = bytes.Index(text[len(text)/2:], head); at >= 0 {
		at += len(text)/2 + 1
	} else {
		at = lastHead(text)
	}
	return at, min(sector, len(text)-at)
}

// head is the end of a command and the begin of the next.
var head = []byte("\n*")

func lastHead(text []byte) int { return bytes.LastIndex(text, head) + 1 }

// rdbDamage chooses what to damage of an RDB file: bytes around its middle, or its last eighth, with the checksum.
func rdbDamage(text []byte, how Damage) (at, n int) {
	if how == Truncated {
		at = len(text) - max(len(text)/8, 9)
		return at, len(text) - at
	}
	n = min(sector, len(text)/4)
	return len(text)/2 - n/2, n
}

// newestAOF finds the append only file that was written last: since 7.0 the increment with the greatest number, in a folder of their
// own; before that the only one.
func newestAOF(dir string) (string, error) {
	newest, greatest := "", -1
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".aof") {
			return err
		}
		if n := increment(e.Name()); n > greatest {
			newest, greatest = path, n
		}
		return nil
	})
	if err == nil && newest == "" {
		err = ErrNoFile
	}
	return newest, err
}

// increment is the number of an increment, "appendonly.aof.3.incr.aof"; 0 of the only file; -1 of another.
func increment(name string) int {
	rest, incremental := strings.CutSuffix(name, ".incr.aof")
	if !incremental {
		if strings.HasSuffix(name, ".base.aof") {
			return -1
		}
		return 0
	}
	n, err := strconv.Atoi(rest[strings.LastIndexByte(rest, '.')+1:])
	if err != nil {
		return -1
	}
	return n
}
