package resp

import "strconv"

// The Append functions add one encoded value to dst and return it, as append
// does. None of them allocates when dst has room.

// AppendCommand adds a request: an array of bulk strings.
func AppendCommand[T ~string | ~[]byte](dst []byte, args ...T) []byte {
	dst = AppendArrayLen(dst, len(args))
	for _, a := range args {
		dst = AppendBulk(dst, a)
	}
	return dst
}

// AppendBulk adds a bulk string.
func AppendBulk[T ~string | ~[]byte](dst []byte, s T) []byte {
	dst = appendHead(dst, Bulk, int64(len(s)))
	dst = append(dst, s...)
	return append(dst, '\r', '\n')
}

// AppendSimple adds a simple string, which must not hold a line end.
func AppendSimple(dst []byte, s string) []byte {
	dst = append(dst, byte(SimpleString))
	dst = append(dst, s...)
	return append(dst, '\r', '\n')
}

// AppendError adds an error reply, which must not hold a line end. The text
// begins with its code: "ERR unknown command".
func AppendError(dst []byte, s string) []byte {
	dst = append(dst, byte(Error))
	dst = append(dst, s...)
	return append(dst, '\r', '\n')
}

// AppendInt adds an integer.
func AppendInt(dst []byte, n int64) []byte { return appendHead(dst, Integer, n) }

// AppendArrayLen adds the head of an array; its n elements are to follow.
func AppendArrayLen(dst []byte, n int) []byte { return appendHead(dst, Array, int64(n)) }

// AppendPushLen adds the head of a RESP3 push; its n elements are to follow.
func AppendPushLen(dst []byte, n int) []byte { return appendHead(dst, Push, int64(n)) }

// AppendMapLen adds the head of a map of n pairs: a RESP3 map, or in RESP2 the
// flat array of twice as many elements.
func AppendMapLen(dst []byte, n int, resp3 bool) []byte {
	if resp3 {
		return appendHead(dst, Map, int64(n))
	}
	return AppendArrayLen(dst, 2*n)
}

// AppendNull adds the null of RESP3, or the null bulk string of RESP2.
func AppendNull(dst []byte, resp3 bool) []byte {
	if resp3 {
		return append(dst, "_\r\n"...)
	}
	return append(dst, "$-1\r\n"...)
}

// AppendNullArray adds the null of RESP3, or the null array of RESP2, which is
// what a discarded transaction answers.
func AppendNullArray(dst []byte, resp3 bool) []byte {
	if resp3 {
		return append(dst, "_\r\n"...)
	}
	return append(dst, "*-1\r\n"...)
}

func appendHead(dst []byte, kind Kind, n int64) []byte {
	dst = append(dst, byte(kind))
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, '\r', '\n')
}
