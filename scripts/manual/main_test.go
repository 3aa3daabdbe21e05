package main

import (
	"compress/gzip"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/cmd"
)

const committed = "../../docs/cli"

// The documents of the commands are those of the commands as they are.
func TestTheDocumentsOfTheCommandsAreNotStale(t *testing.T) {
	files, pattern, err := write("markdown", cmd.Commands())
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	there, err := filepath.Glob(filepath.Join(committed, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if _, ok := files[filepath.Base(path)]; !ok {
			t.Errorf("%s is about no command: make manual removes it", path)
		}
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(committed, name))
		if err != nil || string(got) != want {
			t.Errorf("%s is not what --help says: make manual writes it anew (%v)", name, err)
		}
	}
}

func TestTheDocumentsLinkToEachOther(t *testing.T) {
	files, _, err := write("markdown", cmd.Commands())
	if err != nil {
		t.Fatal(err)
	}
	linked := map[string]bool{"README.md": true}
	for name, text := range files {
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
			if _, ok := files[link[1]]; !ok {
				t.Errorf("%s links to %s, which there is not", name, link[1])
			}
			linked[link[1]] = true
		}
	}
	if len(linked) != len(files) {
		t.Errorf("%d of %d pages are linked to", len(linked), len(files))
	}
}

// The value of a flag stands before what is said of it already.
func TestNoFlagSaysItsValueTwiceInARow(t *testing.T) {
	everyPage(cmd.Commands(), func(p page) {
		for _, f := range p.flags {
			if f.value != "" && strings.HasPrefix(f.usage, f.value+":") {
				t.Errorf("%s: %s %s", p.path, f.synopsis(), f.usage)
			}
		}
	})
}

// A man page has a section for each thing, names each flag, and holds no request that is not meant.
func TestManPages(t *testing.T) {
	requests := regexp.MustCompile(`^\.(TH|SH|PP|TP|IP|BR|br|nf|fi|RS|RE)\b`)
	everyPage(cmd.Commands(), func(p page) {
		text := roff(p)
		for _, section := range []string{".TH ", ".SH NAME\n", ".SH SYNOPSIS\n", ".SH DESCRIPTION\n"} {
			if !strings.Contains(text, section) {
				t.Errorf("%s: no %q", p.path, section)
			}
		}
		for _, f := range p.flags {
			if !strings.Contains(text, `\-\-`+strings.ReplaceAll(f.name, "-", `\-`)) {
				t.Errorf("%s: --%s is not in it", p.path, f.name)
			}
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !requests.MatchString(line) {
				t.Errorf("%s: taken for a request: %s", p.path, line)
			}
		}
		if idle := regexp.MustCompile(`\n\.SH .*\n\.PP|\n\.br\n\.SH`).FindString(text); idle != "" {
			t.Errorf("%s: without effect: %q", p.path, idle)
		}
	})
	files, _, err := write("man", cmd.Commands())
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(strings.NewReader(files["aafailover-drill.1.gz"]))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unpacked); err != nil || !strings.HasPrefix(string(text), `.TH AAFAILOVER\-DRILL 1 `) || !unpacked.ModTime.IsZero() {
		t.Errorf("%.60q, %v", text, err)
	}
}

func TestCompletions(t *testing.T) {
	files, _, err := write("completion", cmd.Commands())
	if names := slices.Sorted(maps.Keys(files)); err != nil || !slices.Equal(names, []string{"aafailover.bash", "aafailover.fish", "aafailover.ps1", "aafailover.zsh"}) {
		t.Fatalf("%v, %v", names, err)
	}
	for name, text := range files {
		if !strings.Contains(text, "__complete") {
			t.Errorf("%s does not ask the program", name)
		}
	}
}

func TestTextsAreTakenApart(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []block
	}{
		{"lines of a paragraph are one", "One\nsentence.\n\nAnother.", []block{{paragraph: "One sentence."}, {paragraph: "Another."}}},
		{"a table right after its title", "Forms:\n  text      for a terminal\n  rto  time  how long", []block{{paragraph: "Forms:"}, {rows: [][]string{{"text", "for a terminal"}, {"rto", "time", "how long"}}}}},
		{"what is to be copied", "Run:\n\n\tsource <(aafailover)\n\nthen go on", []block{{paragraph: "Run:"}, {lines: []string{"source <(aafailover)"}}, {paragraph: "then go on"}}},
		{"a heading of cobra", "#### Linux:\n\n\tcp", []block{{paragraph: "Linux:"}, {lines: []string{"cp"}}}},
		{"nothing", "", []block{}},
	} {
		if got := blocks(row.text); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
}

func TestSignsAreKept(t *testing.T) {
	for _, row := range []struct{ text, markdown, roff string }{
		{"a <b> _c_ [d] * |", `a \<b\> \_c\_ \[d\] \* \|`, "a <b> _c_ [d] * |"},
		{"`x_y <z>` and _", "`x_y <z>` and \\_", `\&'x_y <z>' and _`},
		{".dot --flag", ".dot --flag", `\&.dot \-\-flag`},
		{"'quoted' \\", `'quoted' \\`, `\&'quoted' \e`},
		{"us→eu …", "us→eu …", `us\(->eu ...`},
	} {
		if got := plain(row.text); got != row.markdown {
			t.Errorf("Markdown of %q: %q, want %q", row.text, got, row.markdown)
		}
		if got := roffText(row.text); got != row.roff {
			t.Errorf("roff of %q: %q, want %q", row.text, got, row.roff)
		}
	}
}

func TestReplaceRemovesWhatIsGone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cli")
	for _, files := range []map[string]string{{"a.md": "1", "b.md": "1"}, {"a.md": "2"}} {
		if err := replace(folder, "*.md", files); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadDir(folder)
	if err != nil || len(there) != 1 {
		t.Fatalf("%v, %v", there, err)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "a.md")); err != nil || string(text) != "2" {
		t.Errorf("%q, %v", text, err)
	}
	if _, _, err := write("pdf", cmd.Commands()); err == nil {
		t.Error("a kind that there is not is no error")
	}
}
