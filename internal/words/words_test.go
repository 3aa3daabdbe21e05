package words

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
		59996 * time.Millisecond:         "1m",
		90*time.Second + time.Nanosecond: "1m30s",
		10 * time.Minute:                 "10m",
		time.Hour + 20*time.Second:       "1h0m20s",
		25 * time.Hour:                   "25h",
		-time.Second:                     "-1.00 s",
	} {
		if got := Rough(d); got != want {
			t.Errorf("Rough(%v) = %s, want %s", d, got, want)
		}
	}
}

// What is typed is read back as what it was.
func TestTypedDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                       "0s",
		250 * time.Millisecond:  "250ms",
		1500 * time.Millisecond: "1.5s",
		10 * time.Second:        "10s",
		10 * time.Minute:        "10m",
		90 * time.Second:        "1m30s",
		time.Hour:               "1h",
		90 * time.Minute:        "1h30m",
		20 * time.Hour:          "20h",
		time.Hour + time.Second: "1h0m1s",
		-time.Hour:              "-1h",
		math.MinInt64:           time.Duration(math.MinInt64).String(),
	} {
		if got := Typed(d); got != want {
			t.Errorf("Typed(%v) = %s, want %s", d, got, want)
		}
		if back, err := time.ParseDuration(Typed(d)); back != d {
			t.Errorf("%s is read as %v, %v", Typed(d), back, err)
		}
	}
}

func TestNumbersInWords(t *testing.T) {
	for got, want := range map[string]string{
		Thousands(0):                           "0",
		Thousands(999):                         "999",
		Thousands(1000):                        "1,000",
		Thousands(1234567):                     "1,234,567",
		Thousands(-1234):                       "-1234",
		Count(0, "write"):                      "no writes",
		Count(1, "write"):                      "1 write",
		Count(9871, "write"):                   "9,871 writes",
		Amount(0.25):                           "0.2",
		Amount(4):                              "4",
		Amount(9.96):                           "10",
		Amount(1234.4):                         "1,234",
		Amount(math.NaN()):                     "0",
		Amount(1e300):                          "1e+300",
		Bytes(999):                             "999 bytes",
		Bytes(9216):                            "9.2 kB",
		Bytes(3_500_000):                       "3.5 MB",
		Enumerate(nil):                         "",
		Enumerate([]string{"a"}):               "a",
		Plain("out_of_memory"):                 "out of memory",
		Printable("a\x1b[é", 9):                "a?[?",
		Printable("##vso[a] ##[b] ###[c]", 60): "#?vso[a] #?[b] #?#[c]",
		Printable("abcdef", 3):                 "abc…",
		Clean("a\x1b[2J\nb\u202ec"):            "a\ufffd[2J b\ufffdc",
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
		if got := Said(text); got != want {
			t.Errorf("Said(%q) = %q, want %q", text, got, want)
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
