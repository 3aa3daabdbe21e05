package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/internal/words"
)

// Recorded is the result of an earlier run, by its document. One of the pointers to documents is set.
type Recorded struct {
	Probe      *ProbeDocument
	Drill      *DrillDocument
	Promotion  *PromotionDocument
	Topology   *TopologyDocument
	Durability *DurabilityDocument
	// Begin is who ran it, with what, on what: nil where only the document is left.
	Begin *archive.Begin
}

// Of a recording that is read.
var (
	// ErrNotRecorded says that what was read is no result of a probe or a drill.
	ErrNotRecorded = errors.New("not the result of a probe or a drill")
	// ErrUnfinished says that events were read, and no result: the run that wrote them did not come to its end.
	ErrUnfinished = errors.New("events without a result: the run that wrote them did not come to its end")
	// ErrCutOff says that what was read ends in the middle of a result.
	ErrCutOff = errors.New("it ends in the middle of a result")
	// ErrPacked says that what was read is compressed.
	ErrPacked = errors.New("it is compressed")
	// ErrVersion says that the result is of another version of the program.
	ErrVersion = errors.New("a result of another version")
	// ErrOtherResult says that it is the result of a command that no report is made of.
	ErrOtherResult = errors.New("neither a probe nor a drill")
	// ErrTooLong says that what was read is longer than MaxRecorded.
	ErrTooLong = errors.New("longer than a result can be")
)

// MaxRecorded bounds what is read for one result, in bytes: a drill with 10,000 missed writes one by one takes some 2 MB, a
// probe of 6,400 cells with 10,000 events some 10 MB.
const MaxRecorded = 64 << 20

// ReadRecorded reads a result as -o json or -o ndjson has printed it, or the record that `drill --record` has written. Of several
// results in a row, as of NDJSON files one after the other, it is the last. What it returns holds no password, whatever was read:
// see withoutSecrets. Errors: ErrNotRecorded, ErrUnfinished, ErrCutOff, ErrPacked, ErrVersion, ErrOtherResult, ErrTooLong, archive.ErrRecord, or
// that of the reader.
func ReadRecorded(from io.Reader) (Recorded, error) { return readRecorded(from, MaxRecorded) }

// readRecorded is ReadRecorded of at most so many bytes.
func readRecorded(from io.Reader, most int64) (Recorded, error) {
	bounded := &io.LimitedReader{R: from, N: most + 1}
	begin := bufio.NewReader(bounded)
	if packed(begin) {
		return Recorded{}, ErrPacked
	}
	values := json.NewDecoder(begin)
	var last json.RawMessage // that has a schema
	events, others := 0, 0
	for {
		var value json.RawMessage
		err := values.Decode(&value)
		switch {
		case bounded.N == 0:
			return Recorded{}, fmt.Errorf("%w, %s", ErrTooLong, words.Bytes(float64(most)))
		case errors.Is(err, io.EOF) && last == nil && events > 0:
			return Recorded{}, ErrUnfinished
		case errors.Is(err, io.EOF) && last == nil && others > 0:
			return Recorded{}, fmt.Errorf("%w: no value in it has a schema", ErrNotRecorded)
		case errors.Is(err, io.EOF) && last == nil:
			return Recorded{}, fmt.Errorf("%w: it is empty", ErrNotRecorded)
		case errors.Is(err, io.EOF):
			return decodeRecorded(last)
		case errors.Is(err, io.ErrUnexpectedEOF) && last == nil && events == 0:
			return Recorded{}, ErrCutOff
		case err != nil && last == nil && events == 0:
			return Recorded{}, fmt.Errorf("%w: %w", ErrNotRecorded, err)
		case err != nil && last != nil:
			return Recorded{}, fmt.Errorf("%w: what follows a result cannot be read: %w", ErrUnfinished, err)
		case err != nil: // a run was killed while it wrote a line
			return Recorded{}, fmt.Errorf("%w: %w", ErrUnfinished, err)
		}
		switch kind := kindOf(value); {
		case kind.Schema != "":
			last = value
		case kind.Kind != "":
			events++
		default:
			others++
		}
	}
}

// packed tells whether what follows is compressed by gzip, zip, zstd or xz, by its first bytes.
func packed(r *bufio.Reader) bool {
	begin, _ := r.Peek(4) // what is shorter is none
	for _, sign := range []string{"\x1f\x8b", "PK\x03\x04", "\x28\xb5\x2f\xfd", "\xfd7zX"} {
		if bytes.HasPrefix(begin, []byte(sign)) {
			return true
		}
	}
	return false
}

