package slots_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/slots"
)

// bitwise is CRC16/XMODEM as its definition has it, one bit at a time.
func bitwise(text string) uint16 {
	var crc uint16
	for i := range len(text) {
		crc ^= uint16(text[i]) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

// slotByDefinition follows the wording of the Redis Cluster specification with the standard library's string functions.
func slotByDefinition(key string) int {
	if _, rest, opened := strings.Cut(key, "{"); opened {
		if tag, _, closed := strings.Cut(rest, "}"); closed && tag != "" {
			key = tag
		}
	}
	return int(bitwise(key)) % 16384
}

func TestOfPublishedValues(t *testing.T) {
	for key, want := range map[string]int{
		"":              0,
		"123456789":     12739, // 0x31c3, the check value of CRC16/XMODEM, modulo 16384
		"foo":           12182, // in the documentation of CLUSTER KEYSLOT
		"somekey":       11058,
		"foo{hash_tag}": 2515,
		"bar{hash_tag}": 2515,
	} {
		if got := slots.Of(key); got != want {
			t.Errorf("Of(%q) = %d, want %d", key, got, want)
		}
		if got := slots.OfBytes([]byte(key)); got != want {
			t.Errorf("OfBytes(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestTag(t *testing.T) {
	for _, test := range []struct{ name, key, want string }{
		{"a key without braces is hashed whole", "user1000.following", "user1000.following"},
		{"the text between the braces is hashed", "{user1000}.following", "user1000"},
		{"it may stand at the end", "following.{user1000}", "user1000"},
		{"the whole key may be a tag", "{user1000}", "user1000"},
		{"an empty tag is none, and a later pair is not looked for", "foo{}{bar}", "foo{}{bar}"},
		{"an empty tag alone is hashed whole", "{}", "{}"},
		{"a nested opening brace belongs to the tag, which ends at the first closing one", "foo{{bar}}zap", "{bar"},
		{"of two pairs the first counts", "foo{bar}{zap}", "bar"},
		{"an unclosed brace is no tag", "foo{bar", "foo{bar"},
		{"an opening brace at the end is no tag", "foobar{", "foobar{"},
		{"a closing brace alone is no tag", "foo}bar", "foo}bar"},
		{"closing before opening is no tag", "}foo{", "}foo{"},
		{"a closing brace before the pair is passed over", "foo}bar{baz}", "baz"},
		{"the empty key", "", ""},
		{"bytes that are not ASCII are bytes like others", "\xff{\x80\xfe}\x00", "\x80\xfe"},
		{"a blank is a tag", "a{ }b", " "},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := slots.Tag(test.key); got != test.want {
				t.Errorf("Tag(%q) = %q, want %q", test.key, got, test.want)
			}
			if got, want := slots.Of(test.key), int(bitwise(test.want))%16384; got != want {
				t.Errorf("Of(%q) = %d, want %d", test.key, got, want)
			}
		})
	}
}

func TestOfEverySingleByte(t *testing.T) {
	for b := range 256 {
		key := string([]byte{byte(b)})
		if got, want := slots.Of(key), slotByDefinition(key); got != want {
			t.Errorf("Of(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestOfDoesNotAllocate(t *testing.T) {
	key := strings.Repeat("long.", 100) + "{user1000}.following"
	buffer := []byte(key)
	if n := testing.AllocsPerRun(100, func() { slots.Of(key); slots.OfBytes(buffer) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func FuzzOf(f *testing.F) {
	for _, seed := range []string{"", "foo", "{}", "a{b}c", "foo{}{bar}", "foo{{bar}}zap", "\x80\xff{\x00}", "}{", "{a", "12345678", "session:00000000-0000-0000-0000-000000000000", "0123456789{abcdefgh}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		want := slotByDefinition(string(key))
		if got := slots.OfBytes(key); got != want {
			t.Errorf("OfBytes(%q) = %d, want %d", key, got, want)
		}
		if got := slots.Of(string(key)); got != want {
			t.Errorf("Of(%q) = %d, want %d", key, got, want)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	for name, key := range map[string]string{"short": "foo", "tagged": "aafailover:{63n}:us", "long": strings.Repeat("x", 256)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				slots.Of(key)
			}
		})
	}
}
