// Package handshake secures connections by TLS as a config.TLS says, and puts into words what
// went wrong where that could not be done.
//
// It opens no connection and sends nothing. The files of certificates are read again
// when they have changed, since certificates are renewed while the program runs.
package handshake

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/config"
)

// Client is how connections to one peer are secured. It may be used by several
// goroutines at once.
type Client struct {
	options config.TLS

	mu          sync.Mutex
	authorities renewed[*x509.CertPool]
	certificate renewed[*tls.Certificate]
}

// New returns a Client that secures connections as the options say.
func New(options config.TLS) *Client {
	return &Client{
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

// Request is what a server asked of us in a handshake.
type Request struct {
	unanswered bool // it asked for a client certificate, and there was none to show
}

// Explain returns what err comes from when a server that asked for a client
// certificate, and got none, refuses to go on. In TLS 1.3 it does so only after the
// handshake.
func (r *Request) Explain(err error) error {
	if text, ok := alertText(err); ok && r.unanswered && isRefusal(text) {
		return errors.Join(errCertificateWanted, err)
	}
	return err
}

// Config returns how to shake hands with a server that should be of this name,
// and where it is noted what it asked for. Errors: files of certificates that
// cannot be read; see IsFailure.
func (c *Client) Config(name string) (*tls.Config, *Request, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	authorities, err := c.authorities.get()
	if err != nil {
		return nil, nil, &certificateError{err}
	}
	certificate, err := c.certificate.get()
	if err != nil {
		return nil, nil, &certificateError{err}
	}
	asked := new(Request)
	how := &tls.Config{
		ServerName: cmp.Or(c.options.ServerName, name),
		RootCAs:    authorities,
		MinVersion: cmp.Or(c.options.MinVersion, tls.VersionTLS12),
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
	pins := c.options.Pins
	switch {
	case c.options.Insecure:
		how.InsecureSkipVerify = true // the user said so, and every report shows it
	case len(pins) > 0 && c.options.CAFile == "":
		how.InsecureSkipVerify = true // the pin takes the place of authority and name
		how.VerifyConnection = func(state tls.ConnectionState) error {
			return cmp.Or(checkPins(state, pins), checkTime(state.PeerCertificates[0]))
		}
	case len(pins) > 0:
		how.VerifyConnection = func(state tls.ConnectionState) error { return checkPins(state, pins) }
	}
	return how, asked, nil
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
