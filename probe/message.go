package probe

import (
	"bytes"
	"strconv"
)

// A message on the wire is text, so that whoever looks at the traffic can read it:
//
//	aaf1 OBSERVER SEQUENCE NONCE
//
// with the sequence number in decimal and the nonce as 16 hexadecimal digits. The channel says region and slot.
type message struct {
	observer string
	seq      uint64
	nonce    uint64
}

const (
	messageMark = "aaf1 "
	maxObserver = 32
	nonceDigits = 16
	// randomObserver is the length of an id that is made up.
	randomObserver = 8
	// maxMessage is the longest text that append makes: mark, observer, 20 digits, nonce and two spaces.
	maxMessage = len(messageMark) + maxObserver + 1 + 20 + 1 + nonceDigits
)

// append appends the text of the message to b.
func (m message) append(b []byte) []byte {
	b = append(b, messageMark...)
	b = append(b, m.observer...)
	b = append(b, ' ')
	b = strconv.AppendUint(b, m.seq, 10)
	b = append(b, ' ')
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[m.nonce>>shift&15])
	}
	return b
}

// parsed is a message whose observer still lies in the buffer that it was read from.
type parsed struct {
	observer []byte
	seq      uint64
	nonce    uint64
}

// parseMessage takes a text apart. It accepts exactly what append makes, byte by byte, so that no message has two texts.
// It does not allocate.
func parseMessage(text []byte) (parsed, bool) {
	var p parsed
	if len(text) > maxMessage {
		return p, false
	}
	rest, ok := bytes.CutPrefix(text, []byte(messageMark))
	if !ok {
		return p, false
	}
	observer, rest, ok := bytes.Cut(rest, []byte(" "))
	if !ok || !validObserver(observer) {
		return p, false
	}
	seq, nonce, ok := bytes.Cut(rest, []byte(" "))
	if !ok {
		return p, false
	}
	p.observer = observer
	if p.seq, ok = parseDecimal(seq); !ok {
		return p, false
	}
	p.nonce, ok = parseNonce(nonce)
	return p, ok
}

// parseDecimal reads a number without sign and without leading zeros.
func parseDecimal(text []byte) (uint64, bool) {
	if len(text) == 0 || len(text) > 20 || (text[0] == '0' && len(text) > 1) {
		return 0, false
	}
	var n uint64
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		d := uint64(c - '0')
		if n > (1<<64-1-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// parseNonce reads 16 lower-case hexadecimal digits.
func parseNonce(text []byte) (uint64, bool) {
	if len(text) != nonceDigits {
		return 0, false
	}
	var n uint64
	for _, c := range text {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | uint64(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

// validObserver tells whether a text can be the id of an observer.
func validObserver(id []byte) bool {
	if len(id) == 0 || len(id) > maxObserver {
		return false
	}
	for _, c := range id {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}
