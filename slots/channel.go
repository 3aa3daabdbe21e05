package slots

import (
	"encoding/hex"
	"strings"
)

// Channel returns the name of the pub/sub channel that the named region publishes on to try a slot: PREFIX:{KEY}:REGION,
// with KEY from [Key]. It hashes to the slot.
//
// The name has exactly one pair of braces and no line break, whatever prefix and region are called, so that the greedy
// default rule of Redis Enterprise, `.*\{(?<tag>.*)\}.*`, finds the same key as Redis does: braces, control characters and
// the percent sign itself are written as %xx. It panics when the slot is out of range.
func Channel(prefix string, slot int, region string) string {
	return escape(prefix) + ":{" + Key(slot) + "}:" + escape(region)
}

// ParseChannel takes the name of a channel apart. It is ok only for a name that [Channel] makes of the same parts.
func ParseChannel(channel string) (prefix string, slot int, region string, ok bool) {
	before, rest, found := strings.Cut(channel, ":{")
	key, after, closed := strings.Cut(rest, "}:")
	if !found || !closed {
		return "", 0, "", false
	}
	prefix, slot, region = unescape(before), Of(key), unescape(after)
	if Channel(prefix, slot, region) != channel {
		return "", 0, "", false
	}
	return prefix, slot, region, true
}

// odd tells the bytes that may not stand in the name of a channel as they are.
func odd(b byte) bool {
	return b == '{' || b == '}' || b == '%' || b < ' ' || b == 0x7f
}

// escape writes the odd bytes of text as %xx.
func escape(text string) string {
	var out strings.Builder
	for i := range len(text) {
		if odd(text[i]) {
			out.WriteByte('%')
			out.WriteString(hex.EncodeToString([]byte{text[i]}))
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// unescape undoes escape. What escape cannot have written stays as it is: ParseChannel notices by escaping again.
func unescape(text string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "%")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if len(after) < 2 {
			out.WriteByte('%')
			text = after
			continue
		}
		b, err := hex.DecodeString(after[:2])
		if err != nil {
			out.WriteByte('%')
			text = after
			continue
		}
		out.WriteByte(b[0])
		text = after[2:]
	}
}
