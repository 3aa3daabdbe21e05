package main

import (
	"math"
	"strings"
	"testing"
)

func TestThePictureHasItsTextInItsPlaces(t *testing.T) {
	t.Parallel()
	var picture strings.Builder
	if err := convert(&picture, strings.NewReader("a <\x1b[1;4;31mb\x1b[0m\n\n\x1b[41m東\x1b[0;2mc"), "two & three", 10); err != nil {
		t.Fatal(err)
	}
	const want = `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title" width="116" height="83" viewBox="0 0 116 83">
<title id="title">two &amp; three</title>
<rect x="0.5" y="0.5" width="115" height="82" rx="8" fill="#161b22" stroke="#484f58"/>
<g font-family="ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace" font-size="14" fill="#e6edf3">
<text y="29" xml:space="preserve" style="white-space: pre"><tspan x="16" textLength="25.2" lengthAdjust="spacingAndGlyphs">a &lt;</tspan><tspan x="41.2" textLength="8.4" lengthAdjust="spacingAndGlyphs" fill="#ff7b72" font-weight="bold" text-decoration="underline">b</tspan></text>
<rect x="16" y="50" width="16.8" height="17" fill="#ff7b72" shape-rendering="crispEdges"/>
<text y="63" xml:space="preserve" style="white-space: pre"><tspan x="16" textLength="16.8" lengthAdjust="spacingAndGlyphs">東</tspan><tspan x="32.8" textLength="8.4" lengthAdjust="spacingAndGlyphs" fill="#9da4aa">c</tspan></text>
</g>
</svg>
`
	if got := picture.String(); got != want {
		t.Errorf("the picture is\n%s\nwant\n%s", got, want)
	}
}

func TestReversedTextIsPaperOnInk(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name       string
		style      style
		ink, paper colour
	}{
		{"plain", style{}, inkOfCard, paperOfCard},
		{"reversed", style{reverse: true}, paperOfCard, inkOfCard},
		{"reversed in a colour", style{ink: red, reverse: true}, paperOfCard, red},
		{"hidden", style{paper: red, hidden: true}, red, red},
		{"faint is on the way to the paper", style{faint: true}, inkOfCard.towards(paperOfCard, fainter), paperOfCard},
	} {
		if ink, paper := row.style.colours(); ink != row.ink || paper != row.paper {
			t.Errorf("%s: %v on %v", row.name, ink, paper)
		}
	}
}

func TestABarOfFullBlocksHasNoSeams(t *testing.T) {
	t.Parallel()
	var picture strings.Builder
	if err := convert(&picture, strings.NewReader("a\x1b[31m██\x1b[0m▇█"), "bars", 10); err != nil {
		t.Fatal(err)
	}
	const bar = `<rect x="24.4" y="16" width="16.8" height="17" fill="#ff7b72" shape-rendering="crispEdges"/>`
	if got := picture.String(); !strings.Contains(got, bar) || strings.Count(got, "<rect") != 2 {
		t.Errorf("want one %s beside the card in\n%s", bar, got)
	}
}

// The Web Content Accessibility Guidelines ask for a contrast of 4.5 for text.
func TestEveryNamedColourCanBeReadOnTheCard(t *testing.T) {
	t.Parallel()
	const black = 0
	for i, c := range append(named[:], inkOfCard, inkOfCard.towards(paperOfCard, fainter)) {
		if ratio := contrast(c, paperOfCard); ratio < 4.5 && i != black {
			t.Errorf("colour %d, %v: %.1f", i, c, ratio)
		}
	}
}

// contrast is that of WCAG 2: of relative luminances.
func contrast(a, b colour) float64 {
	luminance := func(c colour) float64 {
		linear := func(part uint8) float64 {
			if v := float64(part) / 255; v > 0.04045 {
				return math.Pow((v+0.055)/1.055, 2.4)
			}
			return float64(part) / 255 / 12.92
		}
		return 0.2126*linear(c.red) + 0.7152*linear(c.green) + 0.0722*linear(c.blue)
	}
	high, low := max(luminance(a), luminance(b)), min(luminance(a), luminance(b))
	return (high + 0.05) / (low + 0.05)
}
