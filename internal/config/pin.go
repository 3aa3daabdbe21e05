package config

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// Pin is the SHA-256 of a public key, in the form in which certificates hold it (SubjectPublicKeyInfo). It stays the same
// when a certificate is renewed with the same key.
type Pin [sha256.Size]byte

const pinHint = "a pin is sha256: and the SHA-256 of the public key in hexadecimal or base64, as `openssl x509 -in CERT -noout -pubkey | " +
	"openssl pkey -pubin -outform der | openssl dgst -sha256` prints it"

// ParsePin reads sha256:HEX, with or without colons between the bytes, sha256:BASE64, and sha256//BASE64 as curl's
// --pinnedpubkey takes it.
func ParsePin(text string) (Pin, error) {
	digits, ok := strings.CutPrefix(text, "sha256:")
	if !ok {
		if digits, ok = strings.CutPrefix(text, "sha256//"); !ok {
			return Pin{}, hint.Wrap(errors.New("the pin begins with something else than sha256"), pinHint)
		}
	}
	var pin Pin
	compact := strings.ReplaceAll(digits, ":", "")
	if isHex(compact) {
		if len(compact) != hex.EncodedLen(len(pin)) {
			return Pin{}, hint.Wrap(fmt.Errorf("the pin has %d hexadecimal digits, and a SHA-256 has %d", len(compact), hex.EncodedLen(len(pin))), pinHint)
		}
		_, err := hex.Decode(pin[:], []byte(compact))
		return pin, err
	}
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(digits, "="))
	if err != nil {
		return Pin{}, hint.Wrap(errors.New("the pin is neither hexadecimal nor base64"), pinHint)
	}
	if len(decoded) != len(pin) {
		return Pin{}, hint.Wrap(fmt.Errorf("the pin has %d bytes, and a SHA-256 has %d", len(decoded), len(pin)), pinHint)
	}
	return Pin(decoded), nil
}

func isHex(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) })
}

// PinOf is the pin of the public key in a certificate.
func PinOf(certificate *x509.Certificate) Pin {
	return sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
}

// String is sha256: and the hexadecimal digits.
func (p Pin) String() string { return "sha256:" + hex.EncodeToString(p[:]) }
