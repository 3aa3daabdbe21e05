package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/lab"
)

// startTCP starts a lab on TCP ports.
func startTCP(t *testing.T, c lab.Config) *lab.Lab {
	t.Helper()
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func serve(t *testing.T, l *lab.Lab, c lab.ControlConfig) *lab.Control {
	t.Helper()
	ctl, err := lab.Serve(t.Context(), l, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ctl.Close(); err != nil {
			t.Error(err)
		}
	})
	return ctl
}

func TestAnotherProcessSeesAndDoesWhatTheLabItselfDoes(t *testing.T) {
	l := startTCP(t, regions(2, "us", "eu"))
	dir := t.TempDir() + "/labs"
	ctl := serve(t, l, lab.ControlConfig{Dir: dir})
	found, err := lab.FindIn(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	c := found[0]
	if c.Address() != ctl.Address() {
		t.Errorf("found %s, want %s", c.Address(), ctl.Address())
	}
	for _, f := range []lab.Fault{
		{Kind: lab.Slow, From: "us", To: "eu", Delay: 1500500 * time.Microsecond, OneWay: true, Shard: 2},
		{Kind: lab.Cut, From: "us", To: "eu", OneWay: true, Shard: 1},
		{Kind: lab.Kill, Region: "eu", Shard: 2},
	} {
		if err := c.Inject(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the client's status differs from the lab's (-lab +client):\n%s", diff)
	}
	if got.Regions[1].Shards[1].State != lab.Down || got.Links[0].Streams[0].State != lab.LinkCut || got.Links[0].Delay != 1500.5 {
		t.Errorf("the faults did not arrive: %+v", got)
	}
	err = c.Inject(t.Context(), lab.Fault{Kind: lab.Kill, Region: "mars", Shard: lab.AllShards})
	if local := l.Inject(t.Context(), lab.Fault{Kind: lab.Kill, Region: "mars", Shard: lab.AllShards}); !errors.Is(err, lab.ErrFault) || err.Error() != local.Error() {
		t.Errorf("a refused fault: got %v, want %v", err, local)
	}
}

func TestTheControlRefusesWhatAWebPageCouldSend(t *testing.T) {
	ctl := serve(t, startTCP(t, regions(1, "us")), lab.ControlConfig{Dir: t.TempDir() + "/labs"})
	const kill = `{"kind":"kill","region":"us"}`
	for _, row := range []struct {
		why, method, path, body string
		header                  map[string]string
		host                    string
		want                    int
		says                    string // a part of the error
	}{
		{why: "reading the status", method: "GET", path: "/status", want: 200},
		{why: "a request of a page", method: "GET", path: "/status", header: map[string]string{"Origin": "http://evil.example"}, want: 403},
		{why: "a request of a local page", method: "POST", path: "/fault", body: kill,
			header: map[string]string{"Origin": "null", "Content-Type": "application/json"}, want: 403},
		{why: "a name that was pointed here", method: "GET", path: "/status", host: "evil.example", want: 403},
		{why: "a form", method: "POST", path: "/fault", body: kill, header: map[string]string{"Content-Type": "text/plain"}, want: 415},
		{why: "no type", method: "POST", path: "/fault", body: kill, want: 415},
		{why: "not JSON", method: "POST", path: "/fault", body: "{", header: jsonType, want: 400},
		{why: "an unknown field", method: "POST", path: "/fault", body: `{"kind":"kill","area":"us"}`, header: jsonType, want: 400},
		{why: "two values", method: "POST", path: "/fault", body: kill + kill, header: jsonType, want: 400},
		{why: "a body without end", method: "POST", path: "/fault", body: `{"kind":"` + strings.Repeat("x", 1<<20) + `"}`, header: jsonType, want: 400},
		{why: "a refused fault", method: "POST", path: "/fault", body: `{"kind":"kill","region":"eu"}`, header: jsonType, want: 400},
		{why: "a delay beyond all numbers", method: "POST", path: "/fault", body: `{"kind":"slow","from":"us","to":"eu","delay_ms":1e300}`, header: jsonType, want: 400},
		{why: "a delay that is too long, as it was given", method: "POST", path: "/fault", body: `{"kind":"slow","from":"us","to":"us","delay_ms":36000000}`, header: jsonType, want: 400, says: "a delay of 10h0m0s"},
		{why: "a delay below all numbers", method: "POST", path: "/fault", body: `{"kind":"slow","from":"us","to":"us","delay_ms":-1e300}`, header: jsonType, want: 400, says: "a delay of -"},
		{why: "the wrong method", method: "GET", path: "/fault", want: 404},
		{why: "a fault, and all shards by default", method: "POST", path: "/fault", body: kill, header: jsonType, want: 204},
	} {
		r, err := http.NewRequestWithContext(t.Context(), row.method, "http://"+ctl.Address()+row.path, strings.NewReader(row.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = row.host
		r.Close = true
		for k, v := range row.header {
			r.Header.Set(k, v)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Errorf("%s: %v", row.why, err)
			continue
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != row.want {
			t.Errorf("%s: got %d %s, want %d", row.why, answer.StatusCode, body, row.want)
		}
		if row.want >= 400 {
			var p struct{ Error string }
			if err := json.Unmarshal(body, &p); err != nil || p.Error == "" || !strings.Contains(p.Error, row.says) {
				t.Errorf("%s: body %s", row.why, body)
			}
		}
	}
}

var jsonType = map[string]string{"Content-Type": "application/json; charset=utf-8"}

func TestOnlyLoopbackAddressesAreServed(t *testing.T) {
	l := startTCP(t, regions(1, "us"))
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "example.com:80"} {
		if ctl, err := lab.Serve(t.Context(), l, lab.ControlConfig{Address: address, Dir: t.TempDir()}); err == nil {
			_ = ctl.Close()
			t.Errorf("%s is served", address)
		}
	}
}

func TestFindTellsRunningLabsFromDeadOnes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "labs")
	find := func() (string, error) {
		found, err := lab.FindIn(t.Context(), dir)
		var addresses []string
		for _, c := range found {
			addresses = append(addresses, c.Address())
		}
		return strings.Join(addresses, " "), err
	}
	if _, err := find(); !errors.Is(err, lab.ErrNoLab) {
		t.Errorf("nothing runs: %v", err)
	}
	old := serve(t, startTCP(t, regions(1, "us")), lab.ControlConfig{Dir: dir})
	latest := serve(t, startTCP(t, regions(1, "us")), lab.ControlConfig{Dir: dir})
	// What a killed lab leaves behind: nobody listens on port 1.
	dead := filepath.Join(dir, "lab-1.json")
	if err := os.WriteFile(dead, fmt.Appendf(nil, `{"control":"127.0.0.1:1","process":1,"started":%q}`, time.Now().Add(time.Hour).Format(time.RFC3339)), 0o600); err != nil {
		t.Fatal(err)
	}
	deadConfig := filepath.Join(dir, "lab-1.yaml")
	if err := os.WriteFile(deadConfig, []byte("regions: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// What is not from a lab at all must not lead anywhere.
	for name, text := range map[string]string{"lab-2.json": "nonsense", "lab-3.json": `{"control":"192.0.2.1:80"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := find(); got != latest.Address()+" "+old.Address() {
		t.Errorf("of two: got %q, %v, want both, the latest first: %s %s", got, err, latest.Address(), old.Address())
	}
	for _, file := range []string{dead, deadConfig} {
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s of the dead one is still there: %v", file, err)
		}
	}
	_ = latest.Close()
	if got, err := find(); got != old.Address() {
		t.Errorf("after the latest ended: got %q, %v, want %s", got, err, old.Address())
	}
	_ = old.Close()
	if _, err := find(); !errors.Is(err, lab.ErrNoLab) {
		t.Errorf("all have ended: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestAFolderThatOthersCanUseIsNotTrusted(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := lab.FindIn(t.Context(), dir); err == nil || errors.Is(err, lab.ErrNoLab) {
		t.Errorf("got %v", err)
	}
}

func TestAClientOfSomethingElseSaysSo(t *testing.T) {
	ctl := serve(t, startTCP(t, regions(1, "us")), lab.ControlConfig{Dir: t.TempDir() + "/labs"})
	_ = ctl.Close()
	for _, row := range []struct{ why, address, want string }{
		{"nobody listens", ctl.Address(), "connection refused"},
		{"no address", "nonsense", `"nonsense" is not host:port`},
		{"no port", "127.0.0.1:http", `"http" is not a port`},
		{"another machine", "192.0.2.1:80", "192.0.2.1:80 is not a loopback address"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		c, err := lab.Connect(row.address)
		if err == nil {
			_, err = c.Status(ctx)
		}
		cancel()
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}
