package engine

// Match tells whether a name matches a pattern as KEYS, SCAN and PSUBSCRIBE have them: * for any text, ? for one byte,
// [a-c] and [^a] for one of, or none of, some bytes, and \ before a byte that is to be taken as it is. It takes time in
// proportion to the product of the lengths at the worst.
func Match(pattern, name string) bool {
	p, at := 0, 0
	star, resume := -1, 0 // where to go on, should what follows the last * not fit: with one more byte for the *
	for at < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, resume = p, at
			p++
			continue
		}
		if p < len(pattern) {
			if ok, length := matchByte(pattern[p:], name[at]); ok {
				p += length
				at++
				continue
			}
		}
		if star < 0 {
			return false
		}
		resume++
		p, at = star+1, resume
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchByte tells whether a byte fits the first element of a pattern, and how long that element is.
func matchByte(pattern string, b byte) (ok bool, length int) {
	switch pattern[0] {
	case '?':
		return true, 1
	case '[':
		return matchSet(pattern, b)
	case '\\':
		if len(pattern) > 1 {
			return pattern[1] == b, 2
		}
	}
	return pattern[0] == b, 1
}

// matchSet is matchByte for [...]. A set that is not closed ends with the pattern.
func matchSet(pattern string, b byte) (ok bool, length int) {
	i := 1
	not := i < len(pattern) && pattern[i] == '^'
	if not {
		i++
	}
	for ; i < len(pattern) && pattern[i] != ']'; i++ {
		low := pattern[i]
		high := low
		switch {
		case low == '\\' && i+1 < len(pattern):
			i++
			low, high = pattern[i], pattern[i]
		case i+2 < len(pattern) && pattern[i+1] == '-':
			high = pattern[i+2]
			i += 2
		}
		ok = ok || min(low, high) <= b && b <= max(low, high)
	}
	return ok != not, min(i+1, len(pattern))
}
