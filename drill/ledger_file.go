package drill

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aafailover/aafailover/internal/mapfile"
	"github.com/aafailover/aafailover/slots"
)

// Head is what a ledger is about. It leads from the number of a write to its key,
// and to the region that it was sent to.
type Head struct {
	Prefix  string    `json:"prefix"`  // of every key
	Run     string    `json:"run"`     // part of every key
	Regions []string  `json:"regions"` // their names, by the indexes of the entries; nil in a ledger that was made without
	Slots   []int     `json:"slots"`   // that are written to, by the places of the entries
	Start   time.Time `json:"start"`   // the moment 0
}

// Bounds of what a ledger can be about.
const (
	maxLedgerRegions = 1 << regionBits
	maxLedgerName    = 64 // characters of a prefix, a run and a region's name
)

// Check says what a ledger cannot be about.
func (h Head) Check() error {
	for what, word := range map[string]string{"prefix": h.Prefix, "run": h.Run} {
		if !isName(word) {
			return fmt.Errorf("a ledger cannot have the %s %q", what, word)
		}
	}
	if len(h.Regions) > maxLedgerRegions || len(h.Slots) < 1 || len(h.Slots) > slots.Count {
		return fmt.Errorf("a ledger cannot have %d regions and %d slots", len(h.Regions), len(h.Slots))
	}
	for _, name := range h.Regions {
		if !isName(name) {
			return fmt.Errorf("a ledger cannot have a region %q", name)
		}
	}
	for _, slot := range h.Slots {
		if slot < 0 || slot >= slots.Count {
			return fmt.Errorf("a ledger cannot have slot %d", slot)
		}
	}
	return nil
}

// isName says whether a word can stand in a key without changing what the key is: braces take part in hashing.
func isName(word string) bool {
	return word != "" && utf8.ValidString(word) && utf8.RuneCountInString(word) <= maxLedgerName &&
		!strings.ContainsFunc(word, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '{' || r == '}' })
}

// ErrLedger says that a file is not a ledger, or not one that this version can read on this machine.
var ErrLedger = errors.New("not a ledger")

// The file of a ledger: a line of JSON, padded with zeros, then pages of records in the byte order of the machine.
const (
	ledgerSchema = "aafailover.ledger/v1"
	headBytes    = 128 << 10 // room for all slots
	pageBytes    = pageSize * recordWords * 4
)

// ledgerLayout bounds a ledger to 16 GiB, a thousand million writes.
var ledgerLayout = mapfile.Layout{Head: headBytes, Chunk: pageBytes, Most: 16 << 30 / pageBytes}

// ledgerFile is what a ledger needs of its file.
type ledgerFile interface {
	Grow() ([]uint32, error)
	Close() error
}

// headLine is the first line of the file.
type headLine struct {
	Schema       string `json:"schema"`
	LittleEndian bool   `json:"little_endian"`
	RecordBytes  int    `json:"record_bytes"`
	Head
}

// CreateLedger returns an empty ledger whose writes are in a new file from the moment of Begin on, and their
// outcomes and marks from the moment that they are entered: killing the process loses nothing. It must be closed.
// Errors: the head makes no sense, the file exists, or the disk has no room.
func CreateLedger(path string, head Head) (*Ledger, error) {
	if err := head.Check(); err != nil {
		return nil, err
	}
	line, err := json.Marshal(headLine{ledgerSchema, mapfile.LittleEndian(), recordWords * 4, head})
	if err != nil {
		return nil, err
	}
	file, err := mapfile.Create(path, ledgerLayout, append(line, '\n'))
	if err != nil {
		return nil, fmt.Errorf("keep the ledger on disk: %w", err)
	}
	l := newLedger(head, file)
	if l.grow(); l.err != nil {
		return nil, errors.Join(l.err, file.Close())
	}
	return l, nil
}

// OpenLedger opens the file of a ledger, to read it and to go on: also that of a run that was killed, at whatever
// moment. It must be closed. What it needs of memory is what the file has. Errors: ErrLedger, or that the file cannot be
// read.
func OpenLedger(path string) (*Ledger, error) {
	file, text, err := mapfile.Open(path, ledgerLayout)
	switch {
	case errors.Is(err, mapfile.ErrLayout):
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	case err != nil:
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	head, err := parseHead(text)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrLedger, err), file.Close())
	}
	l := newLedger(head, file)
	for i := range file.Chunks() {
		l.pages = append(l.pages, file.Words(i))
	}
	l.recount()
	return l, nil
}

func parseHead(text []byte) (Head, error) {
	text, _, whole := bytes.Cut(text, []byte{'\n'})
	var line headLine
	switch err := json.Unmarshal(text, &line); {
	case !whole || err != nil:
		return Head{}, errors.New("it does not begin with its head")
	case line.Schema != ledgerSchema:
		return Head{}, fmt.Errorf("its schema is %q, and this version reads %s", line.Schema, ledgerSchema)
	case line.LittleEndian != mapfile.LittleEndian() || line.RecordBytes != recordWords*4:
		return Head{}, errors.New("it was written by a machine of another kind")
	}
	return line.Head, line.Check()
}

// recount finds out how many writes the file holds: up to the last that was begun. Killing a process leaves no gap
// before it. A machine that went down may: what cannot be understood is taken for a write in flight, to whatever slot its
// turn would have been, since it may have been sent.
func (l *Ledger) recount() {
	for n := len(l.pages)*pageSize - 1; n >= 0 && l.n == 0; n-- {
		if l.at(n).begun() {
			l.n = n + 1
		}
	}
	for n := range l.n {
		if r := l.at(n); !r.begun() || r.place() >= len(l.head.Slots) || r.outcome() > Unsent || !l.knows(r.region()) || uint64(r.sent()) > math.MaxInt64/2 {
			r.begin(0, n%len(l.head.Slots), 0)
		}
		l.counts[l.at(n).region()][l.at(n).outcome()]++
	}
}

// knows says whether there is a region of an index. In a ledger without names all may be.
func (l *Ledger) knows(region int) bool {
	return region < len(l.head.Regions) || len(l.head.Regions) == 0
}

// Close gives the file back; the writes in it stay. Of a ledger in memory nothing is to be closed. The ledger is
// empty afterwards.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	l.pages, l.n, l.counts = nil, 0, [maxLedgerRegions]outcomeCounts{}
	file := l.file
	l.file = nil
	return file.Close()
}
