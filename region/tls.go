package region

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/config"
)

// security is how the connections to a region with a rediss:// URL are secured.
type security struct {
	options config.TLS

	mu          sync.Mutex
	authorities renewed[*x509.CertPool]
	certificate renewed[*tls.Certificate]
}

func newSecurity(options config.TLS) *security {
	return &security{
		options:     options,
		authorities: renewed[*x509.CertPool]{read: options.Authorities, paths: []string{options.CAFile}},
		certificate: renewed[*tls.Certificate]{read: options.Certificate, paths: []string{options.CertFile, options.KeyFile}},
	}
}

// renewed is what is read from files, and read again when they have changed.
type renewed[T any] struct {
	read  func() (T, error)
	paths []string

	value T
	as    []os.FileInfo // of the files that value was read from; nil: none yet
}

// get returns what the files hold. While they cannot be read, what they held
// before is used: a certificate and its key are not replaced at the same instant.
func (r *renewed[T]) get() (T, error) {
	now := make([]os.FileInfo, len(r.paths))
	for i, path := range r.paths {
		now[i], _ = os.Stat(path)
	}
	if r.as != nil && slices.EqualFunc(r.as, now, sameVersion) {
		return r.value, nil
	}
	value, err := r.read()
	if err == nil {
		r.value, r.as = value, now
	} else if r.as != nil {
		err = nil
	}
	return r.value, err
}

func sameVersion(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// request is what a server asked of us in a handshake.
type request struct {
	unanswered bool // it asked for a client certificate, and there was none to show
}

// tlsConfig returns how to shake hands with a server that should be of this name,
// and where it is noted what it asked for.
func (s *security) tlsConfig(name string) (*tls.Config, *request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	authorities, err := s.authorities.get()
	if err != nil {
		return nil, nil, err
	}
	certificate, err := s.certificate.get()
	if err != nil {
		return nil, nil, err
	}
	asked := new(request)
	c := &tls.Config{
		ServerName: cmp.Or(s.options.ServerName, name),
		RootCAs:    authorities,
		MinVersion: cmp.Or(s.options.MinVersion, tls.VersionTLS12),
		// A certificate is shown whatever authorities the server says it trusts: its
		// refusal tells more than our silence.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if certificate == nil {
				asked.unanswered = true
				return new(tls.Certificate), nil
			}
			return certificate, nil
		},
	}
	pins := s.options.Pins
	switch {
	case s.options.Insecure:
		c.InsecureSkipVerify = true // the user said so, and every report shows it
	case len(pins) > 0 && s.options.CAFile == "":
		c.InsecureSkipVerify = true // the pin takes the place of authority and name
		c.VerifyConnection = func(state tls.ConnectionState) error {
			return cmp.Or(checkPins(state, pins), checkTime(state.PeerCertificates[0]))
		}
	case len(pins) > 0:
		c.VerifyConnection = func(state tls.ConnectionState) error { return checkPins(state, pins) }
	}
	return c, asked, nil
}

// checkPins tells whether the certificate that the server proved to own has a
// pinned key. There always is one: a server cannot do without.
func checkPins(state tls.ConnectionState, pins []config.Pin) error {
	if leaf := state.PeerCertificates[0]; !slices.Contains(pins, config.PinOf(leaf)) {
		return &pinError{leaf, pins}
	}
	return nil
}

func checkTime(leaf *x509.Certificate) error {
	if now := time.Now(); now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return x509.CertificateInvalidError{Cert: leaf, Reason: x509.Expired}
	}
	return nil
}

// encrypt shakes hands over c where the region's URL says so, with a server that
// should be of this name. c is closed when that fails.
func (d *door) encrypt(ctx context.Context, c net.Conn, name string) (net.Conn, *request, error) {
	if d.security == nil {
		return c, new(request), nil
	}
	how, asked, err := d.security.tlsConfig(name)
	if err != nil {
		_ = c.Close()
		return nil, new(request), &certificateError{err}
	}
	secure := tls.Client(c, how)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, asked, err
	}
	return secure, asked, nil
}

// explain returns what err comes from when a server that asked for a client
// certificate, and got none, refuses to go on. In TLS 1.3 it does so only after the
// handshake.
func (r *request) explain(err error) error {
	if text, ok := alertText(err); ok && r.unanswered && isRefusal(text) {
		return errors.Join(errCertificateWanted, err)
	}
	return err
}

// serverName is the name that the certificate must have, unless one is configured,
// of a connection that is made to an address because one was wanted to another; the
// two differ where a discovery service was asked.
//
// Regions announce shards by IP address, while certificates carry the name of what
// the user gave. What a region announces came over a connection with a certificate;
// what a discovery service says came in plain text, and whoever can change that must
// not choose the name as well: it has to be one that the user gave.
func (d *door) serverName(wanted, address string) string {
	host, endpoint := hostOf(address), hostOf(d.endpointAddress())
	told := len(d.region.Discovery) > 0 && wanted == d.region.Address && d.addresses.origin(address) == ""
	if told || isIP(host) && !isIP(endpoint) {
		return endpoint
	}
	return host
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
