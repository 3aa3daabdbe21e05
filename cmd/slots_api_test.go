//go:build unix

package cmd_test

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resttest"
)

// A server that is no cluster does not tell its slots; its REST API does, and that it does not is said beside the result.
func TestSlotsByTheRESTAPI(t *testing.T) {
	server := redistest.Start(t)
	manager := resttest.Start(t, "us", 1, "us", "eu")
	host, port, _ := net.SplitHostPort(server.Addr)
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	manager.SetEndpoint("dns_name", host)
	manager.SetEndpoint("port", number)
	t.Setenv("API_PW", resttest.Password)
	args := []string{"slots", "--region", "us=redis://" + server.Addr, "--api", "us=https://viewer%40example.com@" + manager.API().Address + "?passwordEnv=API_PW",
		"--tls-pin", config.PinOf(manager.Certificate.X509).String(), "--timeout", "30s"}
	o := run(t, nil, append(args, "-o", "json")...)
	if o.code != 0 || !strings.Contains(o.stdout, `"source": "rest"`) || !strings.Contains(o.stdout, `"coverage": "proven"`) {
		t.Errorf("exit code %d\n%s\n%s", o.code, o.stdout, o.stderr)
	}
	manager.Instead("", resttest.Refusal(http.StatusForbidden, "", ""))
	o = run(t, nil, append(args, "-o", "json")...)
	if o.code != 0 || !strings.Contains(o.stdout, `"coverage": "unproven"`) || !strings.Contains(o.stderr, "ask for its databases: 403 Forbidden") || !strings.Contains(o.stderr, "hint: give user viewer@example.com") {
		t.Errorf("exit code %d\n%s\n%s", o.code, o.stdout, o.stderr)
	}
}
