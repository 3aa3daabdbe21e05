package slots_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/slots"
)

// names are regions and prefixes that a configuration might hold, and some that it had better not.
var names = []string{
	"us", "eu-west-1", "", "a:b", ":", "São Paulo", "東京", "{", "}", "{}", "}:{", "x{y}z", "100%", "%7b", "%", "%2", "%zz",
	"tab\tand\nline", "\x00\x7f", "(*)[?]", "\xff\xfe", ":{1bz}:us",
}

func TestChannelHashesToItsSlotWhateverItsParts(t *testing.T) {
	greedy := regexp.MustCompile(`^.*\{(?P<tag>.*)\}.*$`) // Redis Enterprise's default shard_key_regex
	for _, prefix := range names {
		for i, region := range names {
			slot := (i*1009 + len(prefix)*257) % slots.Count
			channel := slots.Channel(prefix, slot, region)
			if got := slots.Of(channel); got != slot {
				t.Errorf("Of(%q) = %d, want %d", channel, got, slot)
			}
			if strings.Count(channel, "{") != 1 || strings.Count(channel, "}") != 1 {
				t.Errorf("%q has not exactly one pair of braces", channel)
			}
			if tag := greedy.FindStringSubmatch(channel); tag == nil || tag[1] != slots.Key(slot) {
				t.Errorf("the greedy rule finds %q in %q, want %q", tag, channel, slots.Key(slot))
			}
			p, s, r, ok := slots.ParseChannel(channel)
			if !ok || p != prefix || s != slot || r != region {
				t.Errorf("ParseChannel(%q) = %q, %d, %q, %v; want %q, %d, %q", channel, p, s, r, ok, prefix, slot, region)
			}
		}
	}
}

func TestChannelName(t *testing.T) {
	if got, want := slots.Channel("aafailover", 12182, "us"), "aafailover:{"+slots.Key(12182)+"}:us"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := slots.Channel("p", 0, "a{b}%"), "p:{1bz}:a%7bb%7d%25"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestChannelsOfDifferentRegionsDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, region := range names {
		channel := slots.Channel("aafailover", 7, region)
		if other, found := seen[channel]; found {
			t.Errorf("regions %q and %q share the channel %q", other, region, channel)
		}
		seen[channel] = region
	}
}

func TestParseChannelRefusesWhatChannelDoesNotMake(t *testing.T) {
	for _, test := range []struct{ name, channel string }{
		{"nothing", ""},
		{"no braces", "aafailover:1bz:us"},
		{"no region", "aafailover:{1bz}"},
		{"no separator before the braces", "aafailover{1bz}:us"},
		{"a key that is not the first of its slot", "aafailover:{somekey}:us"},
		{"an empty key", "aafailover:{}:us"},
		{"a second pair of braces", "aafailover:{1bz}:{us}"},
		{"braces in the prefix", "{x}:{1bz}:us"},
		{"an unclosed pair", "aafailover:{1bz:us"},
		{"a percent sign that escapes nothing", "aafailover:{1bz}:100%"},
		{"an escape that is not needed", "aafailover:{1bz}:%61"},
		{"an escape in capitals", "aafailover:{1bz}:%7B"},
		{"a control character", "aafailover:{1bz}:a\nb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if prefix, slot, region, ok := slots.ParseChannel(test.channel); ok || prefix != "" || slot != 0 || region != "" {
				t.Errorf("ParseChannel(%q) = %q, %d, %q, %v; want nothing", test.channel, prefix, slot, region, ok)
			}
		})
	}
}

func FuzzParseChannel(f *testing.F) {
	for _, name := range names {
		f.Add(name)
		f.Add(slots.Channel(name, len(name), name))
	}
	f.Fuzz(func(t *testing.T, channel string) {
		if prefix, slot, region, ok := slots.ParseChannel(channel); ok && slots.Channel(prefix, slot, region) != channel {
			t.Errorf("%q is taken for %q, %d, %q, which is another channel", channel, prefix, slot, region)
		}
		made := slots.Channel(channel, 5461, channel)
		if prefix, slot, region, ok := slots.ParseChannel(made); !ok || prefix != channel || slot != 5461 || region != channel {
			t.Errorf("%q is not read back as it was made", made)
		}
	})
}
