//go:build unix

package matrix_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/faultnet"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

// What is expected of eu where it cannot be used, and where it can but nothing is replicated, since the two servers do not know
// each other.
const (
	euDown = `
  verdict: remote_failure
  findings: [{kind: region, region: eu, cause: CAUSE}]
  regions: {eu: {state: down, cause: CAUSE}}
  links: {"eu->*": unknown, "*->eu": unknown}`
	euRefusing = `
  verdict: degraded
  findings: [{kind: region, severity: warning, region: eu, cause: CAUSE}]
  regions: {eu: {state: impaired, cause: CAUSE}}
  links: {"eu->*": unknown, "*->eu": unknown}`
	euApart = `
  verdict: replication_failure
  findings: [{kind: link, from: us, to: eu, both: true}]
  links: {us->eu: never, eu->us: never}
  writes: {eu: unproven}`
	euBehind = `
  verdict: replication_failure
  findings: [{kind: link, from: eu, to: us}]
  links: {eu->us: never}
  writes: {eu: unproven}`
)

// A real redis-server in each condition, beside one that is well, over TCP.
func TestRealServers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says   string
		expect string
		cause  string
		// make brings eu about, next to the server of us.
		make func(t *testing.T, us *redistest.Server) config.Region
	}{
		{"a server that was killed refuses", euDown, "refused", func(t *testing.T, _ *redistest.Server) config.Region {
			s := redistest.Start(t)
			s.Kill()
			return given(s.Addr)
		}},
		{"a server that is stopped takes connections and says nothing", euDown, "timeout", func(t *testing.T, _ *redistest.Server) config.Region {
			s := redistest.Start(t)
			s.Pause()
			t.Cleanup(s.Continue)
			return given(s.Addr)
		}},
		{"a server that loads its data answers no PING", euDown, "loading", func(t *testing.T, _ *redistest.Server) config.Region {
			return given(loading(t).Addr)
		}},
		{"a replica without its primary that serves nothing stale answers no PING", euDown, "master_down", func(t *testing.T, _ *redistest.Server) config.Region {
			primary := redistest.Start(t)
			replica := redistest.Replica(t, primary, "--replica-serve-stale-data", "no")
			primary.Kill()
			redistest.Await(t, "the replica has noticed", func() bool {
				return strings.HasPrefix(replica.Do(t, "PING").Str, "MASTERDOWN")
			})
			return given(replica.Addr)
		}},
		{"a replica of us gets what us publishes and passes nothing on", euBehind, "", func(t *testing.T, us *redistest.Server) config.Region {
			return given(redistest.Replica(t, us).Addr)
		}},
		{"a server without memory left publishes", euApart, "", func(t *testing.T, _ *redistest.Server) config.Region {
			s := redistest.Start(t, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
			refusesWrites(t, s, "OOM")
			return given(s.Addr)
		}},
		{"a server with too few replicas to write publishes", euApart, "", func(t *testing.T, _ *redistest.Server) config.Region {
			s := redistest.Start(t, "--min-replicas-to-write", "1")
			refusesWrites(t, s, "NOREPLICAS")
			return given(s.Addr)
		}},
		{"a cluster that does not cover all slots publishes", euApart, "", func(t *testing.T, _ *redistest.Server) config.Region {
			s := redistest.Start(t, "--cluster-enabled", "yes")
			s.Do(t, "CLUSTER", "ADDSLOTSRANGE", "0", "16000")
			refusesWrites(t, s, "CLUSTERDOWN")
			return given(s.Addr)
		}},
		{"a server without a connection left accepts and refuses", euDown, "max_clients", func(t *testing.T, _ *redistest.Server) config.Region {
			s := redistest.Start(t, "--maxclients", "1")
			var c net.Conn
			redistest.Await(t, "the only connection is ours", func() bool {
				var err error
				if c, err = net.Dial("tcp", s.Addr); err != nil {
					return false
				}
				if _, err = c.Write(resp.AppendCommand(nil, "PING")); err == nil {
					var v resp.Value
					if v, err = resp.NewReader(c).ReadValue(); err == nil && v.Err() == nil {
						return true
					}
				}
				_ = c.Close() // that of before was still there
				return false
			})
			t.Cleanup(func() { _ = c.Close() })
			return given(s.Addr)
		}},
		{"a server refuses a wrong password", euDown, "authentication", func(t *testing.T, _ *redistest.Server) config.Region {
			r := given(redistest.Start(t, "--requirepass", "right").Addr)
			r.Password = config.SecretOf("wrong")
			return r
		}},
		{"a server with a password refuses a user without", euDown, "authentication", func(t *testing.T, _ *redistest.Server) config.Region {
			return given(redistest.Start(t, "--requirepass", "right").Addr)
		}},
		{"a user without a right to the channels cannot observe", euRefusing, "permission", func(t *testing.T, _ *redistest.Server) config.Region {
			s := redistest.Start(t)
			s.Do(t, "ACL", "SETUSER", "default", "resetchannels")
			return given(s.Addr)
		}},
		{"a server with TLS, spoken to in TLS", euApart, "", func(t *testing.T, _ *redistest.Server) config.Region {
			return encrypted(t, "trusted")
		}},
		{"a server with a certificate of another authority", euDown, "tls", func(t *testing.T, _ *redistest.Server) config.Region {
			return encrypted(t, "untrusted")
		}},
		{"a server with TLS, spoken to in plain, closes the connection", euDown, "reset", func(t *testing.T, _ *redistest.Server) config.Region {
			return given(encrypted(t, "trusted").Address)
		}},
		{"a server without TLS, spoken to in TLS, waits for the end of a line", euDown, "timeout|tls", func(t *testing.T, _ *redistest.Server) config.Region {
			return config.Region{Name: "eu", Address: redistest.Start(t).Addr, TLS: true}
		}},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			text := "says: " + row.says + "\nregions: [{name: us}, {name: eu}]\nstart:" + strings.ReplaceAll(row.expect, "CAUSE", row.cause) + "\n  within: 20s\n  hold: 2s\n"
			s, err := parse("real", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			us := redistest.Start(t)
			eu := row.make(t, us)
			observeReal(t, s, []config.Region{{Name: "us", Address: us.Addr}, eu})
		})
	}
}

