package report

import (
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
	// ErrTooLong says that what was read is longer than MaxRecorded.
	ErrTooLong = errors.New("longer than a result can be")
)

// MaxRecorded bounds what is read for one result, in bytes: a drill with 10,000 missed writes one by one takes some 2 MB, a
// probe of 6,400 cells with 10,000 events some 10 MB.
const MaxRecorded = 64 << 20

// ReadRecorded reads a result as -o json or -o ndjson has printed it, or the record that `drill --record` has written. Of several
// results in a row, as of NDJSON files one after the other, it is the last. What it returns holds no password, whatever was read:
// see withoutSecrets. Errors: ErrNotRecorded, ErrUnfinished, ErrTooLong, archive.ErrRecord, or that of the reader.
func ReadRecorded(from io.Reader) (Recorded, error) { return readRecorded(from, MaxRecorded) }

// readRecorded is ReadRecorded of at most so many bytes.
func readRecorded(from io.Reader, most int64) (Recorded, error) {
	bounded := &io.LimitedReader{R: from, N: most + 1}
	values := json.NewDecoder(bounded)
	var last json.RawMessage // that has a schema
	events := 0
	for {
		var value json.RawMessage
		err := values.Decode(&value)
		switch {
		case bounded.N == 0:
			return Recorded{}, fmt.Errorf("%w, %s", ErrTooLong, words.Bytes(float64(most)))
		case errors.Is(err, io.EOF) && last == nil && events > 0:
			return Recorded{}, ErrUnfinished
		case errors.Is(err, io.EOF) && last == nil:
			return Recorded{}, fmt.Errorf("%w: it is empty", ErrNotRecorded)
		case errors.Is(err, io.EOF):
			return decodeRecorded(last)
		case err != nil && last == nil && events == 0:
			return Recorded{}, fmt.Errorf("%w: %w", ErrNotRecorded, err)
		case err != nil: // a run was killed while it wrote a line
			return Recorded{}, fmt.Errorf("%w: %w", ErrUnfinished, err)
		}
		if kind := kindOf(value); kind.Schema != "" {
			last = value
		} else if kind.Kind != "" {
			events++
		}
	}
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
		return Recorded{}, fmt.Errorf("%w: its schema is %q", ErrNotRecorded, words.Clean(kind.Schema))
	}
	if err != nil {
		return Recorded{}, err
	}
	withoutSecrets(&r)
	return r, nil
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
