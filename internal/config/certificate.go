package config

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxPEM bounds a file of certificates, in bytes. The bundles of systems have some 250 kB.
const maxPEM = 4 << 20

// Authorities reads the certificates in CAFile; nil where there is no such file.
func (t TLS) Authorities() (*x509.CertPool, error) {
	if t.CAFile == "" {
		return nil, nil
	}
	rest, err := readRegular(t.CAFile, maxPEM)
	if err != nil {
		return nil, err
	}
	pool, found := x509.NewCertPool(), 0
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		found++
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", t.CAFile, found, err)
		}
		pool.AddCert(certificate)
	}
	if found == 0 {
		return nil, fmt.Errorf("%s has no certificate in PEM", t.CAFile)
	}
	return pool, nil
}

// Certificate reads the client certificate and its key; nil where there are no such files. Its Leaf is set.
func (t TLS) Certificate() (*tls.Certificate, error) {
	if t.CertFile == "" {
		return nil, nil
	}
	certificate, err := readRegular(t.CertFile, maxPEM)
	if err != nil {
		return nil, err
	}
	key, err := readRegular(t.KeyFile, maxPEM)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(key); block != nil && (strings.Contains(block.Type, "ENCRYPTED") || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED")) {
		return nil, fmt.Errorf("%s is encrypted, and nothing asks for its passphrase", t.KeyFile)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", t.CertFile, t.KeyFile, trimmed(err))
	}
	return &pair, nil
}

// trimmed is an error of package tls without the name of the package.
func trimmed(err error) error {
	if text, ok := strings.CutPrefix(err.Error(), "tls: "); ok {
		return errors.New(text)
	}
	return err
}

// readRegular reads a file of at most so many bytes. Only regular files are read: any other could block.
func readRegular(path string, most int) ([]byte, error) {
	// Looked at before it is opened: opening a named pipe waits for its writer.
	if found, err := os.Stat(path); err != nil {
		return nil, err
	} else if !found.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s is longer than %d bytes", path, most)
	}
	return text, err
}
