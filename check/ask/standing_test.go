//go:build unix

package ask_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/ask"
	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/vitals"
)

// as makes a user of a server that may do what the rules say and nothing else, as one region us.
func as(t *testing.T, s *redistest.Server, rules ...string) config.Region {
	t.Helper()
	if v := s.Do(t, append([]string{"ACL", "SETUSER", "auditor", "reset", "on", ">hunter2"}, rules...)...); v.Str != "OK" {
		t.Fatal(v)
	}
	r := regionsAt(s.Addr)[0]
	r.User, r.Password = "auditor", config.SecretOf("hunter2")
	return r
}

// With exactly the access that `acl check` prints everything is told, and nothing else is sent.
func TestRealAccess(t *testing.T) {
	t.Parallel()
	node := redistest.Nodes(t, 1)[0]
	access := region.AccessFor(region.ToCheck, region.DefaultPrefix)
	rules := slices.Clone(access.Rules)
	for _, e := range access.Extras {
		rules = append(rules, e.Rules...)
	}
	r := as(t, node, rules...)
	stop := node.Monitor(t)
	f := factsOf(t, r)
	sent := stop()
	if len(sent) == 0 {
		t.Error("nothing was sent: this would not see what should not be")
	}
	for _, one := range sent {
		name := "+" + strings.ToLower(one.Args[0])
		if len(one.Args) > 1 && slices.Contains([]string{"+cluster", "+config", "+latency", "+function"}, name) {
			name += "|" + strings.ToLower(one.Args[1])
		}
		if name != "+auth" && !slices.Contains(rules, name) { // every user may send AUTH
			t.Errorf("%q was sent, which the rules do not grant", one.Args)
		}
	}
	us := f.Regions[0]
	if us.Unreachable != "" || !us.Map.Known() || !us.Hashing.Value || !us.Cluster.Known() || !us.Clock.Known() || len(us.Servers) != 1 {
		t.Fatalf("%+v", us)
	}
	s := us.Servers[0]
	if !s.Vitals.Memory.Used.Known() || !s.Vitals.Spikes.Known() || !s.Libraries.Known() || !s.Modules.Known() || !s.Scripts.Known() || len(s.Vitals.Denied) > 0 || len(s.Vitals.Lacks) > 0 {
		t.Errorf("%+v", s)
	}
	for _, name := range check.SettingNames() {
		if !s.Setting(name).Known() {
			t.Errorf("the setting %s is not told", name)
		}
	}
	if said := fmt.Sprintf("%+v", f); strings.Contains(said, "hunter2") {
		t.Error("the password is among the facts")
	}

	// Without the extras, only what they give is not allowed.
	s = factsOf(t, as(t, node, access.Rules...)).Regions[0].Servers[0]
	if !s.Vitals.Memory.Used.Known() || s.Setting("appendonly").Standing != vitals.NotAllowed || s.Libraries.Standing != vitals.NotAllowed || s.Failed != "" {
		t.Errorf("%+v", s)
	}

	// A user of a probe reaches the region, and may not ask its servers.
	us = factsOf(t, as(t, node, region.AccessFor(region.ToProbe, region.DefaultPrefix).Rules...)).Regions[0]
	s = us.Servers[0]
	if us.Unreachable != "" || !us.Map.Known() || us.Clock.Standing != vitals.NotAllowed || us.Hashing.Standing != vitals.NotAllowed || us.Cluster.Standing != vitals.NotAllowed ||
		s.Failed != "" || s.Vitals.Version.Standing != vitals.NotAllowed || s.Modules.Standing != vitals.NotAllowed || s.Rates.Effects.Known() {
		t.Errorf("%+v", us)
	}

	// And who is let in nowhere is told what to look at.
	r.Password = config.SecretOf("hunter3")
	us = factsOf(t, r).Regions[0]
	if us.Cause != probe.Authentication || !strings.Contains(us.Advice, "check the user and the password of region us") || strings.Contains(fmt.Sprintf("%+v", us), "hunter") {
		t.Errorf("%+v", us)
	}
}

// A server of another age lacks some commands and settings: that is unknown, and no failure.
func TestRealServerThatLacksCommands(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--rename-command", "FUNCTION", "", "--rename-command", "TIME", "", "--rename-command", "LATENCY", "", "--rename-command", "CONFIG", "", "--rename-command", "CLUSTER", "")
	us := factsOf(t, regionsAt(s.Addr)...).Regions[0]
	one := us.Servers[0]
	if us.Unreachable != "" || one.Failed != "" || !one.Vitals.Version.Known() || us.Clock != (vitals.Field[check.Clock]{}) ||
		one.Libraries.Standing != vitals.Unknown || one.Setting("save").Standing != vitals.Unknown {
		t.Errorf("%+v", us)
	}
}

