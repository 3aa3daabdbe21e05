package mapfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/aafailover/aafailover/internal/mapfile"
)

var layout = mapfile.Layout{Head: mapfile.Granule, Chunk: 2 * mapfile.Granule, Most: 3}

func TestWhatWasStoredIsInTheFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words")
	m, err := mapfile.Create(path, layout, []byte("head"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for chunk := range layout.Most {
		words, err := m.Grow()
		if err != nil {
			t.Fatal(err)
		}
		words[0], words[len(words)-1] = uint32(chunk)+1, uint32(chunk)+100
	}
	if _, err := m.Grow(); !errors.Is(err, mapfile.ErrLayout) {
		t.Errorf("a chunk too many: %v", err)
	}
	other, head, err := mapfile.Open(path, layout) // while the first still has it
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if string(head[:5]) != "head\x00" || len(head) != layout.Head || other.Chunks() != layout.Most {
		t.Errorf("head %q…, %d bytes; %d chunks", head[:5], len(head), other.Chunks())
	}
	for chunk := range layout.Most {
		words := other.Words(chunk)
		if len(words) != layout.Chunk/4 || words[0] != uint32(chunk)+1 || words[len(words)-1] != uint32(chunk)+100 {
			t.Errorf("chunk %d: %d words, from %d to %d", chunk, len(words), words[0], words[len(words)-1])
		}
	}
}

func TestAHeadThatDoesNotFitLeavesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words")
	if _, err := mapfile.Create(path, layout, make([]byte, layout.Head+1)); !errors.Is(err, mapfile.ErrLayout) {
		t.Errorf("a head that does not fit: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was left behind: %v", err)
	}
}

func TestFilesOfOtherSizes(t *testing.T) {
	for name, size := range map[string]int{"empty": 0, "half a head": layout.Head / 2, "more chunks than there may be": layout.Head + 4*layout.Chunk} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "words")
			if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
				t.Fatal(err)
			}
			if m, _, err := mapfile.Open(path, layout); !errors.Is(err, mapfile.ErrLayout) {
				t.Errorf("%v: %v", m, err)
			}
		})
	}
}
