package cmd_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/aafailover/aafailover/lab"
)

// listening is a probe that serves what it knows.
type listening struct {
	t       *testing.T
	address string
	client  *http.Client
	stop    func() outcome
}

// served starts a probe that listens on a port of its own.
func served(t *testing.T, args ...string) *listening {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	t.Cleanup(cancel)
	stderr := awaiting("there is no authentication\n")
	ended := make(chan outcome, 1)
	go func() {
		ended <- runContext(ctx, nil, stderr, append([]string{"probe", "--listen", "127.0.0.1:0", "-o", "json"}, args...)...)
	}()
	l := &listening{t: t, client: &http.Client{Transport: &http.Transport{}, Timeout: longest}}
	l.stop = func() outcome {
		cancel()
		l.client.CloseIdleConnections()
		return <-ended
	}
	select {
	case <-stderr.seen:
	case o := <-ended:
		t.Fatalf("it ended by itself: %+v", o)
	}
	l.address = "http://" + regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(stderr.String())
	return l
}

// get returns what is answered.
func (l *listening) get(path string) (status int, body string) {
	l.t.Helper()
	answer, err := l.client.Get(l.address + path)
	if err != nil {
		l.t.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return answer.StatusCode, string(all)
}

// await asks until something is answered.
func (l *listening) await(path, what string, holds func(status int, body string) bool) string {
	l.t.Helper()
	deadline := time.NewTimer(longest)
	defer deadline.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		status, body := l.get(path)
		if holds(status, body) {
			return body
		}
		select {
		case <-look.C:
		case <-deadline.C:
			l.t.Fatalf("%s: %s is not answered; the last was %d %s", path, what, status, body)
		}
	}
}

// holds tells whether a series has a value.
func holds(series, value string) func(int, string) bool {
	return func(_ int, body string) bool { return strings.Contains(body, "\n"+series+" "+value+"\n") }
}

func TestAProbeServesWhatItKnows(t *testing.T) {
	t.Parallel()
	l, control := aLab(t)
	p := served(t, "--lab", "--control", control)
	p.await("/readyz", "a verdict", func(status int, _ string) bool { return status == http.StatusOK })
	metrics := p.await("/metrics", "healthy", holds(`aafailover_verdict{verdict="healthy"}`, "1"))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(metrics))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"aafailover_build_info", "aafailover_link_round_trip_seconds", "aafailover_cell_up", "go_goroutines", "process_start_time_seconds"} {
		if families[name] == nil {
			t.Errorf("%s is not served", name)
		}
	}
	inject(t, l, lab.Fault{Kind: lab.Cut, From: "us", To: "eu"})
	p.await("/metrics", "the cut", holds(`aafailover_verdict{verdict="replication_failure"}`, "1"))
	_, verdict := p.get("/verdict")
	var document struct {
		Schema, Verdict string
		Links           []any
		Events          []any
	}
	if err := json.Unmarshal([]byte(verdict), &document); err != nil || document.Schema != "aafailover.probe/v1" || document.Verdict != "replication_failure" ||
		len(document.Links) != 4 || len(document.Events) > 0 {
		t.Errorf("%v: %s", err, verdict)
	}
	for path, want := range map[string]int{"/healthz": 200, "/": 200, "/nothing": 404} {
		if status, body := p.get(path); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	answer, err := p.client.Post(p.address+"/verdict", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("something can be posted: %d", answer.StatusCode)
	}
	o := p.stop()
	if o.code != 130 || o.decode(t)["verdict"] != "replication_failure" {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(p.address, "http://")); err == nil {
		t.Error("it listens when it has ended")
	}
}