// Certificates are told whether they are believed or not; who shows one that is not gets no password.
func TestRealCertificates(t *testing.T) {
	t.Parallel()
	authority := certtest.Authority(t)
	server := authority.Issue(t, nil)
	port := freePort(t)
	redistest.Start(t, "--tls-port", port, "--tls-cert-file", server.CertFile, "--tls-key-file", server.KeyFile, "--tls-ca-cert-file", authority.CertFile,
		"--tls-auth-clients", "no", "--requirepass", "hunter2")
	for _, row := range []struct {
		name        string
		options     config.TLS
		unreachable string
		insecure    bool
	}{
		{"of a trusted authority", config.TLS{CAFile: authority.CertFile}, "", false},
		{"of one that is not", config.TLS{}, "signed by an authority that is not trusted", false},
		{"with another key than the pinned one", config.TLS{Pins: []config.Pin{{1}}}, "which is not pinned", false},
		{"with the pinned key", config.TLS{Pins: []config.Pin{config.PinOf(server.X509)}}, "", false},
		{"when nobody looks", config.TLS{Insecure: true}, "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := config.Region{Name: "us", Address: "127.0.0.1:" + port, TLS: true, TLSOptions: row.options, Password: config.SecretOf("hunter2")}
			f := factsOf(t, r).Regions[0]
			if !strings.Contains(f.Unreachable, row.unreachable) || (f.Unreachable == "") != (row.unreachable == "") || f.Insecure != row.insecure || !f.TLS {
				t.Errorf("%+v", f)
			}
			if len(f.Certificates) == 0 {
				t.Fatal("no certificate is told")
			}
			if c := f.Certificates[0]; !c.Leaf || c.Subject != "test" || c.Issuer != "test authority" || !c.Until.Equal(server.X509.NotAfter) || c.Address != r.Address {
				t.Errorf("%+v", c)
			}
		})
	}
	expired := authority.Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	port = freePort(t)
	redistest.Start(t, "--tls-port", port, "--tls-cert-file", expired.CertFile, "--tls-key-file", expired.KeyFile, "--tls-ca-cert-file", authority.CertFile, "--tls-auth-clients", "no")
	f := factsOf(t, config.Region{Name: "us", Address: "127.0.0.1:" + port, TLS: true, TLSOptions: config.TLS{CAFile: authority.CertFile}}).Regions[0]
	if f.Cause != probe.TLS || len(f.Certificates) == 0 || !f.Certificates[0].Until.Before(time.Now()) {
		t.Errorf("%+v", f)
	}
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// asking gathers the facts of regions in the background. Its results are those of ask.Facts.
func asking(ctx context.Context, c ask.Config) func() (*check.Facts, error) {
	var (
		f    *check.Facts
		err  error
		done = make(chan struct{})
	)
	go func() {
		defer close(done)
		f, err = ask.Facts(ctx, c)
	}()
	return func() (*check.Facts, error) {
		<-done
		return f, err
	}
}

// Who is interrupted has what was told up to then.
func TestRealInterruption(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	facts := asking(ctx, ask.Config{Regions: regionsAt(s.Addr), Options: patient, Measure: time.Hour})
	redistest.Await(t, "the last question to the server", func() bool {
		return strings.Contains(s.Do(t, "INFO", "commandstats").Str, "cmdstat_function|list")
	})
	cancel()
	f, err := facts()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if one := f.Regions[0].Servers[0]; !one.Vitals.Version.Known() || one.Failed != "" || one.Measured != 0 || one.Rates.Effects.Known() {
		t.Errorf("%+v", one)
	}
}

// What is written while it is measured is told as a rate, and replicas are asked as their primary is.
func TestRealRates(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	replica := redistest.Replica(t, s)
	facts := asking(t.Context(), ask.Config{Regions: regionsAt(s.Addr), Options: patient, Measure: 300 * time.Millisecond})
	info := func() string { return s.Do(t, "INFO", "commandstats").Str }
	first := "cmdstat_time:calls=8,"
	redistest.Await(t, "the first reading", func() bool { return strings.Contains(info(), first) })
	for range 100 {
		s.Do(t, "SET", "k", strings.Repeat("x", 1000))
	}
	f, err := facts()
	if err != nil {
		t.Fatal(err)
	}
	us := f.Regions[0]
	if len(us.Servers) != 2 || us.Servers[1].Address != replica.Addr || us.Servers[0].Shard != 0 || us.Servers[1].Shard != 0 {
		t.Fatalf("%+v", us.Servers)
	}
	if one := us.Servers[0]; one.Measured < 300*time.Millisecond || one.Rates.Effects.Value <= 0 {
		t.Errorf("%v %+v", one.Measured, one.Rates)
	}
}

// A replica that is known by two addresses is one.
func TestRealReplicaOfTwoAddresses(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	first, second := redistest.Replica(t, s), redistest.Replica(t, s)
	o := patient
	var err error
	if o.Addresses, err = region.ParseAddresses("", []string{fmt.Sprintf("%s=localhost:%d", second.Addr, first.Port)}); err != nil {
		t.Fatal(err)
	}
	f, err := ask.Facts(t.Context(), ask.Config{Regions: regionsAt(s.Addr), Options: o, Measure: short})
	if err != nil {
		t.Fatal(err)
	}
	if servers := f.Regions[0].Servers; len(servers) != 2 || servers[1].Failed != "" || servers[1].Vitals.Replication.Role.Value != vitals.Replica {
		t.Errorf("%+v", servers)
	}
}

// A server that announces any number of shards has only so many asked, and judged.
func TestMoreServersThanAreAsked(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	many.WriteString("*3000\r\n")
	for n := range 3000 {
		fmt.Fprintf(&many, "*3\r\n:%d\r\n:%[1]d\r\n*3\r\n+127.1.%d.%d\r\n:1\r\n+%040d\r\n", n, n/256, n%256, n)
	}
	us := alter(t, redistest.Start(t).Addr, func(command string, _ resp.Value) []byte {
		if command != "CLUSTER SLOTS" {
			return nil
		}
		return []byte(many.String())
	})
	f := factsOf(t, regionsAt(us)...).Regions[0]
	if n := len(f.Servers); n != 1024+1 || !strings.HasSuffix(f.Servers[0].Failed, "connection refused") || !strings.Contains(f.Servers[n-1].Failed, "1024 servers of the region were") || !f.Servers[n-1].Untried {
		t.Fatalf("%d servers, the last one %+v", n, f.Servers[max(n-1, 0):])
	}
}
