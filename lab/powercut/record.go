package powercut

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The files in the folder of a record.
const (
	lockFile   = "lock"   // held by the witness as long as it lives; holds its process id
	recordFile = "record" // what was witnessed; empty until the server is gone
	keptFolder = "kept"   // a hard link of every file, by inode
	format     = "1"      // of the record
)

// record is what the witness leaves behind.
type record struct {
	Format  string          `json:"format"`
	Root    inode           `json:"root"`
	Ordered tree            `json:"ordered"`
	Strict  tree            `json:"strict"`
	Marks   map[inode]int64 `json:"marks"`
	Syncs   Syncs           `json:"syncs"`
	// Trouble is what kept the witness from seeing everything; then nothing can be said.
	Trouble string `json:"trouble,omitempty"`
}

func (d *durable) record() record {
	return record{Format: format, Root: d.root, Ordered: d.ordered, Strict: d.strict, Marks: d.marks, Syncs: d.syncs}
}

// durable is the state that a record was made of, as far as it matters after the end.
func (r record) durable() *durable {
	return &durable{root: r.Root, ordered: r.Ordered, strict: r.Strict, marks: r.Marks, syncs: r.Syncs}
}

// readRecord reads what a witness has left in the folder.
func readRecord(folder string) (record, error) {
	text, err := os.ReadFile(filepath.Join(folder, recordFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
		return record{}, fmt.Errorf("no record in %s: no server was started there, or its witness was killed, or had no room on the disk", folder)
	}
	if err != nil {
		return record{}, err
	}
	r, err := parseRecord(text)
	if err != nil {
		return record{}, fmt.Errorf("record in %s: %w", folder, err)
	}
	return r, nil
}

// parseRecord understands a record, and refuses one that names anything but files in its folder.
func parseRecord(text []byte) (record, error) {
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return record{}, err
	}
	if r.Format != format {
		return record{}, fmt.Errorf("format %q, not %q", r.Format, format)
	}
	if r.Trouble != "" {
		return record{}, errors.New(r.Trouble)
	}
	for _, t := range []tree{r.Ordered, r.Strict} {
		if _, ok := t[r.Root]; !ok {
			return record{}, errors.New("the folder itself is missing")
		}
		for _, below := range t {
			for name := range below {
				if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
					return record{}, fmt.Errorf("%q is no name of a file", name)
				}
			}
		}
	}
	for file, size := range r.Marks {
		if size < 0 {
			return record{}, fmt.Errorf("file %d has %d bytes", file, size)
		}
	}
	return r, nil
}
