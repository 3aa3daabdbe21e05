package docs_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every link of a document to a file of the project, or to a heading, leads somewhere, and every picture has a text for those
// who do not see it.
func TestTheDocumentsLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	documents = append(documents, "cli/README.md", "../README.md", "../CHANGELOG.md", "../CONTRIBUTING.md", "../SECURITY.md")
	link := regexp.MustCompile(`(!?)\[([^]]*)\]\(([^)\s]+)\)`)
	found := 0
	for _, document := range documents {
		for _, m := range link.FindAllStringSubmatch(readDocument(t, document), -1) {
			picture, text, target := m[1] != "", m[2], m[3]
			if strings.Contains(target, "://") {
				continue
			}
			found++
			if picture && len(text) < 20 {
				t.Errorf("%s: the picture %s is described by no more than %q", document, target, text)
			}
			path, heading, _ := strings.Cut(target, "#")
			at := document
			if path != "" {
				at = filepath.Join(filepath.Dir(document), path)
			}
			if _, err := os.Stat(at); err != nil {
				t.Errorf("%s: [%s](%s): %v", document, text, target, err)
			} else if heading != "" && !headings(readDocument(t, at))[heading] {
				t.Errorf("%s: [%s](%s): no heading of %s is called so", document, text, target, at)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d links found", found)
	}
}

func readDocument(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// headings are the anchors of a document, as GitHub makes them: small letters, hyphens for blanks, no other signs.
func headings(document string) map[string]bool {
	all := map[string]bool{}
	fenced := false
	for line := range strings.Lines(document) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if title := strings.TrimLeft(line, "#"); !fenced && title != line && strings.HasPrefix(title, " ") {
			kept := strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
					return r
				}
				return -1
			}, strings.ToLower(strings.TrimSpace(title)))
			all[kept] = true
		}
	}
	return all
}

// Every picture is made by scripts/screenshots.sh, and shown by a document.
func TestEveryPictureIsMadeAndShown(t *testing.T) {
	t.Parallel()
	pictures, err := filepath.Glob("screens/*.svg")
	if err != nil || len(pictures) < 4 {
		t.Fatalf("the pictures are %v, %v", pictures, err)
	}
	script := readDocument(t, "../scripts/screenshots.sh")
	shown := readDocument(t, "../README.md") + readDocument(t, "dashboard.md")
	for _, picture := range pictures {
		name := strings.TrimSuffix(filepath.Base(picture), ".svg")
		if !strings.Contains(script, "\n"+name+" | ") {
			t.Errorf("scripts/screenshots.sh does not make %s", name)
		}
		if !strings.Contains(shown, "screens/"+name+".svg)") {
			t.Errorf("no document shows %s", name)
		}
	}
}

// Every drawing is shown by a document, is read on light and dark screens, says in words what it shows, and loads nothing.
func TestEveryDrawingIsShownAndTold(t *testing.T) {
	t.Parallel()
	drawings, err := filepath.Glob("drawings/*.svg")
	if err != nil || len(drawings) == 0 {
		t.Fatalf("the drawings are %v, %v", drawings, err)
	}
	shown := readDocument(t, "how-it-works.md")
	for _, drawing := range drawings {
		var svg struct {
			Title string `xml:"title"`
			Desc  string `xml:"desc"`
		}
		text := readDocument(t, drawing)
		if err := xml.Unmarshal([]byte(text), &svg); err != nil || svg.Title == "" || len(svg.Desc) < 100 {
			t.Errorf("%s: %+v, %v", drawing, svg, err)
		}
		if !strings.Contains(text, "prefers-color-scheme: dark") {
			t.Errorf("%s is drawn for light screens only", drawing)
		}
		if strings.Contains(strings.Replace(text, "http://www.w3.org/2000/svg", "", 1), "://") || strings.Contains(text, "<script") {
			t.Errorf("%s loads something", drawing)
		}
		if !strings.Contains(shown, "]("+filepath.ToSlash(drawing)+")") {
			t.Errorf("no document shows %s", drawing)
		}
	}
}
