package commands

import (
	"hash/maphash"
	"strconv"
)

// scoreDigest is the digest of a score. Servers print one and the same in different ways, 0.1 or 0.10000000000000001 (Redis before
// 7.2), and the service in yet others: it is the number that counts. It is false for what is no number.
func scoreDigest(text []byte, seed maphash.Seed) (Digest, bool) {
	const longest = 64 // of what is taken for a number: 1.7976931348623157e+308 has 22
	if len(text) > longest {
		return 0, false
	}
	score, err := strconv.ParseFloat(string(text), 64)
	if err != nil || score != score {
		return 0, false
	}
	if score == 0 {
		score = 0 // there is a -0, which is the same
	}
	var buffer [32]byte
	return DigestOf(seed, strconv.AppendFloat(buffer[:0], score, 'g', -1, 64)), true
}

// numberDigest is the digest of an integer as the server keeps it, in decimal.
func numberDigest(n int64, seed maphash.Seed) Digest {
	var buffer [20]byte
	return DigestOf(seed, strconv.AppendInt(buffer[:0], n, 10))
}
