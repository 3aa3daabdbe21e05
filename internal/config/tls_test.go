package config_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

func TestParsePin(t *testing.T) {
	pin := config.Pin(sha256.Sum256([]byte("a key")))
	digits := hex.EncodeToString(pin[:])
	var spaced []string
	for i := range pin {
		spaced = append(spaced, strings.ToUpper(digits[2*i:2*i+2]))
	}
	for _, row := range []struct{ name, text, want string }{
		{"hexadecimal", "sha256:" + digits, ""},
		{"capitals, with colons", "sha256:" + strings.Join(spaced, ":"), ""},
		{"base64", "sha256:" + base64.StdEncoding.EncodeToString(pin[:]), ""},
		{"base64 as curl takes it", "sha256//" + base64.StdEncoding.EncodeToString(pin[:]), ""},
		{"base64 without its end", "sha256:" + base64.RawStdEncoding.EncodeToString(pin[:]), ""},
		{"what it prints itself", pin.String(), ""},
		{"no algorithm", digits, "the pin begins with something else than sha256"},
		{"another algorithm", "sha1:" + digits[:40], "the pin begins with something else than sha256"},
		{"nothing", "", "the pin begins with something else than sha256"},
		{"no digits", "sha256:", "the pin has 0 hexadecimal digits, and a SHA-256 has 64"},
		{"one digit short", "sha256:" + digits[1:], "the pin has 63 hexadecimal digits, and a SHA-256 has 64"},
		{"one digit long", "sha256:" + digits + "0", "the pin has 65 hexadecimal digits, and a SHA-256 has 64"},
		{"base64 of something else", "sha256:" + base64.StdEncoding.EncodeToString([]byte("hello, world")), "the pin has 12 bytes, and a SHA-256 has 32"},
		{"neither", "sha256:hello, world!", "the pin is neither hexadecimal nor base64"},
	} {
		got, err := config.ParsePin(row.text)
		switch {
		case row.want == "" && (err != nil || got != pin):
			t.Errorf("%s: %v %v", row.name, got, err)
		case row.want != "" && (err == nil || err.Error() != row.want || len(hint.Of(err)) == 0):
			t.Errorf("%s: %v, want %s", row.name, err, row.want)
		}
	}
}

// Whatever is taken for a pin is printed in the one form, and read back as the same.
func FuzzParsePin(f *testing.F) {
	f.Add("sha256:" + strings.Repeat("ab", 32))
	f.Add("sha256//" + strings.Repeat("/+", 21) + "A=")
	f.Add("sha256:" + strings.Repeat("a", 43))
	f.Fuzz(func(t *testing.T, text string) {
		pin, err := config.ParsePin(text)
		if err != nil {
			return
		}
		again, err := config.ParsePin(pin.String())
		if err != nil || again != pin {
			t.Errorf("%q is %v, and that is %v, %v", text, pin, again, err)
		}
	})
}

func TestTheSettingsOfTLSAreCheckedAtTheStart(t *testing.T) {
	authority := certtest.Authority(t)
	ours, other := authority.Issue(t, certtest.ForClient), authority.Issue(t, certtest.ForClient)
	expired := authority.Issue(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Unix(0, 0), time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	})
	early := authority.Issue(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
	})
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		write(t, path, text)
		return path
	}
	broken := file("broken", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no certificate")})))
	locked := file("locked", string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})))
	pins := []config.Pin{config.PinOf(ours.X509)}
	for _, row := range []struct {
		name string
		tls  config.TLS
		want string // FOLDER stands for the folder of the test
	}{
		{"nothing", config.TLS{}, ""},
		{"an authority, a certificate and a pin", config.TLS{CAFile: authority.CertFile, CertFile: ours.CertFile, KeyFile: ours.KeyFile, Pins: pins}, ""},
		{"a certificate to show to a server that is not checked", config.TLS{CertFile: ours.CertFile, KeyFile: ours.KeyFile, Insecure: true}, ""},
		{"no such file", config.TLS{CAFile: folder + "/none"}, "TLS: CA: stat FOLDER/none: no such file or directory"},
		{"a folder", config.TLS{CAFile: folder}, "TLS: CA: FOLDER is not a regular file"},
		{"no certificate in it", config.TLS{CAFile: file("empty", "")}, "TLS: CA: FOLDER/empty has no certificate in PEM"},
		{"a key in the place of a certificate", config.TLS{CAFile: file("key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})))},
			"TLS: CA: FOLDER/key has no certificate in PEM"},
		{"a certificate that is none", config.TLS{CAFile: broken}, "TLS: CA: FOLDER/broken: certificate 1: x509: malformed certificate"},
		{"a certificate without its key", config.TLS{CertFile: ours.CertFile}, "TLS: a client certificate takes a certificate and its key, and one of them is missing"},
		{"a key without its certificate", config.TLS{KeyFile: ours.KeyFile}, "TLS: a client certificate takes a certificate and its key, and one of them is missing"},
		{"the key of another certificate", config.TLS{CertFile: ours.CertFile, KeyFile: other.KeyFile},
			"TLS: client certificate: CERT and KEY: private key does not match public key"},
		{"a key that is encrypted", config.TLS{CertFile: ours.CertFile, KeyFile: locked}, "TLS: client certificate: FOLDER/locked is encrypted, and nothing asks for its passphrase"},
		{"an expired certificate", config.TLS{CertFile: expired.CertFile, KeyFile: expired.KeyFile}, "TLS: client certificate: CERT expired at 2020-01-02 03:04:05 UTC"},
		{"one that is not valid yet", config.TLS{CertFile: early.CertFile, KeyFile: early.KeyFile}, "TLS: client certificate: CERT is not valid before 2100-01-01 00:00:00 UTC"},
		{"no check, and an authority", config.TLS{Insecure: true, CAFile: authority.CertFile}, "TLS: --insecure-skip-verify checks nothing, and a CA or a pin is given"},
		{"no check, and a pin", config.TLS{Insecure: true, Pins: pins}, "TLS: --insecure-skip-verify checks nothing, and a CA or a pin is given"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.tls.Check(time.Now())
			if row.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			got := strings.ReplaceAll(fmt.Sprint(err), folder, "FOLDER")
			if row.tls.CertFile != "" && row.tls.KeyFile != "" {
				got = strings.NewReplacer(row.tls.CertFile, "CERT", row.tls.KeyFile+":", "KEY:").Replace(got)
			}
			if got != row.want || len(hint.Of(err)) == 0 {
				t.Errorf("%s %q\nwant %s", got, hint.Of(err), row.want)
			}
		})
	}
}

