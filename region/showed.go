package region

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"sync"
)

// Chain is the certificates that a server showed, its own first.
type Chain struct {
	Address      string // of the server
	Certificates []*x509.Certificate
}

// mostChains bounds what is kept of them: each is kept once, and a server could show
// another one at every connection.
const mostChains = 1000

// showed is the chains that were shown at handshakes, those that were not believed
// included: when a certificate has expired is worth telling. The first server that
// showed a chain is named.
type showed struct {
	mu     sync.Mutex
	chains []Chain
}

// note takes what came of a handshake. Nil notes nothing.
func (s *showed) note(address string, c net.Conn, err error) {
	if s == nil {
		return
	}
	chain := chainOf(c, err)
	if len(chain) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := slices.ContainsFunc(s.chains, func(k Chain) bool {
		return slices.EqualFunc(k.Certificates, chain, (*x509.Certificate).Equal)
	})
	if !known && len(s.chains) < mostChains {
		s.chains = append(s.chains, Chain{address, chain})
	}
}

func (s *showed) all() []Chain {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.chains)
}

// chainOf is what the other side showed; nil where it showed nothing.
func chainOf(c net.Conn, err error) []*x509.Certificate {
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
