package region

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
)

// Each thing that can be wrong with TLS is told apart from all others, with what to do.
func TestWhatTLSDemands(t *testing.T) {
	authority, stranger := certtest.Authority(t), certtest.Authority(t)
	good := authority.Issue(t, nil)
	selfSigned := certtest.SelfSigned(t, nil)
	pin := config.PinOf(selfSigned.X509)
	expired := authority.Issue(t, func(c *x509.Certificate) {
		c.NotAfter = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
		c.NotBefore = time.Unix(0, 0)
	})
	early := authority.Issue(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
	})
	elsewhere := authority.Issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"eu.example", "*.eu.example"} })
	nameless := authority.Issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, nil })
	ours, theirs := authority.Issue(t, certtest.ForClient), stranger.Issue(t, certtest.ForClient)
	demanding := func(newest uint16) *tls.Config {
		c := good.Server()
		c.ClientAuth, c.ClientCAs, c.MaxVersion = tls.RequireAndVerifyClientCert, x509.NewCertPool(), newest
		c.ClientCAs.AddCert(authority.X509)
		return c
	}
	upTo := func(newest uint16) *tls.Config {
		c := good.Server()
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, newest
		return c
	}
	ca := authority.CertFile
	for _, test := range []struct {
		name   string
		server *tls.Config
		client config.TLS
		text   string // after the action; "" for none
		hint   string
	}{
		{"a certificate of a trusted authority", good.Server(), config.TLS{CAFile: ca}, "", ""},
		{"one of an authority that is not trusted", good.Server(), config.TLS{},
			"the certificate of the server is signed by an authority that is not trusted: CN=test authority",
			"give the certificate of its authority with --tls-ca, or ca below `tls:`; or compare its key on the server, and then give --tls-pin " + config.PinOf(good.X509).String()},
		{"one of another authority than the trusted one", good.Server(), config.TLS{CAFile: stranger.CertFile},
			"the certificate of the server is signed by an authority that is not trusted: CN=test authority", "--tls-ca"},
		{"a self-signed one", selfSigned.Server(), config.TLS{CAFile: ca},
			"the certificate of the server is self-signed, and not trusted", "--tls-pin " + pin.String()},
		{"one for other names", elsewhere.Server(), config.TLS{CAFile: ca},
			"the certificate of the server is for eu.example, *.eu.example, not for 127.0.0.1", "--tls-server-name"},
		{"one for no name", nameless.Server(), config.TLS{CAFile: ca}, "the certificate of the server is for no name at all, not for 127.0.0.1", "--tls-server-name"},
		{"one for the name that it should have", elsewhere.Server(), config.TLS{CAFile: ca, ServerName: "a.eu.example"}, "", ""},
		{"one for another name than it should have", good.Server(), config.TLS{CAFile: ca, ServerName: "eu.example"},
			"the certificate of the server is for us.example, 127.0.0.1, not for eu.example", "--tls-server-name"},
		{"an expired one", expired.Server(), config.TLS{CAFile: ca}, "the certificate of the server expired at 2020-01-02 03:04:05 UTC", "renew the certificate on the server"},
		{"one that is not valid yet", early.Server(), config.TLS{CAFile: ca}, "the certificate of the server is not valid before 2100-01-01 00:00:00 UTC", "clock"},
		{"a pinned key", selfSigned.Server(), config.TLS{Pins: []config.Pin{pin}}, "", ""},
		{"one of several pinned keys", selfSigned.Server(), config.TLS{Pins: []config.Pin{{}, pin}}, "", ""},
		{"a pinned key, whatever the name", selfSigned.Server(), config.TLS{Pins: []config.Pin{pin}, ServerName: "eu.example"}, "", ""},
		{"a pinned key in an expired certificate", expired.Server(), config.TLS{Pins: []config.Pin{config.PinOf(expired.X509)}},
			"the certificate of the server expired at 2020-01-02 03:04:05 UTC", "renew"},
		{"another key than the pinned one", good.Server(), config.TLS{Pins: []config.Pin{pin}},
			"the public key of the server is " + config.PinOf(good.X509).String() + ", which is not pinned", "somebody else may be answering"},
		{"the fingerprint of the certificate pinned, not that of its key", good.Server(), config.TLS{Pins: []config.Pin{sha256.Sum256(good.X509.Raw)}},
			"the public key of the server is " + config.PinOf(good.X509).String() + ", which is not pinned", "the pin is the fingerprint of the whole certificate"},
		{"a pinned key and a trusted authority", good.Server(), config.TLS{CAFile: ca, Pins: []config.Pin{config.PinOf(good.X509)}}, "", ""},
		{"a pinned key, and an authority that is not the trusted one", selfSigned.Server(), config.TLS{CAFile: ca, Pins: []config.Pin{pin}}, "the certificate of the server is self-signed, and not trusted", ""},
		{"a trusted authority, and another key than the pinned one", good.Server(), config.TLS{CAFile: ca, Pins: []config.Pin{pin}}, "the public key of the server is ", "--tls-pin"},
		{"anything at all, for who wants it so", expired.Server(), config.TLS{Insecure: true}, "", ""},
		{"a server of TLS 1.2 where 1.3 is demanded", upTo(tls.VersionTLS12), config.TLS{CAFile: ca, MinVersion: tls.VersionTLS13},
			"the server refused TLS: protocol version not supported", "--tls-min-version"},
		{"a server of TLS 1.1", upTo(tls.VersionTLS11), config.TLS{CAFile: ca}, "the server refused TLS: protocol version not supported", "--tls-min-version"},
		{"a server of TLS 1.3 where it is demanded", good.Server(), config.TLS{CAFile: ca, MinVersion: tls.VersionTLS13}, "", ""},
		{"a client certificate, to a server that demands one", demanding(tls.VersionTLS13), config.TLS{CAFile: ca, CertFile: ours.CertFile, KeyFile: ours.KeyFile}, "", ""},
		{"the same in TLS 1.2", demanding(tls.VersionTLS12), config.TLS{CAFile: ca, CertFile: ours.CertFile, KeyFile: ours.KeyFile}, "", ""},
		{"no client certificate, to a server that demands one", demanding(tls.VersionTLS13), config.TLS{CAFile: ca},
			"the server asked for a client certificate, and none is configured", "give --tls-cert and --tls-key, or cert and key below `tls:` of region us"},
		{"no client certificate in TLS 1.2", demanding(tls.VersionTLS12), config.TLS{CAFile: ca},
			"the server asked for a client certificate, and none is configured", "give --tls-cert and --tls-key, or cert and key below `tls:` of region us"},
		{"a client certificate of an authority that the server does not trust", demanding(tls.VersionTLS13), config.TLS{CAFile: ca, CertFile: theirs.CertFile, KeyFile: theirs.KeyFile},
			"the server refused TLS: ", "the server does not accept the client certificate"},
		{"files that were there at the start", good.Server(), config.TLS{CAFile: "/no/such/file"}, "stat /no/such/file: no such file or directory", "look at what changed them"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := encrypted(t, test.server)
			r := config.Region{Name: "us", Address: f.listener.Addr().String(), TLS: true, TLSOptions: test.client}
			_, err := Discover(t.Context(), r, Options{})
			if test.text == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || CauseOf(err) != probe.TLS || !strings.HasPrefix(err.Error(), fmt.Sprintf("us (%s): TLS handshake: %s", r.Address, test.text)) {
				t.Errorf("%q: %v, want %q", CauseOf(err), err, test.text)
			}
			if got := strings.Join(hint.Of(err), "; "); !strings.Contains(got, test.hint) || got == "" {
				t.Errorf("hint %q, want %q", got, test.hint)
			}
		})
	}
}
