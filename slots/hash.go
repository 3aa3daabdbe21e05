package slots

// Count is the number of hash slots: they are numbered from 0 to Count-1.
const Count = 16384

// Of returns the slot of a key, or of a channel: CRC16/XMODEM of its [Tag], modulo [Count]. It does not allocate.
func Of(key string) int {
	return int(crc16(tag(key)) % Count)
}

// OfBytes is [Of] for a key in a buffer. It does not allocate and does not keep the buffer.
func OfBytes(key []byte) int {
	return int(crc16(tag(key)) % Count)
}

// Tag returns the part of a key that is hashed: what stands between the first '{' and the first '}' after it. Where there
// is no such pair, or nothing between the two, it is the whole key; a second pair is not looked for.
//
// This is the rule of the Redis Cluster specification. Redis Enterprise's default rule takes the text from the last '{' to
// the last '}' instead; on a name with exactly one pair of braces, as [Channel] makes them, both agree.
func Tag(key string) string {
	return tag(key)
}

func tag[T string | []byte](key T) T {
	opening := indexByte(key, '{', 0)
	if opening < 0 {
		return key
	}
	closing := indexByte(key, '}', opening+1)
	if closing <= opening+1 { // none, or nothing between the two
		return key
	}
	return key[opening+1 : closing]
}

// indexByte returns the position of the first b in text at or after from, or -1.
func indexByte[T string | []byte](text T, b byte, from int) int {
	for i := from; i < len(text); i++ {
		if text[i] == b {
			return i
		}
	}
	return -1
}