func TestTLSOfRegions(t *testing.T) {
	us, eu := certtest.Authority(t), certtest.Authority(t)
	client := us.Issue(t, certtest.ForClient)
	pin, digest := config.PinOf(us.X509), config.PinOf(us.X509).String()
	const plain, secure = "regions: [{name: us, url: 'redis://a'}]\n", "regions: [{name: us, url: 'rediss://a'}, {name: eu, url: 'rediss://b'}]\n"
	own := "regions:\n  - {name: us, url: 'rediss://a', tls: {ca: " + eu.CertFile + ", pin: ['" + digest + "'], minVersion: 1.3, serverName: x.example}}\n  - {name: eu, url: 'rediss://b'}\n" +
		"  - {name: ap, url: 'redis://c'}\n"
	for _, row := range []struct {
		name    string
		file    string
		environ []string
		args    []string
		want    []config.TLS
		err     string // FILE stands for the path of the file
	}{
		{"for all, on the command line", secure, nil, []string{"--tls-ca", us.CertFile}, []config.TLS{{CAFile: us.CertFile}, {CAFile: us.CertFile}}, ""},
		{"for all, by variable", secure, []string{"AAFAILOVER_TLS_CA=" + us.CertFile, "AAFAILOVER_TLS_PIN=" + digest + "," + digest}, nil,
			[]config.TLS{{CAFile: us.CertFile, Pins: []config.Pin{pin, pin}}, {CAFile: us.CertFile, Pins: []config.Pin{pin, pin}}}, ""},
		{"for all, in the file", "insecureSkipVerify: true\n" + secure, nil, nil, []config.TLS{{Insecure: true}, {Insecure: true}}, ""},
		{"a list in the file", "tlsPin:\n  - " + digest + "\n  - " + digest + "\n" + secure, nil, nil, []config.TLS{{Pins: []config.Pin{pin, pin}}, {Pins: []config.Pin{pin, pin}}}, ""},
		{"the command line goes before the file", "tlsPin: " + digest + "\ntlsCa: none\n" + secure, nil, []string{"--tls-ca", us.CertFile, "--tls-pin", config.Pin{}.String()},
			[]config.TLS{{CAFile: us.CertFile, Pins: []config.Pin{{}}}, {CAFile: us.CertFile, Pins: []config.Pin{{}}}}, ""},
		{"a region's own go before those for all, and plain regions have none", own, nil, []string{"--tls-ca", us.CertFile},
			[]config.TLS{{CAFile: eu.CertFile, Pins: []config.Pin{pin}, MinVersion: tls.VersionTLS13, ServerName: "x.example"}, {CAFile: us.CertFile}, {}}, ""},
		{"a region's own client certificate", "regions: [{name: us, url: 'rediss://a', tls: {cert: " + client.CertFile + ", key: " + client.KeyFile + "}}]\n", nil, nil,
			[]config.TLS{{CertFile: client.CertFile, KeyFile: client.KeyFile}}, ""},
		{"a path beside the file", "tlsCa: ca.pem\n" + secure, nil, nil, []config.TLS{{CAFile: "DIR/ca.pem"}, {CAFile: "DIR/ca.pem"}}, ""},
		{"a path of a region beside the file", "regions: [{name: us, url: 'rediss://a', tls: {ca: ca.pem}}]\n", nil, nil, []config.TLS{{CAFile: "DIR/ca.pem"}}, ""},
		{"settings for all, and no region with TLS", plain, nil, []string{"--tls-ca", us.CertFile}, nil, "settings of TLS are given, and no region has a URL for TLS"},
		{"settings for all by variable, and no region with TLS", plain, []string{"AAFAILOVER_INSECURE_SKIP_VERIFY=true"}, nil, nil, "settings of TLS are given, and no region has a URL for TLS"},
		{"settings of a region without TLS", "regions: [{name: us, url: 'redis://a', tls: {ca: ca.pem}}]\n", nil, nil, nil,
			"FILE:1:12: us (a:6379): settings of TLS, and the URL is not one for TLS"},
		{"settings that do not fit together", "regions: [{name: us, url: 'rediss://a', tls: {pin: " + digest + "}}]\n", nil, []string{"--insecure-skip-verify=true"}, nil,
			"FILE:1:12: us (a:6379): TLS: --insecure-skip-verify checks nothing, and a CA or a pin is given"},
		{"a region that is checked, whatever is said for all", "regions: [{name: us, url: 'rediss://a', tls: {insecureSkipVerify: false}}, {name: eu, url: 'rediss://b'}]\n", nil, []string{"--insecure-skip-verify=true"},
			[]config.TLS{{Checked: true}, {Insecure: true}}, ""},
		{"a region that is not, whatever is trusted elsewhere", "regions: [{name: us, url: 'rediss://a', tls: {insecureSkipVerify: true}}, {name: eu, url: 'rediss://b'}]\n", nil, []string{"--tls-ca", us.CertFile, "--tls-pin", digest},
			[]config.TLS{{Insecure: true}, {CAFile: us.CertFile, Pins: []config.Pin{pin}}}, ""},
		{"a region that contradicts itself", "regions: [{name: us, url: 'rediss://a', tls: {insecureSkipVerify: true, pin: " + digest + "}}]\n", nil, nil, nil,
			"FILE:1:12: us (a:6379): TLS: --insecure-skip-verify checks nothing, and a CA or a pin is given"},
		{"a file that is not there", secure, nil, []string{"--tls-ca", "/no/such"}, nil, "FILE:1:12: us (a:6379): TLS: CA: stat /no/such: no such file or directory"},
		{"a bad pin by variable", secure, []string{"AAFAILOVER_TLS_PIN=sha256:ab"}, nil, nil, "AAFAILOVER_TLS_PIN: the pin has 2 hexadecimal digits, and a SHA-256 has 64"},
		{"the lab, and settings on the command line", "", nil, []string{"--lab", "--tls-ca", us.CertFile}, nil, "settings of TLS are given, and the lab has no TLS"},
		{"the lab, and settings that are meant for other regions", "tlsCa: ca.pem\n" + secure, nil, []string{"--lab"}, nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "c.yaml")
			write(t, path, row.file)
			us.Write(t, filepath.Join(folder, "ca.pem"), filepath.Join(folder, "key.pem"))
			_, got, err := resolve(t, path, row.environ, append([]string{"--config", "FILE"}, row.args...)...)
			if text := strings.ReplaceAll(errorText(err), path, "FILE"); text != row.err {
				t.Fatalf("error %s\nwant  %s", text, row.err)
			}
			if err != nil && len(hint.Of(err)) == 0 {
				t.Errorf("no hint: %v", err)
			}
			var found []config.TLS
			for _, r := range got.Regions {
				r.TLSOptions.CAFile = strings.Replace(r.TLSOptions.CAFile, folder, "DIR", 1)
				found = append(found, r.TLSOptions)
			}
			if diff := cmp.Diff(row.want, found); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestCertificatesComeFromFiles(t *testing.T) {
	one, two := certtest.Authority(t), certtest.Authority(t)
	both := filepath.Join(t.TempDir(), "both.pem")
	var bundle []byte
	for _, c := range []*certtest.Certificate{one, two} {
		bundle = append(bundle, "a line of text\n"...)
		bundle = append(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.X509.Raw})...)
	}
	if err := os.WriteFile(both, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	pool, err := config.TLS{CAFile: both}.Authorities()
	want := x509.NewCertPool()
	want.AddCert(one.X509)
	want.AddCert(two.X509)
	if err != nil || !pool.Equal(want) {
		t.Errorf("not the authorities of the file: %v", err)
	}
	if pool, err := (config.TLS{}).Authorities(); pool != nil || err != nil {
		t.Errorf("without a file: %v, %v", pool, err)
	}
	pair, err := config.TLS{CertFile: one.CertFile, KeyFile: one.KeyFile}.Certificate()
	if err != nil || !pair.Leaf.Equal(one.X509) {
		t.Errorf("not the certificate of the file: %v", err)
	}
	if pair, err := (config.TLS{}).Certificate(); pair != nil || err != nil {
		t.Errorf("without a file: %v, %v", pair, err)
	}
}
