package cmd_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// fakes are servers that are not Redis: what each does with a connection, which is closed afterwards.
var fakes = map[string]func(t testing.TB, c net.Conn){
	"http": func(_ testing.TB, c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	},
	"tls": func(t testing.TB, c net.Conn) {
		_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, MinVersion: tls.VersionTLS12}).Handshake()
	},
	"tls alert": func(_ testing.TB, c net.Conn) { // as OpenSSL answers what is not TLS
		_, _ = c.Read(make([]byte, 1024))
		_, _ = c.Write([]byte{21, 3, 1, 0, 2, 2, 70})
	},
	"silence": func(_ testing.TB, c net.Conn) { _, _ = io.Copy(io.Discard, c) },
	"closes":  func(testing.TB, net.Conn) {},
	"random": func(t testing.TB, c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		const seed = 7
		random := rand.New(rand.NewPCG(seed, seed))
		noise := make([]byte, 4096)
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		_, _ = c.Write(noise)
		_, _ = io.Copy(io.Discard, c)
	},
	"ok": func(_ testing.TB, c net.Conn) { says(c, "+OK\r\n", "+OK\r\n") },
	"no": func(_ testing.TB, c net.Conn) { says(c, "-ERR not here\r\n", "") },
	"many slots": func(_ testing.TB, c net.Conn) {
		says(c, "+PONG\r\n", "*1\r\n*3\r\n:0\r\n:99999\r\n*2\r\n$9\r\n127.0.0.1\r\n:1\r\n")
	},
	"absurd length": func(_ testing.TB, c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		_, _ = io.WriteString(c, "$9223372036854775807\r\n")
		_, _ = io.Copy(io.Discard, c)
	},
	"endless line": func(_ testing.TB, c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		line := make([]byte, 64<<10)
		for i := range line {
			line[i] = 'x'
		}
		line[0] = '+'
		for {
			if _, err := c.Write(line); err != nil {
				return
			}
			line[0] = 'x'
		}
	},
}

// says answers a request for the slots, and every other one; each comes in one piece.
func says(c net.Conn, reply, slots string) {
	request := make([]byte, 1024)
	for {
		n, err := c.Read(request)
		if err != nil {
			return
		}
		answer := reply
		if bytes.Contains(request[:n], []byte("SLOTS")) {
			answer = slots
		}
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}

// fake starts one of the fakes and returns its address.
func fake(t testing.TB, kind string) string {
	t.Helper()
	serve, ok := fakes[kind]
	if !ok {
		t.Fatalf("no fake server %q", kind)
	}
	return listen(t, func(c net.Conn) { serve(t, c) })
}

// forward starts a proxy before an address and returns its own: one server under two names.
func forward(t testing.TB, to string) string {
	t.Helper()
	return listen(t, func(c net.Conn) {
		server, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer server.Close()
		go func() {
			_, _ = io.Copy(server, c)
			_ = server.Close()
		}()
		_, _ = io.Copy(c, server)
	})
}

// listen serves connections on a free port until the test has ended.
func listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu      sync.Mutex
		open    []net.Conn
		serving sync.WaitGroup
	)
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			serving.Go(func() {
				serve(c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
	return l.Addr().String()
}

// selfSigned makes a certificate that nobody trusts.
func selfSigned(t testing.TB) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Error(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fake"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(crand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Error(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// refusing is an address where nothing listens: the kernel gives the ports below 1024 to nobody by itself.
const refusing = "127.0.0.1:1"

// urlOf is the URL of a server without a password.
func urlOf(address string) string { return fmt.Sprintf("redis://%s", address) }
