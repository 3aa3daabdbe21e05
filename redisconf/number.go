package redisconf

import (
	"math"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
)

// Size returns the bytes that a value such as 64mb stands for: k, m and g are powers of 1000, kb, mb and gb of 1024, in any
// case. What a server takes that nobody means, such as a unit without a number, is not ok, and neither is what does not fit.
func Size(value string) (bytes int64, ok bool) {
	digits, unit := sizeParts(value)
	n, err := strconv.ParseInt(digits, 10, 64)
	times, known := units.Get()[lower(unit)]
	if err != nil || !known || n > math.MaxInt64/int64(times) {
		return 0, false
	}
	return n * int64(times), true
}

// units are those of memtoull (util.c).
var units = lazy.Value[map[string]uint64]{Make: func() map[string]uint64 {
	return map[string]uint64{
		"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1000 * 1000, "mb": 1 << 20, "g": 1000 * 1000 * 1000, "gb": 1 << 30,
	}
}}

func sizeParts(value string) (digits, unit string) {
	unit = strings.TrimLeft(value, "0123456789")
	return strings.TrimSuffix(value, unit), unit
}

// bytesOf reads a size as memtoull does: without digits it is 0, digits beyond 64 bits are the most, and a product that does
// not fit loses its upper bits. A server takes the result for a signed number.
func bytesOf(value string) (n int64, ok bool) {
	const tooLong = 128 // digits
	digits, unit := sizeParts(untilZero(value))
	times, known := units.Get()[lower(unit)]
	if !known || len(digits) >= tooLong {
		return 0, false
	}
	count, _ := strconv.ParseUint(digits, 10, 64) // the most, where it does not fit
	return int64(count * times), true
}

// plainInteger reads an integer as string2ll (util.c) does: no plus, no blanks, no zeros before it.
func plainInteger(value string) (n int64, ok bool) {
	n, err := strconv.ParseInt(value, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == value
}

// leadingInteger reads what a value begins with, as strtoll of C does: after blanks, with a sign or without; 0 where there is
// no digit. It returns what follows; what does not fit is the most or the least, and does not fit.
func leadingInteger(value string, base int) (n int64, rest string, fits bool) {
	value = untilZero(value)
	body := strings.TrimLeft(value, blanks)
	sign := ""
	if body != "" && strings.IndexByte("+-", body[0]) >= 0 {
		sign, body = body[:1], body[1:]
	}
	rest = strings.TrimLeft(body, "0123456789"[:base])
	digits := strings.TrimSuffix(body, rest)
	if digits == "" {
		return 0, value, true
	}
	n, err := strconv.ParseInt(sign+digits, base, 64)
	return n, rest, err == nil
}

// asInt is what C makes of a number in a smaller place, an int: its lower half.
func asInt(n int64) int64 { return int64(int32(n)) }

// untilZero returns what C sees of a text: it ends at a byte of zero.
func untilZero(s string) string {
	before, _, _ := strings.Cut(s, "\x00")
	return before
}
