package program_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aafailover/aafailover/drill/service/program"
)

// A client that trusts the file, and nothing else, gets through by each of the names.
func TestWhoTrustsTheFileTrustsTheCertificate(t *testing.T) {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	made, err := program.NewCertificate(filepath.Join(t.TempDir(), "ca.pem"), hosts)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(made.File)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(text) {
		t.Fatal("no certificate in the file")
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", made.Config)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	defer serving.Wait()
	defer listener.Close()
	for _, host := range append(hosts, "elsewhere.example") {
		serving.Go(func() {
			if c, err := listener.Accept(); err == nil {
				_ = c.(*tls.Conn).HandshakeContext(t.Context())
				c.Close()
			}
		})
		c, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{RootCAs: trusted, ServerName: host})
		if (err == nil) != (host != "elsewhere.example") {
			t.Errorf("%s: %v", host, err)
		}
		if err == nil {
			c.Close()
		}
	}
	if _, err := program.NewCertificate(filepath.Join(t.TempDir(), "no", "folder"), hosts); err == nil {
		t.Error("a file was written where there is no folder")
	}
}
