package cmd_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
)

// startTLS starts a redis-server that demands client certificates of the authority, and returns its URL.
func startTLS(t *testing.T, authority, server *certtest.Certificate) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	redistest.Start(t, "--tls-port", port, "--tls-cert-file", server.CertFile, "--tls-key-file", server.KeyFile, "--tls-ca-cert-file", authority.CertFile)
	return "rediss://127.0.0.1:" + port
}

// TestThatNothingIsCheckedIsSaid holds for each form of the result, and for a probe that runs for long also before it.
func TestThatNothingIsCheckedIsSaid(t *testing.T) {
	t.Parallel()
	authority := certtest.Authority(t)
	server, client := authority.Issue(t, nil), authority.Issue(t, certtest.ForClient)
	there := []string{"--insecure-skip-verify", "--tls-cert", client.CertFile, "--tls-key", client.KeyFile, "--region", "us=" + startTLS(t, authority, server)}
	nowhere := []string{"--insecure-skip-verify", "--region", "us=rediss://127.0.0.1:1"}
	const text, field = "The TLS certificate of us was not checked", `"insecure": [`
	for _, row := range []struct {
		name           string
		args           []string
		stdout, stderr string
	}{
		{"a table of slots", append([]string{"slots"}, there...), text, ""},
		{"slots for programs", append([]string{"slots", "-o", "json"}, there...), field, ""},
		{"a probe that runs once", append([]string{"probe", "--once"}, there...), text, ""},
		{"a probe that runs for long", append([]string{"probe", "--for", "1s"}, there...), text, "\nthe TLS certificate of us is not checked: "},
		{"a probe for programs", append([]string{"probe", "--once", "-o", "json"}, there...), field, ""},
		{"a probe that is told event by event", append([]string{"probe", "--once", "-o", "ndjson"}, there...), `"insecure":["us"]`, ""},
		{"a probe of what is not there", append([]string{"probe", "--once"}, nowhere...), text, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if o := run(t, nil, row.args...); !strings.Contains(o.stdout, row.stdout) || !strings.Contains("\n"+o.stderr, row.stderr) {
				t.Errorf("exit code %d; stdout:\n%s\nstderr:\n%s", o.code, o.stdout, o.stderr)
			}
		})
	}
}

// TestTheWaysToSayHowTLSIsDone reaches a real server by flags, by variables and by a file, and is told what is missing.
func TestTheWaysToSayHowTLSIsDone(t *testing.T) {
	t.Parallel()
	authority := certtest.Authority(t)
	server, client := authority.Issue(t, nil), authority.Issue(t, certtest.ForClient)
	url := startTLS(t, authority, server)
	pin := config.PinOf(server.X509).String()
	file := filepath.Join(t.TempDir(), "c.yaml")
	text := "regions:\n  - name: us\n    url: " + url + "\n    tls:\n      ca: " + authority.CertFile + "\n      cert: " + client.CertFile + "\n      key: " + client.KeyFile +
		"\n      minVersion: 1.3\n      pin:\n        - " + pin + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	region := []string{"--region", "us=" + url}
	own := []string{"--tls-cert", client.CertFile, "--tls-key", client.KeyFile}
	for _, row := range []struct {
		name    string
		environ []string
		args    []string
		code    int
		stderr  string
	}{
		{"by flags", nil, append(append([]string{"--tls-ca", authority.CertFile}, own...), region...), 0, ""},
		{"by variables", []string{"AAFAILOVER_TLS_CA=" + authority.CertFile, "AAFAILOVER_TLS_CERT=" + client.CertFile, "AAFAILOVER_TLS_KEY=" + client.KeyFile}, region, 0, ""},
		{"by a file", nil, []string{"--config", file}, 0, ""},
		{"by a pinned key", nil, append(append([]string{"--tls-pin", pin}, own...), region...), 0, ""},
		{"without a check", nil, append(append([]string{"--insecure-skip-verify"}, own...), region...), 0, ""},
		{"not at all", nil, region, 3, "TLS handshake: the certificate of the server is signed by an authority that is not trusted: CN=test authority"},
		{"without a client certificate", nil, append([]string{"--tls-ca", authority.CertFile}, region...), 3, "TLS handshake: the server asked for a client certificate, and none is configured"},
		{"with another pin", nil, append(append([]string{"--tls-pin", config.Pin{}.String()}, own...), region...), 3, "TLS handshake: the public key of the server is " + pin + ", which is not pinned"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := run(t, row.environ, append([]string{"slots"}, row.args...)...)
			if o.code != row.code || !strings.Contains(o.stderr, row.stderr) {
				t.Errorf("exit code %d, want %d: %s", o.code, row.code, o.stderr)
			}
		})
	}
}