// recordedKind is as much of a document as tells what it is.
type recordedKind struct {
	Schema   string          `json:"schema"`
	Topology json.RawMessage `json:"topology"`
	Kind     string          `json:"kind"` // of an event, which has no schema
}

// kindOf returns nothing for what is no object.
func kindOf(value json.RawMessage) recordedKind {
	var k recordedKind
	_ = json.Unmarshal(value, &k) // of what is something else, nothing is known, and that is what is said
	return k
}

func decodeRecorded(text json.RawMessage) (Recorded, error) {
	var r Recorded
	var err error
	switch kind := kindOf(text); {
	case kind.Schema == archive.RecordSchema:
		var kept archive.Record
		if kept, err = archive.ReadRecordFrom(bytes.NewReader(text)); err == nil {
			return RecordedDrill(kept)
		}
	case kind.Schema == ProbeSchema:
		r.Probe, err = decoded[ProbeDocument](text)
	case kind.Schema == DrillSchema && kind.Topology != nil:
		r.Promotion, err = decoded[PromotionDocument](text)
	case kind.Schema == DrillSchema:
		r.Drill, err = decoded[DrillDocument](text)
	case kind.Schema == TopologySchema:
		r.Topology, err = decoded[TopologyDocument](text)
	case kind.Schema == DurabilitySchema:
		r.Durability, err = decoded[DurabilityDocument](text)
	default:
		return Recorded{}, foreign(words.Clean(kind.Schema))
	}
	if err != nil {
		return Recorded{}, err
	}
	withoutSecrets(&r)
	return r, nil
}

// foreign says what a document is that is not read, by its schema: "aafailover.", the command, "/v" and a number.
func foreign(schema string) error {
	name, version, _ := strings.Cut(schema, "/v")
	for _, known := range []string{ProbeSchema, DrillSchema, TopologySchema, DurabilitySchema, archive.RecordSchema} {
		if of, _, _ := strings.Cut(known, "/v"); of == name && version != "" {
			return fmt.Errorf("%w: its schema is %q, and %q is what this one reads", ErrVersion, schema, known)
		}
	}
	if of, ours := strings.CutPrefix(name, "aafailover."); ours {
		return fmt.Errorf("%w: it is the result of %s (%s)", ErrOtherResult, of, schema)
	}
	return fmt.Errorf("%w: its schema is %q", ErrNotRecorded, schema)
}

// decoded reads a document.
func decoded[T any](text json.RawMessage) (*T, error) {
	d := new(T)
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRecorded, err)
	}
	return d, nil
}

// RecordedDrill is the recording of a drill that is kept. It is the same as of the document that the drill has printed, to the microsecond. Errors:
// ErrNotRecorded, of a record that makes no document.
func RecordedDrill(kept archive.Record) (Recorded, error) {
	text, err := json.Marshal(NewDrillDocument(DrillResult{Deployment: Deployment(kept.Deployment), Record: kept.Record}))
	if err != nil {
		return Recorded{}, fmt.Errorf("%w: %w", ErrNotRecorded, err)
	}
	var r Recorded
	if r.Drill, err = decoded[DrillDocument](text); err != nil {
		return Recorded{}, err
	}
	if kept.Begin.Run != "" {
		r.Begin = &kept.Begin
	}
	withoutSecrets(&r)
	return r, nil
}

// Document returns the document itself.
func (r Recorded) Document() any {
	switch {
	case r.Probe != nil:
		return r.Probe
	case r.Drill != nil:
		return r.Drill
	case r.Promotion != nil:
		return r.Promotion
	case r.Topology != nil:
		return r.Topology
	case r.Durability != nil:
		return r.Durability
	}
	return nil
}

// Events are those of the run, the oldest first, as far as the document has kept them.
func (r Recorded) Events() []EventDocument {
	switch {
	case r.Probe != nil:
		return r.Probe.Events
	case r.Drill != nil:
		return r.Drill.Events
	case r.Promotion != nil:
		return r.Promotion.Events
	}
	return nil
}

// Kind is what kind of run it was, as it is called in sentences.
func (r Recorded) Kind() string {
	switch {
	case r.Probe != nil:
		return "probe"
	case r.Durability != nil:
		return "measurement of durability"
	case r.Topology != nil:
		return "drills of one topology"
	}
	return "drill"
}

// shortID is how an id of a shard that is too long to be read is shown.
func shortID(id string) string {
	const most = 12
	if runes := []rune(id); len(runes) > most {
		return string(runes[:most/2]) + "…" + strings.TrimSpace(string(runes[len(runes)-most/2+1:]))
	}
	return id
}
