package probe

import (
	"math"
	"testing"
)

func TestMessageTexts(t *testing.T) {
	const good = "aaf1 me 42 00000000000000ff"
	if got := string(message{observer: "me", seq: 42, nonce: 255}.append(nil)); got != good {
		t.Errorf("%q", got)
	}
	longest := message{observer: "abcdefghijklmnopqrstuvwxyz-01234", seq: math.MaxUint64, nonce: math.MaxUint64}.append(nil)
	if len(longest) != maxMessage {
		t.Errorf("the longest message has %d bytes, not %d", len(longest), maxMessage)
	}
	if p, ok := parseMessage(longest); !ok || p.seq != math.MaxUint64 || p.nonce != math.MaxUint64 {
		t.Errorf("%+v %v", p, ok)
	}
	for name, text := range map[string]string{
		"nothing":                           "",
		"the mark alone":                    "aaf1 ",
		"another version":                   "aaf2 me 42 00000000000000ff",
		"no observer":                       "aaf1  42 00000000000000ff",
		"an observer with a capital letter": "aaf1 Me 42 00000000000000ff",
		"an observer that is too long":      "aaf1 abcdefghijklmnopqrstuvwxyz-012345 4 00000000000000ff",
		"no nonce":                          "aaf1 me 42",
		"a nonce that is too short":         "aaf1 me 42 0000000000000ff",
		"a nonce that is too long":          "aaf1 me 42 000000000000000ff",
		"a nonce in capital letters":        "aaf1 me 42 00000000000000FF",
		"a number with a sign":              "aaf1 me +42 00000000000000ff",
		"a number with leading zeros":       "aaf1 me 042 00000000000000ff",
		"a number that is too large":        "aaf1 me 18446744073709551616 00000000000000ff",
		"no number":                         "aaf1 me  00000000000000ff",
		"something after it":                good + " ",
		"something before it":               " " + good,
	} {
		if p, ok := parseMessage([]byte(text)); ok {
			t.Errorf("%s: %q is taken for %+v", name, text, p)
		}
	}
}

func TestReadingAMessageDoesNotAllocate(t *testing.T) {
	text := message{observer: "me", seq: 42, nonce: 255}.append(nil)
	if n := testing.AllocsPerRun(100, func() { parseMessage(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte("aaf1 me 42 00000000000000ff"))
	f.Add([]byte("aaf1 a-b 18446744073709551615 ffffffffffffffff"))
	f.Add([]byte("aaf1  0 "))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, ok := parseMessage(text)
		if !ok {
			return
		}
		// Whatever is taken for a message is exactly what append writes.
		if again := (message{observer: string(p.observer), seq: p.seq, nonce: p.nonce}).append(nil); string(again) != string(text) {
			t.Errorf("%q is read as %q", text, again)
		}
	})
}
