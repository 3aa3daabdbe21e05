//go:build unix

package region

import (
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/probe"
)

// startTLS starts a redis-server and returns the address of its TLS port and that
// of its plain one.
func startTLS(t *testing.T, server, authority *certtest.Certificate, options ...string) (secure, plain string) {
	t.Helper()
	secure = closedPort(t)
	_, port, err := net.SplitHostPort(secure)
	if err != nil {
		t.Fatal(err)
	}
	return secure, redistest.Start(t, append([]string{"--tls-port", port, "--tls-cert-file", server.CertFile, "--tls-key-file", server.KeyFile,
		"--tls-ca-cert-file", authority.CertFile}, options...)...).Addr
}

func TestRealTLS(t *testing.T) {
	authority, stranger := certtest.Authority(t), certtest.Authority(t)
	server, ours := authority.Issue(t, nil), authority.Issue(t, certtest.ForClient)
	theirs := stranger.Issue(t, certtest.ForClient)
	expired := authority.Issue(t, func(c *x509.Certificate) { certtest.ForClient(c); c.NotAfter = time.Now().Add(-time.Minute) })
	lenient, plain := startTLS(t, server, authority, "--tls-auth-clients", "no")
	strict, _ := startTLS(t, server, authority, "--tls-auth-clients", "yes")
	strict12, _ := startTLS(t, server, authority, "--tls-auth-clients", "yes", "--tls-protocols", "TLSv1.2")
	with := func(client *certtest.Certificate) config.TLS {
		return config.TLS{CAFile: authority.CertFile, CertFile: client.CertFile, KeyFile: client.KeyFile}
	}
	for _, test := range []struct {
		name    string
		address string
		tls     bool
		options config.TLS
		cause   probe.Cause
		text    string
		hint    string
	}{
		{"a trusted authority", lenient, true, config.TLS{CAFile: authority.CertFile}, probe.NoCause, "", ""},
		{"a pinned key", lenient, true, config.TLS{Pins: []config.Pin{config.PinOf(server.X509)}}, probe.NoCause, "", ""},
		{"an authority that is not trusted", lenient, true, config.TLS{}, probe.TLS, "signed by an authority that is not trusted: CN=test authority", "--tls-ca"},
		{"a client certificate, where one is demanded", strict, true, with(ours), probe.NoCause, "", ""},
		{"no client certificate, where one is demanded", strict, true, config.TLS{CAFile: authority.CertFile}, probe.TLS,
			"the server asked for a client certificate, and none is configured", "--tls-cert and --tls-key"},
		{"a client certificate, where one is demanded, in TLS 1.2", strict12, true, with(ours), probe.NoCause, "", ""},
		{"no client certificate, where one is demanded, in TLS 1.2", strict12, true, config.TLS{CAFile: authority.CertFile}, probe.TLS,
			"the server asked for a client certificate, and none is configured", "--tls-cert and --tls-key"},
		{"a client certificate of an authority that the server does not trust", strict, true, with(theirs), probe.TLS, "the server refused TLS: ", "does not accept the client certificate"},
		{"an expired client certificate", strict, true, with(expired), probe.TLS, "the server refused TLS: ", "does not accept the client certificate"},
		{"TLS 1.3 where only 1.2 is spoken", strict12, true, config.TLS{CAFile: authority.CertFile, MinVersion: 0x0304}, probe.TLS,
			"the server refused TLS: protocol version not supported", "--tls-min-version"},
		{"plain text at the TLS port", lenient, false, config.TLS{}, 0, "", "rediss://"},
		{"TLS at the plain port", plain, true, config.TLS{}, 0, "", "redis://"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := config.Region{Name: "us", Address: test.address, TLS: test.tls, TLSOptions: test.options}
			_, err := Discover(t.Context(), r, Options{Timeout: time.Second})
			if test.text == "" && test.hint == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || test.cause != probe.NoCause && CauseOf(err) != test.cause || !strings.Contains(err.Error(), test.text) {
				t.Errorf("%q: %v, want %q", CauseOf(err), err, test.text)
			}
			if got := strings.Join(hint.Of(err), "; "); !strings.Contains(got, test.hint) {
				t.Errorf("hint %q, want %q", got, test.hint)
			}
		})
	}

	r := config.Region{Name: "us", Address: strict, TLS: true, TLSOptions: with(ours)}
	m := discover(t, r)
	e, sink := NewEndpoint(r, m, Options{}), newRecorder()
	running(t, e, [][]string{{k}}, sink)
	sink.await(t, "0 publish opened", "0 subscribe opened")
	e.Publish(0, 1, k, []byte("m"))
	sink.await(t, "0 #1 accepted 1", "0 "+k+": m")
	c := NewClient(r, m, Options{})
	defer c.Close()
	if err := c.Write(t.Context(), k, nil, time.Minute); err != nil {
		t.Error(err)
	}
}
