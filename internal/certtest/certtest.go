// Package certtest issues certificates for tests: authorities, servers and clients, in memory and in PEM
// files, gone when the test is over. Nothing of it is part of the program.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificate is a fresh certificate with its key.
type Certificate struct {
	X509 *x509.Certificate
	Key  *ecdsa.PrivateKey
	// CertFile and KeyFile are PEM files with the two.
	CertFile, KeyFile string
}

// Authority makes a certificate that can sign others.
func Authority(t testing.TB) *Certificate {
	t.Helper()
	return SelfSigned(t, func(c *x509.Certificate) {
		c.Subject.CommonName, c.IsCA, c.BasicConstraintsValid = "test authority", true, true
	})
}

// SelfSigned makes a certificate for 127.0.0.1 and us.example that is valid for an hour before and after now, and that
// vouches for itself. change, unless nil, makes it another one.
func SelfSigned(t testing.TB, change func(*x509.Certificate)) *Certificate {
	t.Helper()
	return issue(t, nil, change)
}

// Issue is SelfSigned, but for the signature, which is that of c, an authority.
func (c *Certificate) Issue(t testing.TB, change func(*x509.Certificate)) *Certificate {
	t.Helper()
	return issue(t, c, change)
}

// ForClient makes a certificate one of a client, which has no address.
func ForClient(c *x509.Certificate) {
	c.IPAddresses, c.DNSNames, c.ExtKeyUsage = nil, nil, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
}

func issue(t testing.TB, authority *Certificate, change func(*x509.Certificate)) *Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"us.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if authority != nil {
		parent, signer = authority.X509, authority.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	c := &Certificate{Key: key, CertFile: filepath.Join(folder, "cert.pem"), KeyFile: filepath.Join(folder, "key.pem")}
	if c.X509, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	c.Write(t, c.CertFile, c.KeyFile)
	return c
}

// Write puts the certificate and the key into files, each at once.
func (c *Certificate) Write(t testing.TB, certFile, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		t.Fatal(err)
	}
	WritePEM(t, certFile, "CERTIFICATE", c.X509.Raw)
	WritePEM(t, keyFile, "PRIVATE KEY", key)
}

// WritePEM replaces a file at once by one with a single PEM block.
func WritePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// Server is how a server shows the certificate.
func (c *Certificate) Server() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{c.X509.Raw}, PrivateKey: c.Key}}}
}
