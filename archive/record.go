package archive

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aafailover/aafailover/drill"
)

// RecordSchema is that of the file of a record. The fields of the record itself have the names that they have in this
// program, so that nothing of it is lost on the way: for scripts there is `drill show FILE -o json`.
const RecordSchema = "aafailover.record/v1"

// MaxMissed is how many missed writes the file of a record holds one by one, of some 150 bytes each: those beyond are counted,
// and are in its windows. Every single one is in the ledger of the run.
const MaxMissed = 10_000

// Record is a whole drill in one file: every report can be made from it.
type Record struct {
	Deployment string
	Begin      Begin // who ran it, with what, on what
	Record     *drill.Record
}

// recordDocument is the file.
type recordDocument struct {
	Schema     string        `json:"schema"`
	Deployment string        `json:"deployment"`
	Begin      Begin         `json:"begin"`
	Record     *drill.Record `json:"record"`
}

// ErrRecord says that a file is not the record of a drill.
var ErrRecord = errors.New("not the record of a drill")

// ReadRecord reads the record of a run. Errors: ErrNoRun, one that is fs.ErrNotExist for a run that has no record, or that
// it cannot be read.
func (a Archive) ReadRecord(run string) (Record, error) {
	folder, err := a.path(run)
	if err != nil {
		return Record{}, err
	}
	return ReadRecordFile(filepath.Join(folder, recordFile))
}

// ReadRecordFile reads the file of a record. Errors: ErrRecord, or that it cannot be read.
func ReadRecordFile(path string) (Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return Record{}, fmt.Errorf("read the record: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	r, err := ReadRecordFrom(bufio.NewReader(f))
	if err != nil {
		return Record{}, fmt.Errorf("read %s: %w", path, err)
	}
	return r, nil
}

// ReadRecordFrom reads what stands in the file of a record. Errors: ErrRecord.
func ReadRecordFrom(file io.Reader) (Record, error) {
	var d recordDocument
	switch err := json.NewDecoder(file).Decode(&d); {
	case err != nil:
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	case d.Schema != RecordSchema:
		return Record{}, fmt.Errorf("%w: its schema is %q, and this version reads %s", ErrRecord, d.Schema, RecordSchema)
	case d.Record == nil:
		return Record{}, fmt.Errorf("%w: it holds none", ErrRecord)
	}
	return Record{Deployment: d.Deployment, Begin: d.Begin, Record: d.Record}, nil
}

// WriteRecord writes a record as ReadRecordFrom reads it.
func WriteRecord(w io.Writer, r Record) error {
	out := bufio.NewWriter(w)
	return errors.Join(json.NewEncoder(out).Encode(recordDocument{RecordSchema, r.Deployment, r.Begin, r.Record.Abridged(MaxMissed)}), out.Flush())
}

// WriteRecordFile writes a record to a file, in the place of an earlier one, in one step: there is always a whole one, or
// none. Only its owner can read it.
func WriteRecordFile(path string, r Record) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return fmt.Errorf("keep the record: %w", err)
	}
	err = errors.Join(WriteRecord(f, r), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keep the record: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
