package main

import (
	"os"
	"strings"
	"testing"
)

const (
	recordFile   = "../../docs/performance.json"
	documentFile = "../../docs/performance.md"
)

// The document says what the record says, for every experiment of the record, and of no other.
func TestTheDocumentSaysWhatWasMeasured(t *testing.T) {
	r, err := readRecord(recordFile)
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	filled, err := fill(string(document), r, experiments())
	if err != nil {
		t.Fatal(err)
	}
	if filled != string(document) {
		t.Errorf("%s is not what %s makes of it: run make bench-peers-record", documentFile, recordFile)
	}
}

// What is recorded is still measured, and what the document shows can be asked for by its name.
func TestTheRecordNamesWhatThereIs(t *testing.T) {
	r, err := readRecord(recordFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	for _, e := range experiments() {
		for _, l := range e.lines {
			lines[e.name+"/"+l.name] = true
		}
	}
	for _, m := range r.Experiments {
		for _, l := range m.Lines {
			if !lines[m.Name+"/"+l.Name] {
				t.Errorf("%s/%s is recorded, and not measured any more", m.Name, l.Name)
			}
		}
	}
	document, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range experiments() {
		if !strings.Contains(string(document), "<!-- benchpeers: "+e.name+" -->\n") {
			t.Errorf("%s has no place for %s", documentFile, e.name)
		}
	}
}

func TestEveryLineHasANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range experiments() {
		if e.title == "" || e.prepare == nil || len(e.lines) == 0 {
			t.Errorf("%s lacks a title, lines, or what prepares it", e.name)
		}
		for _, l := range e.lines {
			name := e.name + "/" + l.name
			if seen[name] || l.name == "" || strings.ContainsAny(name, " ,|") {
				t.Errorf("%q is not a name that only one line has", name)
			}
			seen[name] = true
			if l.what == "" || (l.peer == "" && (l.aim.of == ratio || l.aim.of == excess)) {
				t.Errorf("%s does not say what it is, or has an aim about a peer that it does not have", name)
			}
		}
	}
}

func TestFill(t *testing.T) {
	all := []experiment{{name: "a.b"}, {name: "c.d"}}
	r := record{Experiments: []measured{{Name: "a.b", Title: "Things", Runs: 5, Notes: []string{"A note."}, Lines: []result{
		{Name: "x", What: "one", Unit: "ms", Ours: summary{2, 1, 3}, Reached: false, Aim: "at most 1 ms"},
	}}}}
	const before, after = "# Head\n\n<!-- benchpeers: a.b -->\nold\n<!-- end -->\n\ntext\n", "<!-- benchpeers: c.d -->\nold\n<!-- end -->\n"
	got, err := fill(before+after, r, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Head\n\n<!-- benchpeers: a.b -->\nThings:\n\n|  | aafailover | aim |  |\n", "| one | 2 ms (1 to 3) | at most 1 ms | **missed** |\n",
		"`make bench-peers PEERS='-only a.b'`", "\nA note.\n<!-- end -->\n\ntext\n", "<!-- benchpeers: c.d -->\nNot measured yet.\n<!-- end -->\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if again, err := fill(got, r, all); err != nil || again != got {
		t.Errorf("filled again it is another: %v\n%s", err, again)
	}
	if _, err := fill(after, r, all); err == nil || !strings.Contains(err.Error(), "no markers of a.b") {
		t.Errorf("a record without a place: %v", err)
	}
	if _, err := fill(before+after, r, all[:1]); err == nil || !strings.Contains(err.Error(), "c.d, which is no experiment") {
		t.Errorf("a place without an experiment: %v", err)
	}
}
