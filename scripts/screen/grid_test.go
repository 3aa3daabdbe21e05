package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var red, green = named[1], named[2]

func TestAScreenIsReadAsATerminalShowsIt(t *testing.T) {
	t.Parallel()
	plain := style{}
	for _, row := range []struct {
		name string
		text string
		want [][]run // by row
	}{
		{"nothing", "", nil},
		{"empty rows at the end are left out, those between are not", "a\n\nb\n\n\n", [][]run{{{0, 1, "a", plain}}, nil, {{0, 1, "b", plain}}}},
		{"blanks at the end of a row are left out", "a b  \n", [][]run{{{0, 3, "a b", plain}}}},
		{"but not where they can be seen", "a\x1b[7m  \x1b[0m \n", [][]run{{{0, 1, "a", plain}, {1, 2, "  ", style{reverse: true}}}}},
		{"a colour begins a run", "a\x1b[31mb\x1b[39mc", [][]run{{{0, 1, "a", plain}, {1, 1, "b", style{ink: red}}, {2, 1, "c", plain}}}},
		{"blanks between two belong to the left one", "\x1b[31ma\x1b[0m \x1b[32mb", [][]run{{{0, 2, "a ", style{ink: red}}, {2, 1, "b", style{ink: green}}}}},
		{"a style lasts to the next row", "\x1b[1;31ma\nb\x1b[0m\nc", [][]run{{{0, 1, "a", style{ink: red, bold: true}}}, {{0, 1, "b", style{ink: red, bold: true}}}, {{0, 1, "c", plain}}}},
		{"a wide character takes two cells and is a run of its own", "a東京b", [][]run{{{0, 1, "a", plain}, {1, 2, "東", plain}, {3, 2, "京", plain}, {5, 1, "b", plain}}}},
		{"what combines takes none", "e\u0301x", [][]run{{{0, 1, "e\u0301", plain}, {1, 1, "x", plain}}}},
		{"what may come from another font is a run apart", "● up ▁▂▃ x", [][]run{{{0, 1, "●", plain}, {1, 4, " up ", plain}, {5, 3, "▁▂▃", plain}, {8, 2, " x", plain}}}},
		{"a wide character in a colour", "\x1b[32m東\x1b[0ma", [][]run{{{0, 2, "東", style{ink: green}}, {2, 1, "a", plain}}}},
		{"other escape sequences are not shown", "a\x1b[2J\x1b]8;;http://h\x1b\\b\x1b]8;;\x1b\\\x1b(B\x0fc", [][]run{{{0, 3, "abc", plain}}}},
		{"what is no text is told as that", "a\xffb", [][]run{{{0, 1, "a", plain}, {1, 1, "\ufffd", plain}, {2, 1, "b", plain}}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			g, err := parse(row.text)
			if err != nil {
				t.Fatal(err)
			}
			var got [][]run
			for _, cells := range g {
				got = append(got, runs(cells))
			}
			if diff := cmp.Diff(row.want, got, cmp.AllowUnexported(run{}, style{}, colour{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAStyleIsWhatTheSequencesSay(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		sequence string
		want     style
	}{
		{"nothing is a reset", "\x1b[1m\x1b[m", style{}},
		{"an empty parameter too", "\x1b[1m\x1b[;31m", style{ink: red}},
		{"all that there is", "\x1b[1;2;3;4;7;8;9m", style{bold: true, faint: true, italic: true, underline: true, reverse: true, hidden: true, struck: true}},
		{"and all of it taken back", "\x1b[1;2;3;4;7;8;9;31;41m\x1b[22;23;24;27;28;29;39;49m", style{}},
		{"an underline of another kind", "\x1b[4:3m", style{underline: true}},
		{"of no kind", "\x1b[4m\x1b[4:0m", style{}},
		{"a bright colour", "\x1b[91m", style{ink: named[9]}},
		{"papers", "\x1b[42m", style{paper: green}},
		{"a bright paper", "\x1b[102m", style{paper: named[10]}},
		{"one of 256, of the named ones", "\x1b[38;5;1m", style{ink: red}},
		{"of the cube", "\x1b[38;5;208m", style{ink: rgb(0xff8700)}},
		{"of the greys", "\x1b[48;5;255m", style{paper: rgb(0xeeeeee)}},
		{"a true colour", "\x1b[38;2;1;2;3m", style{ink: rgb(0x010203)}},
		{"with colons", "\x1b[38:2:1:2:3m", style{ink: rgb(0x010203)}},
		{"with a colour space", "\x1b[38:2::1:2:3m", style{ink: rgb(0x010203)}},
		{"one of 256 with colons, and more after it", "\x1b[48:5:1;1m", style{paper: red, bold: true}},
		{"two in one", "\x1b[38;5;1;48;2;0;0;0;1m", style{ink: red, paper: rgb(0), bold: true}},
		{"half a colour is none, and what follows is not guessed", "\x1b[38;5m\x1b[38;2;1;1m\x1b[38m\x1b[38;7;1m\x1b[38;5;256m", style{}},
		{"a sequence of another kind", "\x1b[1K\x1b[?1m\x1b[>4;1m", style{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var got style
			if _, err := got.row(row.sequence); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got, cmp.AllowUnexported(style{}, colour{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAScreenThatIsTooBigIsRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		text    string
		columns int
		want    string
	}{
		{"too many rows", strings.Repeat("a\n", maxSide+1), 0, "more than 1000 rows"},
		{"too many columns", "a\n" + strings.Repeat("東", maxSide/2+1), 0, "row 2: more than 1000 columns"},
		{"too many bytes", strings.Repeat("\x1b[0m", maxInput/4+1), 0, "more than 10485760 bytes"},
		{"a picture that is too wide", "a", maxSide + 1, "1001 columns"},
		{"one that is too narrow for anything", "a", -1, "-1 columns"},
	} {
		if err := convert(io.Discard, strings.NewReader(row.text), "t", row.columns); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// Whatever is on the screen, the picture is a document that every browser reads, all of its text is in it, and every run is
// within the screen and begins where the one before ends, or later.
func FuzzThePictureOfAScreen(f *testing.F) {
	for _, seed := range []string{
		"", "a\nb\n", "\x1b[1;31mred\x1b[0m <&>\"'", "東京 ●▲✖ ▁▂▃▄▅▆▇█", "\x1b[38;5;208;48;2;1;2;3m x \x1b[7m y", "e\u0301\u200d👩‍👩‍👧 \xff\x00\x1b[", "a\tb\rc", "\x1b]8;;x\x1b\\l\x9b31m", "\ufffe\uffff\u0085",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := parse(text)
		if err != nil {
			return
		}
		var picture strings.Builder
		if err := g.draw(&picture, text, g.columns()); err != nil {
			t.Fatal(err)
		}
		row, end, shown := -1, 0.0, ""
		for decoder := xml.NewDecoder(strings.NewReader(picture.String())); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in\n%s", err, picture.String())
			}
			switch token := token.(type) {
			case xml.StartElement:
				switch token.Name.Local {
				case "text":
					row, end = rowAt(t, token), margin
				case "tspan":
					x, length := number(t, token, "x"), number(t, token, "textLength")
					if x < end-0.01 || x+length > margin+float64(g.columns())*cellWidth+0.02 {
						t.Fatalf("row %d: a run from %g of %g begins before %g, or does not fit into %d columns", row, x, length, end, g.columns())
					}
					end = x + length
				}
			case xml.CharData:
				if row >= 0 {
					shown += string(token)
				}
			}
		}
		var want strings.Builder
		for _, cells := range g {
			for _, c := range cells {
				want.WriteString(c.text)
			}
		}
		if got := strings.ReplaceAll(shown, "\n", ""); got != want.String() {
			t.Fatalf("the text is %q, want %q", got, want.String())
		}
	})
}

// rowAt is the row of the screen in which a text stands.
func rowAt(t *testing.T, text xml.StartElement) int {
	row := (number(t, text, "y") - baseline - margin) / cellHeight
	if math.Abs(row-math.Round(row)) > 0.01 {
		t.Fatalf("a text stands between two rows: %g", row)
	}
	return int(math.Round(row))
}

func number(t *testing.T, e xml.StartElement, name string) float64 {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			n, err := strconv.ParseFloat(a.Value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal(fmt.Sprint("no ", name, " in ", e))
	return 0
}
