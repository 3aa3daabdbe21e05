package report

import (
	"math"
	"testing"
	"time"
)

func TestRoughDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                "0 ms",
		40 * time.Microsecond:            "40 µs",
		100 * time.Microsecond:           "0.1 ms",
		412 * time.Microsecond:           "0.4 ms",
		9940 * time.Microsecond:          "9.9 ms",
		9960 * time.Microsecond:          "10 ms",
		61 * time.Millisecond:            "61 ms",
		999400 * time.Microsecond:        "999 ms",
		999600 * time.Microsecond:        "1.00 s",
		2854 * time.Millisecond:          "2.85 s",
		59994 * time.Millisecond:         "59.99 s",
		59996 * time.Millisecond:         "1m0s",
		90*time.Second + time.Nanosecond: "1m30s",
		-time.Second:                     "-1.00 s",
	} {
		if got := rough(d); got != want {
			t.Errorf("rough(%v) = %s, want %s", d, got, want)
		}
	}
}

func TestNumbersInWords(t *testing.T) {
	for got, want := range map[string]string{
		thousands(0):                "0",
		thousands(999):              "999",
		thousands(1000):             "1,000",
		thousands(1234567):          "1,234,567",
		thousands(-1234):            "-1234",
		count(0, "write"):           "no writes",
		count(1, "write"):           "1 write",
		count(9871, "write"):        "9,871 writes",
		perSecond(0.25):             "0.2",
		perSecond(4):                "4",
		perSecond(9.96):             "10",
		perSecond(1234.4):           "1,234",
		perSecond(math.NaN()):       "0",
		perSecond(1e300):            "1e+300",
		bytesText(999):              "999 bytes",
		bytesText(9216):             "9.2 kB",
		bytesText(3_500_000):        "3.5 MB",
		enumerate(nil):              "",
		enumerate([]string{"a"}):    "a",
		plain("out_of_memory"):      "out of memory",
		clean("a\x1b[2J\nb\u202ec"): "a\ufffd[2J b\ufffdc",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatOthersSaidWithinASentence(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"user is disabled.":                "user is disabled",
		"a\nb":                             "a; b",
		"in force: heal: gone\nheal: gone": "in force: heal: gone",
		"a\x1b[2J\r":                       "a\ufffd[2J\ufffd",
	} {
		if got := said(text); got != want {
			t.Errorf("said(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestALineIsAsWideAsItsTerminalWithinReason(t *testing.T) {
	for width, want := range map[int]int{-1: 100, 0: 100, 20: 60, 60: 60, 80: 80, 100: 100, 300: 100} {
		if got := (Style{Width: width}).columns(); got != want {
			t.Errorf("in a terminal of %d columns a line has %d, want %d", width, got, want)
		}
	}
}

func TestFoldBreaksAtWordsOnly(t *testing.T) {
	for _, test := range []struct {
		name, text    string
		indent, width int
		want          string
	}{
		{"nothing", "", 2, 10, "  "},
		{"what fits stays on one line", "a bc def", 0, 8, "a bc def"},
		{"one column less breaks it", "a bc def", 0, 7, "a bc\ndef"},
		{"every line is indented", "ab cd ef", 1, 6, " ab cd\n ef"},
		{"a word that is too long stands alone", "a abcdefghij b", 0, 5, "a\nabcdefghij\nb"},
		{"colour takes no room", "\x1b[31mab\x1b[0m cd", 0, 5, "\x1b[31mab\x1b[0m cd"},
		{"wide characters take two columns", "東京 ab", 0, 6, "東京\nab"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Fold(test.text, test.indent, test.width); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
