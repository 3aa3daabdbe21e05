package handshake

import (
	"crypto/x509"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
)

// The certificate of a peer says what it likes, and an error about it is one line of plain text.
func TestNamesOfCertificatesAreMadePresentable(t *testing.T) {
	many := &x509.Certificate{DNSNames: []string{"a\x1b[31m", "b", "c", "d"}, IPAddresses: []net.IP{net.IPv6loopback, net.IPv4zero, net.IPv4bcast}}
	if got, want := namesOf(many), "a?[31m, b, c, d, ::1, 2 more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Certificates are renewed while the program runs: what the files hold now is used, and while they do not fit
// together, what they held before.
func TestCertificatesAreReadAgain(t *testing.T) {
	first, second := certtest.SelfSigned(t, certtest.ForClient), certtest.SelfSigned(t, certtest.ForClient)
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	first.Write(t, cert, key)
	s := New(config.TLS{CAFile: cert, CertFile: cert, KeyFile: key})
	shown := func() string {
		t.Helper()
		c, _, err := s.Config("us.example")
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := c.GetClientCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !c.RootCAs.Equal(poolOf(certificate.Leaf)) {
			t.Errorf("the authorities are not those of the file")
		}
		return hex.EncodeToString(certificate.Certificate[0])
	}
	if shown() != hex.EncodeToString(first.X509.Raw) {
		t.Fatal("not the certificate of the file")
	}
	certtest.WritePEM(t, key, "PRIVATE KEY", []byte("half"))
	if shown() != hex.EncodeToString(first.X509.Raw) {
		t.Error("not the former certificate while its key is being replaced")
	}
	second.Write(t, cert, key)
	if shown() != hex.EncodeToString(second.X509.Raw) {
		t.Error("not the new certificate")
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if shown() != hex.EncodeToString(second.X509.Raw) {
		t.Error("not the former certificate when the key is gone")
	}
}

func poolOf(certificates ...*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range certificates {
		pool.AddCert(c)
	}
	return pool
}
