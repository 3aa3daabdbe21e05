package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its looks are files
	"encoding/base64"
	"html/template"
	"io"
)

//go:embed html/page.html
var pageTemplate string

//go:embed html/page.css
var pageStyle string

// pageFile is parsed once: it is part of the program, and a mistake in it is one of the program.
var pageFile = template.Must(template.New("page").Funcs(template.FuncMap{"named": namedDrawing}).Parse(pageTemplate))

// drawingOf is a drawing of a chart as the page shows it.
type drawingOf struct {
	ID      string // unique on the page
	Size    string // wide or narrow
	Drawing Drawing
	*Chart
}

func namedDrawing(section, size string, c *Chart, d Drawing) drawingOf {
	return drawingOf{ID: section + "-" + size, Size: size, Drawing: d, Chart: c}
}

// PageHTML writes a page as one file of HTML, which is well-formed XML too. It loads nothing: its style is in it, its pictures are SVG in
// it, there is no script, and its policy forbids a browser all of that from elsewhere. What servers said is text in it, whatever
// it looks like.
func PageHTML(w io.Writer, p Page) error {
	var out bytes.Buffer
	err := pageFile.Execute(&out, struct {
		Page   Page
		Style  template.CSS
		Policy string
	}{p, template.CSS(pageStyle), contentPolicy(pageStyle)}) //nolint:gosec // it is part of the program
	if err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

// contentPolicy lets a browser use this very style, and nothing else: no script, no picture, no font, no connection, no form.
func contentPolicy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}
