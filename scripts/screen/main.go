// Command screen turns a captured terminal screen into a picture, as SVG, whose text can be selected and read aloud:
//
//	tmux capture-pane -e -p -N | go run ./scripts/screen -title 'aafailover probe' >probe.svg
//
//	text with escape sequences ─> grid of cells (grid.go, style.go) ─> runs of one style ─> SVG (svg.go)
//
// Every character stands in its cell, whatever font the reader has. It is for scripts/screenshots.sh.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

// maxInput bounds what is read, in bytes: a screen of 300 x 80 cells, each in colours of its own, is a tenth of it.
const maxInput = 10 << 20

func main() {
	title := flag.String("title", "", "what the picture shows, in words, for those who cannot see it")
	columns := flag.Int("columns", 0, "width of the screen (0: that of the widest line)")
	flag.Parse()
	if flag.NArg() > 0 || *title == "" {
		fmt.Fprintln(os.Stderr, "usage: screen -title TITLE [-columns N] <capture >picture.svg")
		os.Exit(2)
	}
	if err := convert(os.Stdout, os.Stdin, *title, *columns); err != nil {
		fmt.Fprintln(os.Stderr, "screen:", err)
		os.Exit(1)
	}
}

// convert reads a captured screen and writes its picture.
func convert(w io.Writer, r io.Reader, title string, columns int) error {
	text, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return fmt.Errorf("read the screen: %w", err)
	}
	if len(text) > maxInput {
		return fmt.Errorf("the screen is more than %d bytes", maxInput)
	}
	g, err := parse(string(text))
	if err != nil {
		return err
	}
	if columns > maxSide || columns < 0 {
		return fmt.Errorf("%d columns: must be 0 to %d", columns, maxSide)
	}
	return g.draw(w, title, max(columns, g.columns()))
}
