package handshake

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
)

// Shown returns the certificates that the other side showed at a handshake that came to this, its own first, those that
// were not believed included; nil where it showed nothing.
func Shown(c net.Conn, err error) []*x509.Certificate {
	var (
		unbelieved *tls.CertificateVerificationError
		unpinned   *pinError
		untimely   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &unbelieved):
		return unbelieved.UnverifiedCertificates
	case errors.As(err, &unpinned):
		return []*x509.Certificate{unpinned.certificate}
	case errors.As(err, &untimely):
		return []*x509.Certificate{untimely.Cert}
	case err != nil:
		return nil
	}
	if secure, ok := c.(*tls.Conn); ok {
		return secure.ConnectionState().PeerCertificates
	}
	return nil
}
