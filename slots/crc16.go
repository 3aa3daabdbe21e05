package slots

// crc16 is CRC16/XMODEM, the checksum that Redis Cluster hashes keys with: polynomial 0x1021, initial value 0, not
// reflected, no final XOR. The check value of "123456789" is 0x31c3.
//
// Eight bytes are taken at a time: since a checksum is linear, that of eight bytes is the sum of those of each byte with as many
// zero bytes after it as follow it, and the checksum so far is added to the first two. So the look-ups do not wait for one
// another ("slicing-by-8": M. Kounavis, F. Berry, A Systematic Approach to Building High Performance, Software-based, CRC
// Generators, ISCC 2005).
func crc16[T string | []byte](text T) uint16 {
	var crc uint16
	for len(text) >= 8 {
		crc = crcTables[7][text[0]^byte(crc>>8)] ^ crcTables[6][text[1]^byte(crc)] ^
			crcTables[5][text[2]] ^ crcTables[4][text[3]] ^ crcTables[3][text[4]] ^
			crcTables[2][text[5]] ^ crcTables[1][text[6]] ^ crcTables[0][text[7]]
		text = text[8:]
	}
	for i := range len(text) {
		crc = crcStep(crc, text[i])
	}
	return crc
}

// crcStep is the checksum of a text with the checksum crc, lengthened by one byte.
func crcStep(crc uint16, b byte) uint16 {
	return crc<<8 ^ crcTables[0][byte(crc>>8)^b]
}
