package evidence

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
)

// Part is one file of a bundle, before anything in it is replaced.
type Part struct {
	Name    string // with '/', such as runs/1/drill.json: by its ending it is taken for JSON (.json, .ndjson), or for a text
	About   string // what it is, in a few words
	Content []byte
}

// Gap is something that would have been in a bundle.
type Gap struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Program is the program that packs.
type Program struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
	Go      string `json:"go"`
}

// Bundle is what is to be packed.
type Bundle struct {
	At         time.Time // of the newest that it tells of; all files have this time
	Program    Program
	Deployment string // "lab", "given"; "" where only files were packed
	Parts      []Part // of different names
	Gaps       []Gap
}

// MaxBytes bounds the files of a bundle together, before they are compressed. Parts that would go beyond it are left out, and
// are a gap. A drill with 10,000 missed writes takes some 5 MB, and a megabyte takes some tenths of a second.
const MaxBytes = 32 << 20

// Packed is a bundle in which everything is replaced that was to be, and nothing else was found.
type Packed struct {
	Manifest Manifest
	files    []file // in the order of their names, but for the manifest and the note for people
	at       time.Time
}

type file struct {
	name    string
	content []byte
}

const (
	manifestName = "manifest.json"
	noteName     = "README.txt"
)

// Pack replaces in all parts what is hidden, and looks through all that is then there once more. Errors: ErrSecret and
// ErrHost, where something is left; they name the file.
func Pack(b Bundle, h Hide) (*Packed, error) {
	r := NewReplacer(h)
	parts := slices.Clone(b.Parts)
	slices.SortFunc(parts, func(x, y Part) int { return cmp.Compare(x.Name, y.Name) })
	parts, tooBig := roomFor(parts)
	for _, p := range parts {
		if p.isJSON() {
			r.LearnJSON(p.Content)
		} else {
			r.Learn(string(p.Content))
		}
	}
	for _, g := range b.Gaps {
		r.Learn(g.What + "\n" + g.Why)
	}
	p := &Packed{at: b.At.UTC()}
	p.Manifest = newManifest(b, h)
	p.Manifest.Gaps = append(p.Manifest.Gaps, tooBig...)
	p.take(r, parts)
	for i, g := range p.Manifest.Gaps {
		p.Manifest.Gaps[i] = Gap{What: r.Text(g.What), Why: r.Text(g.Why)}
	}
	return p, p.conclude(r, h)
}

func (p Part) isJSON() bool { return slices.Contains([]string{".json", ".ndjson"}, path.Ext(p.Name)) }

// roomFor are the parts, in their order, that have room, and what has none. What stands for hosts may be longer than these, by
// as little as does not matter here.
func roomFor(parts []Part) (with []Part, without []Gap) {
	left := MaxBytes
	for _, part := range parts {
		if len(part.Content) > left {
			without = append(without, Gap{What: part.Name, Why: fmt.Sprintf("it has %d bytes, and all files together may have %d", len(part.Content), MaxBytes)})
			continue
		}
		left -= len(part.Content)
		with = append(with, part)
	}
	return with, without
}

// take replaces in the parts what is hidden.
func (p *Packed) take(r *Replacer, parts []Part) {
	for _, part := range parts {
		content := part.replaced(r)
		sum := sha256.Sum256(content)
		p.files = append(p.files, file{part.Name, content})
		p.Manifest.Files = append(p.Manifest.Files, ManifestFile{Name: part.Name, Bytes: len(content), SHA256: hex.EncodeToString(sum[:]), About: part.About})
	}
}

// replaced is the content with everything replaced that is to be. A document is indented, for people.
func (p Part) replaced(r *Replacer) []byte {
	if !p.isJSON() {
		return []byte(r.Text(string(p.Content)))
	}
	content := r.JSON(p.Content)
	if path.Ext(p.Name) == ".json" {
		return indented(content)
	}
	return content
}

func indented(content []byte) []byte {
	var out bytes.Buffer
	if json.Indent(&out, content, "", "  ") != nil {
		return content // a document that was cut off
	}
	return out.Bytes()
}

// conclude puts the manifest and the note before the files, and looks through all of them.
func (p *Packed) conclude(r *Replacer, h Hide) error {
	text, err := json.Marshal(p.Manifest)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	manifest := indented(r.JSON(text))
	note := []byte(r.Text(p.Manifest.note()))
	p.files = slices.Insert(p.files, 0, file{noteName, note}, file{manifestName, manifest})
	for _, f := range p.files {
		if err := r.Check(string(f.content)); err != nil {
			return hint.Wrap(fmt.Errorf("pack %s: %w; nothing was written", f.name, err), leftHint(err, h))
		}
	}
	return nil
}

func leftHint(left error, h Hide) string {
	if errors.Is(left, ErrHost) {
		return "please report it, without the evidence; without --hide-hosts it can be packed"
	}
	if slices.ContainsFunc(h.Secrets, func(s string) bool { return len(s) >= leastSecret && len(s) < leastAnywhere }) {
		return "a password of fewer than 8 characters may be a word of the evidence itself: pack without the configuration that has it, or give that user a longer one"
	}
	return "please report it, without the evidence"
}

// Bytes is how many bytes all files have, before they are compressed.
func (p *Packed) Bytes() int {
	total := 0
	for _, f := range p.files {
		total += len(f.content)
	}
	return total
}

// Content is a file of the bundle by its name; "" and false where it has none of that name.
func (p *Packed) Content(name string) (string, bool) {
	i := slices.IndexFunc(p.files, func(f file) bool { return f.name == strings.TrimPrefix(name, "./") })
	if i < 0 {
		return "", false
	}
	return string(p.files[i].content), true
}
