package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// schemesOf are the colours of a style sheet by their names, for light, dark and print: those of each begin with :root.
func schemesOf(t *testing.T, css string) map[string]map[string]string {
	t.Helper()
	colour := regexp.MustCompile(`--([a-z0-9]+): (#[0-9a-f]{6});`)
	schemes := map[string]map[string]string{}
	for i, block := range strings.Split(css, ":root {")[1:] {
		body, _, _ := strings.Cut(block, "}")
		found := map[string]string{}
		for _, m := range colour.FindAllStringSubmatch(body, -1) {
			found[m[1]] = m[2]
		}
		if len(found) != 16 {
			t.Errorf("scheme %d has the colours %v", i, found)
		}
		schemes[[]string{"light", "dark", "print", "another"}[min(i, 3)]] = found
	}
	return schemes
}

// contrast is the ratio of two colours as WCAG 2.2 defines it.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) != 7 {
		t.Fatalf("no colour: %q", colour)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// The formula gives what the standard says of its ends.
func TestContrastOfBlackOnWhite(t *testing.T) {
	if got := contrast(t, "#000000", "#ffffff"); math.Abs(got-21) > 0.001 {
		t.Errorf("%v", got)
	}
	if got := contrast(t, "#777777", "#ffffff"); math.Abs(got-4.48) > 0.01 {
		t.Errorf("%v", got)
	}
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}
