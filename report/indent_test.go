package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

// A document is laid out as json.Indent does it, however it is cut.
func FuzzIndenting(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `[{}]`, `{"a":[]}`, `[[],[[]],{}]`, `"a, {b} [c]: \" \\"`, `"\\\\\""`, `null`, `-1.5e+3`, `{"a":1,"b":{"c":[1,2,{"d":"e"}],"f":true}}`,
		`{"us->eu":"a\\","b":"\u0022"}`, `[1,[],2,{},3]`,
	} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, document string, size int) {
		var compact, want, got bytes.Buffer
		if json.Compact(&compact, []byte(document)) != nil {
			return // no document
		}
		if err := json.Indent(&want, compact.Bytes(), "", "  "); err != nil {
			t.Fatal(err)
		}
		n := newIndenting(&got, "  ")
		for rest := compact.Bytes(); len(rest) > 0; {
			piece := rest[:min(max(size, 1), len(rest))]
			if _, err := n.Write(piece); err != nil {
				t.Fatal(err)
			}
			rest = rest[len(piece):]
		}
		if err := n.Flush(); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%s\nwant\n%s", got.String(), want.String())
		}
	})
}

// full is a writer that has no room.
type full struct{}

var errNoRoom = errors.New("no room")

func (full) Write([]byte) (int, error) { return 0, errNoRoom }

func TestADocumentThatCannotBeWrittenIsAnError(t *testing.T) {
	for _, document := range []any{"short", make([]int, 1<<17)} {
		if err := WriteJSON(full{}, document); !errors.Is(err, errNoRoom) {
			t.Errorf("%v", err)
		}
	}
}
