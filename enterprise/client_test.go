package enterprise_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/resttest"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

func told[T any](value T) vitals.Field[T] {
	return vitals.Field[T]{Value: value, Standing: vitals.Told}
}

func client(t *testing.T, api config.API, o enterprise.Options) *enterprise.Client {
	t.Helper()
	c := enterprise.NewClient("us", api, o)
	t.Cleanup(c.Close)
	return c
}

func TestWhatAClusterManagerTells(t *testing.T) {
	us, _ := resttest.Pair(t)
	us.Behind(300)
	c := client(t, us.API(), enterprise.Options{})
	databases, err := c.Databases(t.Context())
	if err != nil || len(databases) != 2 {
		t.Fatalf("%v, %v", databases, err)
	}
	found, ok := enterprise.At(databases, []string{"REDIS-12000.us.example."}, 12000)
	if !ok || found.UID != "1" {
		t.Fatalf("found %v, %v", found, ok)
	}
	d, err := c.Database(t.Context(), found.UID)
	if err != nil {
		t.Fatal(err)
	}
	want := enterprise.Database{
		UID: "1", Name: told("sessions"), Status: told("active"), Version: told("7.4.0"), RedisVersion: told("7.4"), Memory: told[int64](3_000_000_000),
		Shards: told[int64](3), Sharding: told(true), Replication: told(true), Hashing: told("16k"), KeyRules: told([]string{`.*\{(?<tag>.*)\}.*`, `(?<tag>.*)`}),
		Endpoints: []enterprise.Endpoint{{UID: "1:1", Name: "redis-12000.us.example", Addresses: []string{"192.0.2.10"}, Port: 12000, Reach: told("external"),
			PreferredIP: told("external"), ProxyPolicy: told("all-master-shards")}},
		ClusterAPI: told(true), ProxyPolicy: told("all-master-shards"), TLS: told("enabled"), Persistence: told("aof"), AOFPolicy: told("appendfsync-every-sec"),
		Modules: told([]enterprise.Module{{Name: "ReJSON", Version: "2.8.4"}}), ReplicaOf: told("disabled"),
		ActiveActive: told(true), GUID: told(resttest.GUID), ReplicaID: told("1"), Sync: told("enabled"), BacklogAuto: true,
		Sources: told([]enterprise.Source{{UID: "2", Address: "redis-12000.eu.example:12000", Status: told(enterprise.InSync), Lag: told(40 * time.Millisecond), LastError: told(""),
			LastUpdate: told("2026-01-02T03:04:05Z"), CopySize: told[int64](0), Copied: told[int64](0)}}),
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("database (-want +got):\n%s", diff)
	}
	shards, err := c.Shards(t.Context(), d.UID)
	if err != nil || len(shards) != 6 || shards[1].UID != "2" || shards[1].Primary {
		t.Errorf("shards %v, %v", shards, err)
	}
	m, err := enterprise.Map("us", "us.example:12000", d, shards)
	if err != nil || m.Source != slots.REST || len(m.Shards) != 3 || len(m.Unowned()) != 0 || m.Shards[1].Address != "us.example:12000" {
		t.Errorf("map %v, %v", m, err)
	}
	peers, err := c.Peers(t.Context(), d.UID)
	wantPeers := []enterprise.Peer{{UID: "2", Lag: told(38 * time.Millisecond), PendingLeast: told(0.0), PendingMost: told(0.0), Sent: told(1000.0), Received: told(185992.0)}}
	if diff := cmp.Diff(wantPeers, peers); diff != "" || err != nil {
		t.Errorf("peers %v (-want +got):\n%s", err, diff)
	}
	all, err := c.ActiveActives(t.Context())
	wantAll := []enterprise.ActiveActive{{GUID: resttest.GUID, Name: told("sessions"), Featureset: told[int64](5), Protocol: told[int64](1),
		Instances: told([]enterprise.Instance{{ID: "1", Cluster: "cluster1.example"}, {ID: "2", Cluster: "cluster2.example"}})}}
	if diff := cmp.Diff(wantAll, all); diff != "" || err != nil {
		t.Errorf("Active-Active databases %v (-want +got):\n%s", err, diff)
	}
	if a, err := c.Availability(t.Context(), d.UID); err != nil || !a.OK {
		t.Errorf("available %v, %v", a, err)
	}
	if a, err := c.CaughtUp(t.Context(), d.UID, 0); err != nil || a.OK || a.Code != "bdb_unavailable" || a.Description != "BDB 1 is not available" {
		t.Errorf("caught up %v, %v", a, err)
	}
	if a, err := c.CaughtUp(t.Context(), d.UID, enterprise.ClientTolerance); err != nil || !a.OK {
		t.Errorf("caught up with more tolerance %v, %v", a, err)
	}
}

