package matrix_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/faultnet"
)

// server is something that listens where a region should, or before one.
type server struct {
	address  string
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil once it is closed
}

// serve starts a server that handles each of its connections.
func (d *deployment) serve(ctx context.Context, handle func(net.Conn, *server)) (*server, error) {
	listener, err := d.listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{address: listener.Addr().String(), listener: listener, conns: make(map[net.Conn]struct{})}
	d.servers = append(d.servers, s)
	s.running.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			s.running.Go(func() {
				if s.keep(c) {
					handle(c, s)
				}
				_ = c.Close()
			})
		}
	})
	return s, nil
}

// keep makes a connection end with the server; it is false when that has ended.
func (s *server) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns != nil {
		s.conns[c] = struct{}{}
	}
	return s.conns != nil
}

func (s *server) close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.running.Wait()
}

// once is a listener of one connection.
type once struct {
	net.Listener
	conn chan net.Conn
}

func (o once) Accept() (net.Conn, error) {
	if c, ok := <-o.conn; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (o once) Close() error { return nil }

// speakHTTP answers as a web server does.
func speakHTTP(c net.Conn, s *server) {
	listener := once{s.listener, make(chan net.Conn, 1)}
	listener.conn <- c
	web := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	web.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(listener.conn)
		}
	}
	_ = web.Serve(listener)
}

// terminate speaks TLS with whoever connects, and passes what it hears on to a plain address.
func terminate(certificate tls.Certificate, dial faultnet.Dial, plain string) func(net.Conn, *server) {
	return func(c net.Conn, s *server) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
		if secure.HandshakeContext(ctx) != nil {
			return
		}
		behind, err := dial(ctx, "tcp", plain)
		if err != nil {
			return
		}
		defer func() { _ = behind.Close() }()
		if !s.keep(behind) {
			return
		}
		var answering sync.WaitGroup
		answering.Go(func() {
			_, _ = io.Copy(secure, behind)
			_ = c.Close()
		})
		_, _ = io.Copy(behind, secure)
		_ = behind.Close()
		answering.Wait()
	}
}

// authority issues certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	file string // with its certificate
}

// newAuthority makes an authority, and a file in a folder for who trusts it.
func newAuthority(folder string) (*authority, error) {
	a := &authority{file: filepath.Join(folder, "authority.pem")}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of the matrix"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	return a, os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
}

// issue makes a certificate for 127.0.0.1: trusted, or with something wrong with it: untrusted (of another authority),
// elsewhere (for another name) or expired.
func (a *authority) issue(kind string) (tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "region"},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	by := a
	var err error
	switch kind {
	case "trusted":
	case "untrusted":
		folder := filepath.Join(filepath.Dir(a.file), "stranger")
		if err = os.MkdirAll(folder, 0o700); err == nil {
			by, err = newAuthority(folder)
		}
	case "elsewhere":
		template.IPAddresses, template.DNSNames = nil, []string{"elsewhere.example"}
	case "expired":
		template.NotAfter = time.Now().Add(-time.Hour)
	default:
		err = fmt.Errorf("%q is no kind of certificate", kind)
	}
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, &key.PublicKey, by.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
