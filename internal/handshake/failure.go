package handshake

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/words"
)

// errCertificateWanted says that the server demands a client certificate.
var errCertificateWanted = errors.New("the server asked for a client certificate, and none is configured")

// certificateError marks our own certificates that could not be read.
type certificateError struct{ err error }

func (e *certificateError) Error() string { return e.err.Error() }
func (e *certificateError) Unwrap() error { return e.err }

// pinError says that the server's key is none of the pinned ones.
type pinError struct {
	certificate *x509.Certificate
	pins        []config.Pin
}

func (e *pinError) Error() string {
	return fmt.Sprintf("the public key of the server is %v, which is not pinned", config.PinOf(e.certificate))
}

// hint is what can be done about it.
func (e *pinError) hint() string {
	if slices.Contains(e.pins, sha256.Sum256(e.certificate.Raw)) {
		return "the pin is the fingerprint of the whole certificate: pin the one of its public key, which the error tells"
	}
	return "somebody else may be answering; if the server has a new key, compare the two there, and then change --tls-pin, or pin below `tls:`"
}

// IsFailure tells errors of the handshake, of a certificate, ours included, and of TLS
// afterwards.
func IsFailure(err error) bool {
	if err == nil {
		return false
	}
	var (
		pin          *pinError
		own          *certificateError
		verification *tls.CertificateVerificationError
		invalid      x509.CertificateInvalidError
		host         x509.HostnameError
		authority    x509.UnknownAuthorityError
		roots        x509.SystemRootsError
	)
	switch {
	case IsPlain(err), errors.Is(err, errCertificateWanted),
		errors.As(err, &pin), errors.As(err, &own), errors.As(err, &verification),
		errors.As(err, &invalid), errors.As(err, &host), errors.As(err, &authority), errors.As(err, &roots):
		return true
	}
	_, alert := alertText(err)
	return alert || strings.Contains(err.Error(), "tls: ")
}

// IsPlain tells that the peer answered a TLS handshake with something else.
func IsPlain(err error) bool {
	var header tls.RecordHeaderError
	return errors.As(err, &header)
}

// alertText is the reason for which the server ended the connection, in the words
// of package tls. This is how it reports an alert: there is no type for one.
func alertText(err error) (string, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return "", false
	}
	return strings.TrimPrefix(op.Err.Error(), "tls: "), true
}

// isRefusal tells the alerts with which servers answer that there is no client
// certificate, or not one that they accept.
func isRefusal(alert string) bool {
	switch alert {
	case "handshake failure", "bad certificate", "certificate required", "unsupported certificate", "unknown certificate",
		"unknown certificate authority", "expired certificate", "revoked certificate", "access denied":
		return true
	}
	return false
}

// Text is an error for which IsFailure holds in one line: which of all that can go
// wrong did.
func Text(err error) string {
	var (
		own       *certificateError
		pin       *pinError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
	)
	switch {
	case errors.Is(err, errCertificateWanted):
		return errCertificateWanted.Error()
	case errors.As(err, &own):
		return own.Error()
	case errors.As(err, &pin):
		return pin.Error()
	case errors.As(err, &host):
		return fmt.Sprintf("the certificate of the server is for %s, not for %s", namesOf(host.Certificate), host.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return whenValid(invalid.Cert)
	case errors.As(err, &authority):
		if leaf := leafOf(err); leaf != nil && bytes.Equal(leaf.RawIssuer, leaf.RawSubject) {
			return "the certificate of the server is self-signed, and not trusted"
		} else if leaf != nil {
			return fmt.Sprintf("the certificate of the server is signed by an authority that is not trusted: %s", plainName(leaf.Issuer.String()))
		}
	}
	if text, ok := alertText(err); ok {
		return "the server refused TLS: " + text
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}

// whenValid says of a certificate that is not valid now when it is.
func whenValid(c *x509.Certificate) string {
	const form = "2006-01-02 15:04:05 UTC"
	if time.Now().Before(c.NotBefore) {
		return "the certificate of the server is not valid before " + c.NotBefore.UTC().Format(form)
	}
	return "the certificate of the server expired at " + c.NotAfter.UTC().Format(form)
}

// mostNames bounds the names of a certificate that an error lists.
const mostNames = 5

// namesOf lists what a certificate is for.
func namesOf(c *x509.Certificate) string {
	var names []string
	for _, name := range c.DNSNames {
		names = append(names, plainName(name))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no name at all"
	}
	if more := len(names) - mostNames; more > 0 {
		names = append(names[:mostNames], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// plainName is what a certificate says, as a terminal can show it.
func plainName(name string) string { return words.Printable(name, mostText) }

// mostText is how much of a name in a certificate is shown, in bytes.
const mostText = 300

// leafOf is the certificate that could not be verified, nil where there is none.
func leafOf(err error) *x509.Certificate {
	var failed *tls.CertificateVerificationError
	if errors.As(err, &failed) && len(failed.UnverifiedCertificates) > 0 {
		return failed.UnverifiedCertificates[0]
	}
	return nil
}

// alertHints are what to do about the alerts of servers.
func alertHints() map[string]string {
	return map[string]string{
		"protocol version not supported": "the server speaks no version of TLS that is accepted here: update it, or look at --tls-min-version",
		"handshake failure":              "the server and this program agree on nothing: it may speak old versions of TLS only, or want a client certificate (--tls-cert)",
		"unrecognized name":              "the server does not know the name that it was asked for: give one that it knows with --tls-server-name",
	}
}

// Hint is what to do about an error for which IsFailure holds, of connections to the
// region of this name.
func Hint(err error, region string) string {
	var (
		pin       *pinError
		own       *certificateError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
	)
	switch {
	case errors.Is(err, errCertificateWanted):
		return "give --tls-cert and --tls-key, or cert and key below `tls:` of region " + region
	case errors.As(err, &own):
		return "the files of the certificates of region " + region + " could be read when the program started: look at what changed them"
	case errors.As(err, &pin):
		return pin.hint()
	case errors.As(err, &host):
		return "check the host of the URL, or say with --tls-server-name, or serverName below `tls:`, which of its names the certificate must have"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the certificate on the server, or check the clock of this machine"
	case errors.As(err, &authority):
		advice := "give the certificate of its authority with --tls-ca, or ca below `tls:`"
		if leaf := leafOf(err); leaf != nil {
			advice += fmt.Sprintf("; or compare its key on the server, and then give --tls-pin %v", config.PinOf(leaf))
		}
		return advice
	case strings.Contains(err.Error(), "unsupported protocol version"):
		return alertHints()["protocol version not supported"]
	}
	text, isAlert := alertText(err)
	if advice, ok := alertHints()[text]; ok {
		return advice
	}
	if isAlert && isRefusal(text) {
		return "the server does not accept the client certificate: check --tls-cert, and which authorities the server trusts"
	}
	return "the server's certificate was not accepted: check its names and its authority"
}