func given(address string) config.Region { return config.Region{Name: "eu", Address: address} }

// observeReal probes servers that are there, and judges what is said of them.
func observeReal(t *testing.T, s *scenario, regions []config.Region) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{scenario: s, policy: probe.DefaultPolicy(), judge: newJudge(s), probing: new(errgroup.Group)}
	dial := new(net.Dialer).DialContext
	r.deployment = &deployment{scenario: s, given: regions, network: faultnet.New(dial),
		options: region.Options{Prefix: prefix}}
	out := outcome{}
	err := r.begin(ctx)
	if err == nil {
		r.judge.acted()
		out.results = append(out.results, r.see(ctx, s.Start))
	}
	cancel()
	if err = errors.Join(err, r.probing.Wait()); err != nil {
		t.Error(err)
	}
	out.wrong, out.timeline = r.judge.wrong, r.judge.timeline
	if len(out.wrong) > 0 {
		t.Error(out.report(s, "redis-server", 0))
	}
}

// refusesWrites waits until a server answers a SET with that error.
func refusesWrites(t *testing.T, s *redistest.Server, code string) {
	t.Helper()
	redistest.Await(t, "a write is refused with "+code, func() bool {
		return resp.ServerError(s.Do(t, "SET", "k", "v").Str).Code() == code
	})
}

// loading starts a server that needs minutes to read what another one has written.
func loading(t *testing.T) *redistest.Server {
	t.Helper()
	folder := t.TempDir()
	before := redistest.Start(t, "--dir", folder, "--enable-debug-command", "yes")
	before.Do(t, "DEBUG", "POPULATE", "100000")
	if v := before.Do(t, "SAVE"); v.Str != "OK" {
		t.Fatalf("SAVE: %v", v)
	}
	before.Kill()
	s := redistest.Start(t, "--dir", folder, "--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024")
	if code := resp.ServerError(s.Do(t, "PING").Str).Code(); code != "LOADING" {
		t.Fatalf("the server is not loading: %s", code)
	}
	return s
}

// encrypted starts a server with TLS.
func encrypted(t *testing.T, kind string) config.Region {
	t.Helper()
	folder := t.TempDir()
	authority, err := newAuthority(folder)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.issue(kind)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalECPrivateKey(certificate.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	redistest.Start(t, "--tls-port", fmt.Sprint(port), "--tls-auth-clients", "no",
		"--tls-cert-file", write("certificate", "CERTIFICATE", certificate.Certificate[0]), "--tls-key-file", write("key", "EC PRIVATE KEY", key))
	return config.Region{Name: "eu", Address: net.JoinHostPort("127.0.0.1", fmt.Sprint(port)), TLS: true,
		TLSOptions: config.TLS{CAFile: authority.file}}
}
