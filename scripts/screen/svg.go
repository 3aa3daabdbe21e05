package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Measures of the picture, in pixels.
const (
	cellWidth  = 8.4 // of 14 pixels in the fonts that most have
	cellHeight = 17.0
	fontSize   = 14
	baseline   = 13.0 // of the text, from the top of its cell
	margin     = 16.0 // between the edge of the card and the cells
	corner     = 8
)

// fonts are those of usual systems, the last one the reader's own.
const fonts = `ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace`

// draw writes the picture of the screen, so many columns wide.
func (g grid) draw(w io.Writer, title string, columns int) error {
	width, height := 2*margin+float64(columns)*cellWidth, 2*margin+float64(len(g))*cellHeight
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s">`+"\n",
		pixels(width), pixels(height))
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n", escaped(title))
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%s" height="%s" rx="%d" fill="%s" stroke="%s"/>`+"\n",
		pixels(width-1), pixels(height-1), corner, paperOfCard, edgeOfCard)
	fmt.Fprintf(&b, `<g font-family="%s" font-size="%d" fill="%s">`+"\n", fonts, fontSize, inkOfCard)
	for i, row := range g {
		drawRow(&b, runs(row), margin+float64(i)*cellHeight)
	}
	b.WriteString("</g>\n</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// drawRow draws a row whose upper end is at top: the papers first, and one line of text on them.
func drawRow(b *bytes.Buffer, row []run, top float64) {
	if len(row) == 0 {
		return
	}
	for _, r := range row {
		ink, paper := r.style.colours()
		if strings.Trim(r.text, "█") == "" { // else one sees where each begins
			paper = ink
		}
		if paper != paperOfCard {
			fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" shape-rendering="crispEdges"/>`+"\n",
				pixels(left(r.column)), pixels(top), pixels(float64(r.width)*cellWidth), pixels(cellHeight), paper)
		}
	}
	// Browsers go by the text itself, and not by what is around it, whether blanks stay as they are.
	fmt.Fprintf(b, `<text y="%s" xml:space="preserve" style="white-space: pre">`, pixels(top+baseline))
	for _, r := range row {
		// The length holds it on the grid where the font is wider or narrower than the cells.
		fmt.Fprintf(b, `<tspan x="%s" textLength="%s" lengthAdjust="spacingAndGlyphs"%s>%s</tspan>`,
			pixels(left(r.column)), pixels(float64(r.width)*cellWidth), r.style.attributes(), escaped(r.text))
	}
	b.WriteString("</text>\n")
}

// left is where a column begins.
func left(column int) float64 { return margin + float64(column)*cellWidth }

// attributes are what the text of a style has beyond plain text.
func (s style) attributes() string {
	var b strings.Builder
	if ink, _ := s.colours(); ink != inkOfCard {
		fmt.Fprintf(&b, ` fill="%s"`, ink)
	}
	if s.bold {
		b.WriteString(` font-weight="bold"`)
	}
	if s.italic {
		b.WriteString(` font-style="italic"`)
	}
	var lines []string
	if s.underline {
		lines = append(lines, "underline")
	}
	if s.struck {
		lines = append(lines, "line-through")
	}
	if len(lines) > 0 {
		fmt.Fprintf(&b, ` text-decoration="%s"`, strings.Join(lines, " "))
	}
	return b.String()
}

// pixels is a length without needless digits.
func pixels(length float64) string {
	return strconv.FormatFloat(float64(int(length*100+0.5))/100, 'f', -1, 64)
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes all
	return b.String()
}