// Each thing that can go wrong is told apart from the others, with what to do, and shows neither the password nor what stood in
// the answer.
func TestWhatCanGoWrong(t *testing.T) {
	const secret = "hunter22"
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
		}
	}
	to := func(location string) http.HandlerFunc {
		return http.RedirectHandler(location, http.StatusTemporaryRedirect).ServeHTTP
	}
	for _, row := range []struct {
		name   string
		answer http.HandlerFunc
		want   string // behind the address and the question
		hint   string // a part of it; "" for none
	}{
		{"a wrong password", resttest.Refusal(401, "", ""), "401 Unauthorized", "those of the cluster manager, not those of the database"},
		{"a role that may not", resttest.Refusal(403, "insufficient_permissions", "no"), "403 Forbidden (insufficient_permissions: no)", "db_viewer"},
		{"no such path", text(404, "<html>"+secret), "404 Not Found", "below /v1 on port 9443"},
		{"not acceptable", resttest.Refusal(406, "not_crdb", "Database is not a CRDB."), "406 Not Acceptable (not_crdb: Database is not a CRDB)", ""},
		{"a node outside of its cluster", text(503, ""), "503 Service Unavailable", "ask another one"},
		{"a status that is none", text(599, secret), "599", ""},
		{"an error with a password in it", resttest.Refusal(500, secret+" {", "redis://admin:"+secret+"@h said no"), "500 Internal Server Error (redis://h said no)", ""},
		{"an error that repeats a password", text(500, `{"error_code":"x","description":"not `+secret+`","authentication_redis_pass":"`+secret+`"}`),
			"500 Internal Server Error (x: (it repeats a password, and is not shown))", ""},
		{"an error that repeats ours", resttest.Refusal(500, "x", "no "+resttest.Password), "500 Internal Server Error (x: (it repeats a password, and is not shown))", ""},
		{"an error with much to say", resttest.Refusal(500, "x", strings.Repeat("é", 400)+secret), "500 Internal Server Error (x: " + strings.Repeat("é", 150) + "…)", ""},
		{"an error that would paint", resttest.Refusal(500, "x", "\x1b[31m\nred"), "500 Internal Server Error (x: \ufffd[31m red)", ""},
		{"a page for people", text(200, "<!DOCTYPE html>"+secret), "the answer is not JSON of the expected form: it is a page for people", "8443"},
		{"nothing", text(200, ""), "the answer is not JSON of the expected form: it is empty", ""},
		{"half of an answer", text(200, `[{"uid": 1, "name": "`+secret), "closed by the other side", ""},
		{"another answer", text(200, `{"uid": "`+secret+`"}`), "the answer is not JSON of the expected form", ""},
		{"an answer that has no end", func(w http.ResponseWriter, _ *http.Request) {
			for range 9 << 10 {
				_, _ = w.Write(make([]byte, 1<<10))
			}
		}, "the answer is too long", ""},
		{"an answer that is broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = fmt.Fprint(w, "[")
		}, "closed by the other side", "log of the cluster manager"},
		{"another server", to("https://other.example:9443/v1/bdbs"), "it refers to another address, other.example:9443", "the password goes to no other address"},
		{"another server, without a port", to("https://other.example/"), "it refers to another address, other.example:443", "the password goes to no other address"},
		{"plain text", to("http://127.0.0.1:9443/v1/bdbs"), "it refers to an address without TLS", "the password goes to no other address"},
		{"itself again and again", to("/v1/bdbs"), "it refers to itself again and again", ""},
		{"a redirection to nowhere", text(302, ""), "302 Found", "give the address that it refers to"},
	} {
		t.Run(row.name, func(t *testing.T) {
			us, _ := resttest.Pair(t)
			us.Instead("", row.answer)
			api := us.API()
			_, err := client(t, api, enterprise.Options{}).Databases(t.Context())
			want := fmt.Sprintf("us (%s): ask for its databases: %s", api.Address, row.want)
			if fmt.Sprint(err) != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			hints := strings.Join(hint.Of(err), "; ")
			if !strings.Contains(hints, row.hint) {
				t.Errorf("hint %q, want %q", hints, row.hint)
			}
			if shown := fmt.Sprint(err, hints); strings.Contains(shown, secret) || strings.Contains(shown, resttest.Password) {
				t.Errorf("a password shows: %s", shown)
			}
		})
	}
}

func TestWhereNobodyAnswers(t *testing.T) {
	us, _ := resttest.Pair(t)
	hang := make(chan struct{})
	us.Instead("", func(http.ResponseWriter, *http.Request) { <-hang })
	t.Cleanup(func() { close(hang) })
	closed := us.API()
	closed.Address = "127.0.0.1:1"
	nowhere := us.API()
	nowhere.Address = "cluster.us.example:9443"
	lookup := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Name: "cluster.us.example", IsNotFound: true}}
	}
	forgotten := us.API()
	forgotten.Password = config.SecretFile("/no/such")
	for _, row := range []struct {
		name       string
		api        config.API
		o          enterprise.Options
		want, hint string
	}{
		{"a server that does not answer", us.API(), enterprise.Options{Timeout: 100 * time.Millisecond}, "no answer in time", "firewalls"},
		{"a port that nobody listens at", closed, enterprise.Options{}, "connection refused", "nothing listens there"},
		{"a name that there is not", nowhere, enterprise.Options{Dial: lookup}, "name cluster.us.example not found", "DNS"},
		{"a password that is not there", forgotten, enterprise.Options{}, "read password: stat /no/such: no such file or directory", "passwordFile"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := client(t, row.api, row.o).Databases(t.Context())
			if want := fmt.Sprintf("us (%s): ask for its databases: %s", row.api.Address, row.want); fmt.Sprint(err) != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if hints := strings.Join(hint.Of(err), "; "); !strings.Contains(hints, row.hint) {
				t.Errorf("hint %q, want %q", hints, row.hint)
			}
			if !enterprise.Silent(err) || enterprise.NotAllowed(err) {
				t.Errorf("it is not silent: %v", err)
			}
		})
	}
}

