package report

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/slots"
)

// KeySlot is a key and the slot that it hashes to.
type KeySlot struct {
	Slot int    `json:"slot"`
	Key  string `json:"key"`
}

// KeysDocument is the result of `slots key`, `slots of` and `slots table`.
type KeysDocument struct {
	Schema string    `json:"schema"`
	Keys   []KeySlot `json:"keys"`
}

// NewKeysDocument makes the document.
func NewKeysDocument(keys []KeySlot) KeysDocument {
	return KeysDocument{Schema: KeysSchema, Keys: list(keys)}
}

// KeysText writes a table with one row for each key; where only a part of some key is hashed, that part has a column.
func KeysText(w io.Writer, style Style, keys []KeySlot) error {
	columns, tagged := append(right("slot"), left("key")...), false
	for _, k := range keys {
		tagged = tagged || slots.Tag(k.Key) != k.Key
	}
	if tagged {
		columns = append(columns, left("hashed")...)
	}
	rows := convert(keys, func(k KeySlot) []string {
		row := []string{strconv.Itoa(k.Slot), words.Clean(k.Key)}
		if tagged {
			row = append(row, words.Clean(slots.Tag(k.Key)))
		}
		return row
	})
	text, err := style.table(columns, rows)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// KeysCSV writes the line "slot,key" and one line for each key.
func KeysCSV(w io.Writer, keys []KeySlot) error {
	lines := csv.NewWriter(w)
	if err := lines.Write([]string{"slot", "key"}); err != nil {
		return err
	}
	for _, k := range keys {
		if err := lines.Write([]string{strconv.Itoa(k.Slot), k.Key}); err != nil {
			return err
		}
	}
	lines.Flush()
	return lines.Error()
}