// Health is told while nobody of the regions has answered, which may take long, and readiness is not.
func TestAProbeIsAliveBeforeItKnowsAnything(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p := served(t, "--region", "us=redis://"+silent.Addr().String(), "--timeout", "1m")
	if status, body := p.get("/healthz"); status != http.StatusOK {
		t.Errorf("healthz: %d %s", status, body)
	}
	for _, path := range []string{"/readyz", "/verdict"} {
		if status, body := p.get(path); status != http.StatusServiceUnavailable || body != "no verdict yet\n" {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if _, metrics := p.get("/metrics"); !strings.Contains(metrics, "\naafailover_build_info{") || strings.Contains(metrics, "\naafailover_verdict{") {
		t.Errorf("before there is a verdict:\n%s", metrics)
	}
	if o := p.stop(); o.code != 130 {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
}

func TestMistakesWithListen(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"a port that another process has", []string{"--listen", taken.Addr().String()},
			"listen " + taken.Addr().String() + ": bind: address already in use\nhint: another process has the port: give another one\n"},
		{"an address of another machine", []string{"--listen", "192.0.2.1:9121"},
			"listen 192.0.2.1:9121: bind: cannot assign requested address\nhint: that is no address of this machine: 127.0.0.1:9121 is for this machine only, :9121 for all who can reach it\n"},
		{"a port that there is not", []string{"--listen", ":99999"},
			"listen :99999: address 99999: invalid port\nhint: 127.0.0.1:9121 is for this machine only, :9121 for all who can reach it\n"},
		{"a port alone", []string{"--listen", "9121"}, "listen \"9121\": must be an address and a port\nhint: 127.0.0.1:9121 is for this machine only, :9121 for all who can reach it\n"},
		{"no address at all", []string{"--listen", ""}, "listen \"\": must be an address and a port\nhint: 127.0.0.1:9121 is for this machine only, :9121 for all who can reach it\n"},
		{"a probe that ends at once", []string{"--listen", ":0", "--once"}, "both --once and --listen are given\nhint: leave --once out: what ends at its first verdict cannot be watched\n"},
		{"a limit for nothing", []string{"--listen-cell-series", "5"}, "--listen-cell-series is given, and nothing is served\nhint: give --listen too\n"},
		{"a limit below none", []string{"--listen", ":0", "--listen-cell-series", "-1"}, "listen-cell-series -1: must not be less than 0\nhint: aafailover probe --help shows what it takes\n"},
	} {
		o := run(t, nil, append([]string{"probe", "--lab"}, row.args...)...)
		if o.code != 2 || o.stderr != "aafailover: "+row.want {
			t.Errorf("%s: exit code %d\n%s", row.name, o.code, o.stderr)
		}
	}
}

// However many are connected, to ask once and keep the connection or to say half of a request or nothing, the next one is answered,
// and the probe ends.
func TestManyConnectionsHoldNothingUp(t *testing.T) {
	t.Parallel()
	p := served(t, "--lab")
	const whole, half = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a\r\n"
	for _, said := range []string{whole, half, ""} {
		for range 80 { // more than may be open
			c, err := net.Dial("tcp", strings.TrimPrefix(p.address, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			if _, err := io.WriteString(c, said); err != nil {
				t.Fatal(err)
			}
			if said != whole {
				continue
			}
			if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "200 OK") {
				t.Fatalf("%q %v", line, err)
			}
		}
		if status, body := p.get("/healthz"); status != http.StatusOK {
			t.Errorf("healthz beside %q: %d %s", said, status, body)
		}
		p.client.CloseIdleConnections()
	}
	if o := p.stop(); o.code != 130 {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
}

// More scrapes than are answered at once are answered one after the other: what Prometheus is refused, it takes for a target that is down.
func TestManyScrapesAtOnceAreAnswered(t *testing.T) {
	t.Parallel()
	p := served(t, "--lab", "--dataset", "--vitals", "--canary", "5/s") // all of which /verdict reads beside the probe
	p.await("/readyz", "a verdict", func(status int, _ string) bool { return status == http.StatusOK })
	const clients = 16
	refused := make(chan int, clients*20)
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for range 10 {
				for _, path := range []string{"/metrics", "/verdict"} {
					answer, err := p.client.Get(p.address + path)
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
					if answer.StatusCode != http.StatusOK {
						refused <- answer.StatusCode
					}
				}
			}
		})
	}
	asking.Wait()
	if len(refused) > 0 {
		t.Errorf("%d of %d were refused", len(refused), 2*10*clients)
	}
	if o := p.stop(); o.code != 130 {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
}
