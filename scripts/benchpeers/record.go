package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// schema is of the file that -o writes and -compare reads.
const schema = "aafailover.benchpeers/v1"

// record is what was measured last, by experiment.
type record struct {
	Schema      string     `json:"schema"`
	Experiments []measured `json:"experiments"`
}

// readRecord reads a record; one that is not there yet is empty.
func readRecord(path string) (record, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return record{Schema: schema}, nil
	}
	if err != nil {
		return record{}, err
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return record{}, fmt.Errorf("%s: %w", path, err)
	}
	if r.Schema != schema {
		return record{}, fmt.Errorf("%s: schema %q, want %q", path, r.Schema, schema)
	}
	return r, nil
}

// with puts what was measured in place of what was known of the same experiment, in the order of all experiments. What there is
// no experiment for any more is left out.
func (r record) with(now []measured, all []experiment) record {
	out := record{Schema: schema}
	for _, e := range all {
		named := func(m measured) bool { return m.Name == e.name }
		if i := slices.IndexFunc(now, named); i >= 0 {
			out.Experiments = append(out.Experiments, now[i])
		} else if i := slices.IndexFunc(r.Experiments, named); i >= 0 {
			out.Experiments = append(out.Experiments, r.Experiments[i])
		}
	}
	return out
}

func (r record) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644) //nolint:gosec // a document, for everyone to read
}

// find returns what is known of a line.
func (r record) find(experiment, line string) (result, bool) {
	for _, m := range r.Experiments {
		if m.Name != experiment {
			continue
		}
		if i := slices.IndexFunc(m.Lines, func(l result) bool { return l.Name == line }); i >= 0 {
			return m.Lines[i], true
		}
	}
	return result{}, false
}