func TestWhomAnAPITrusts(t *testing.T) {
	us, _ := resttest.Pair(t)
	other := certtest.SelfSigned(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"cluster.us.example"}, nil })
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plain.Close() })
	old := func(how config.TLS) config.API {
		api := us.API()
		api.TLS = how
		return api
	}
	for _, row := range []struct {
		name       string
		api        config.API
		want, hint string
	}{
		{"a pinned key", us.API(), "", ""},
		{"its certificate as the authority", old(config.TLS{CAFile: us.Certificate.CertFile}), "", ""},
		{"nobody in particular", old(config.TLS{}), "the certificate of the server is self-signed, and not trusted", "--tls-pin " + config.PinOf(us.Certificate.X509).String()},
		{"another key", old(config.TLS{Pins: []config.Pin{{1}}}), "the public key of the server is " + config.PinOf(us.Certificate.X509).String() + ", which is not pinned", "somebody else may be answering"},
		{"another authority", old(config.TLS{CAFile: other.CertFile}), "the certificate of the server is self-signed, and not trusted", "--tls-ca"},
		{"another name", old(config.TLS{CAFile: us.Certificate.CertFile, ServerName: "eu.example"}), "the certificate of the server is for us.example, 127.0.0.1, not for eu.example", "--tls-server-name"},
		{"anybody", old(config.TLS{Insecure: true}), "", ""},
		{"newer TLS", old(config.TLS{Insecure: true, MinVersion: tls.VersionTLS13}), "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := client(t, row.api, enterprise.Options{}).Databases(t.Context())
			if row.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if want := fmt.Sprintf("us (%s): ask for its databases: %s", row.api.Address, row.want); fmt.Sprint(err) != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if hints := strings.Join(hint.Of(err), "; "); !strings.Contains(hints, row.hint) {
				t.Errorf("hint %q, want %q", hints, row.hint)
			}
		})
	}
}

// Nobody is shown the password who is not the server: neither whom it refers to, nor a proxy of the environment.
func TestThePasswordGoesToOneServer(t *testing.T) {
	us, eu := resttest.Pair(t)
	us.Instead("", http.RedirectHandler("https://"+eu.API().Address+"/v1/bdbs", http.StatusFound).ServeHTTP)
	t.Setenv("HTTPS_PROXY", "http://"+eu.API().Address)
	api := us.API()
	api.TLS = config.TLS{Insecure: true}
	if _, err := client(t, api, enterprise.Options{}).Databases(t.Context()); err == nil {
		t.Error("it went there")
	}
	if asked := eu.Asked(); len(asked) != 0 {
		t.Errorf("the other was asked %q", asked)
	}
	// It may refer to itself, as a node does that does not manage the cluster.
	us.Instead("/v1/bdbs", http.RedirectHandler("https://"+us.API().Address+"/v1/elsewhere", http.StatusTemporaryRedirect).ServeHTTP)
	us.Instead("/v1/elsewhere", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != resttest.User || password != resttest.Password {
			t.Error("the server itself is not told the password")
		}
		_, _ = fmt.Fprint(w, "[]")
	})
	if _, err := client(t, api, enterprise.Options{}).Databases(t.Context()); err != nil {
		t.Error(err)
	}
}

// A password that was changed is read again, once, and one that is the same is not tried again.
func TestAPasswordThatChanges(t *testing.T) {
	us, _ := resttest.Pair(t)
	file := filepath.Join(t.TempDir(), "password")
	write := func(password string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old")
	api := us.API()
	api.Password = config.SecretFile(file)
	c := client(t, api, enterprise.Options{})
	if _, err := c.Databases(t.Context()); !enterprise.NotAllowed(err) || len(us.Asked()) != 1 {
		t.Errorf("%v after %q", err, us.Asked())
	}
	us.Instead("/v1/bdbs", func(w http.ResponseWriter, r *http.Request) {
		write(resttest.Password) // somebody changes it meanwhile
		if _, password, _ := r.BasicAuth(); password == "old" {
			resttest.Refusal(http.StatusUnauthorized, "", "")(w, r)
			return
		}
		_, _ = fmt.Fprint(w, "[]")
	})
	if _, err := c.Databases(t.Context()); err != nil || len(us.Asked()) != 3 {
		t.Errorf("%v after %q", err, us.Asked())
	}
}

func TestAnEndedContextIsNobodysFault(t *testing.T) {
	us, _ := resttest.Pair(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client(t, us.API(), enterprise.Options{}).Databases(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
