package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/resttest"
)

// A check goes by the REST API where the endpoint of the database cannot be reached from here, and no form of its output
// has a password of a reply in it.
func TestCheckAsksTheRESTAPI(t *testing.T) {
	us, eu := resttest.Pair(t)
	us.Unfiltered()
	us.Set("crdt_sync", "paused")
	us.SetSource("last_error", "cannot log in to redis://admin:"+resttest.SourcePassword+"@h:1 by "+resttest.SourcePassword)
	for _, c := range []*resttest.Cluster{us, eu} {
		c.SetEndpoint("dns_name", "127.0.0.1")
	}
	us.SetEndpoint("port", 1)
	eu.SetEndpoint("port", 2)
	t.Setenv("API_PW", resttest.Password)
	environ := []string{"AAFAILOVER_API=eu=https://viewer%40example.com@" + eu.API().Address + "?passwordEnv=API_PW"}
	args := []string{
		"check", "--region", "us=redis://127.0.0.1:1", "--region", "eu=redis://127.0.0.1:2", "--api", "us=https://viewer%40example.com@" + us.API().Address + "?passwordEnv=API_PW",
		"--tls-pin", config.PinOf(us.Certificate.X509).String(), "--tls-pin", config.PinOf(eu.Certificate.X509).String(), "--only", "rest", "--measure", "10ms",
	}
	for _, form := range []string{"table", "json", "junit", "markdown"} {
		o := run(t, environ, append(args, "-o", form)...)
		if o.code != 1 || !strings.Contains(o.stdout, "the synchronisation is paused") || !strings.Contains(o.stdout, "it takes in the writes of us") && form == "json" {
			t.Errorf("%s: exit code %d\n%s\n%s", form, o.code, o.stdout, o.stderr)
		}
		for _, secret := range []string{resttest.Password, resttest.SourcePassword, "r3dis-pa55", "4dmin-pa55"} {
			if strings.Contains(o.stdout+o.stderr, secret) {
				t.Errorf("%s: %s shows", form, secret)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "c.yaml")
	text := "regions:\n  - name: eu\n    url: redis://127.0.0.1:2\n    api:\n      url: https://" + eu.API().Address + "\n      user: viewer@example.com\n      passwordEnv: API_PW\n" +
		"      tls: {pin: '" + config.PinOf(eu.Certificate.X509).String() + "'}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := run(t, nil, "check", "--config", file, "--only", "api-available", "--measure", "10ms"); o.code != 0 || !strings.Contains(o.stdout, "eu: its cluster calls it available") {
		t.Errorf("exit code %d\n%s\n%s", o.code, o.stdout, o.stderr)
	}
}
