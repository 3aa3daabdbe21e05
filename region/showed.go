package region

import (
	"crypto/x509"
	"net"
	"slices"
	"sync"

	"github.com/aafailover/aafailover/internal/handshake"
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
	chain := handshake.Shown(c, err)
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
