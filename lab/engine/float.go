package engine

import (
	"bytes"
	"math/big"
)

// float is a number as INCRBYFLOAT computes with it: Redis uses the long double of x86, which has 64 bits of mantissa.
type float struct{ big.Float }

const (
	floatBits        = 64
	floatMaxExponent = 16384     // of a mantissa within [0.5, 1)
	floatMinExponent = -16444    // of the smallest number that is not zero
	longestFloat     = 5<<10 - 1 // characters that Redis reads as a number
)

// parseFloat reads what strtold does, which Redis leaves it to: a decimal or hexadecimal number, or an infinity.
func parseFloat(text []byte) (f float, ok bool) {
	f.SetPrec(floatBits)
	unsigned := bytes.TrimLeft(text, "+-")
	if len(text)-len(unsigned) > 1 {
		return f, false
	}
	if is(unsigned, "inf") || is(unsigned, "infinity") {
		f.SetInf(text[0] == '-')
		return f, true
	}
	base, alphabet, marks := 10, "0123456789.eE+-", "eE"
	if len(unsigned) > 1 && is(unsigned[:2], "0x") {
		base, alphabet, marks = 0, "0123456789.abcdefABCDEFxXpP+-", "pP" // 0: by the prefix
	}
	// Parse would take more than that: underscores, binary exponents, other prefixes.
	if len(text) > longestFloat || len(bytes.Trim(unsigned, alphabet)) > 0 {
		return f, false
	}
	mantissa, exponent := text, []byte("0")
	if i := bytes.IndexAny(text, marks); i >= 0 {
		mantissa, exponent = text[:i], text[i+1:]
	}
	zero := !bytes.ContainsAny(mantissa, "123456789abcdefABCDEF")
	if zero && isExponent(exponent) {
		text = mantissa // zero however large the exponent, which Parse would refuse
	}
	if _, _, err := f.Parse(string(text), base); err != nil {
		return f, false
	}
	return f, f.inRange() && zero == (f.Sign() == 0)
}

// isExponent tells whether text is digits with or without a sign.
func isExponent(text []byte) bool {
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	return len(text) > 0 && len(bytes.Trim(text, "0123456789")) == 0
}

// inRange tells whether a long double can hold the number.
func (f *float) inRange() bool {
	exponent := f.MantExp(nil)
	return f.Sign() == 0 || !f.IsInf() && floatMinExponent <= exponent && exponent <= floatMaxExponent
}

// add returns the sum, and false when that is no finite number.
func (f *float) add(g float) (sum float, ok bool) {
	if f.IsInf() || g.IsInf() {
		return sum, false
	}
	sum.SetPrec(floatBits).Add(&f.Float, &g.Float)
	return sum, sum.inRange()
}

// text returns the number with 17 digits after the point, without the zeros at its end.
func (f *float) text() []byte {
	text := f.Append(nil, 'f', 17)
	text = bytes.TrimRight(text, "0")
	text = bytes.TrimSuffix(text, []byte("."))
	if string(text) == "-0" {
		return text[1:]
	}
	return text
}
