package client_test

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/failover/client"
	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/lab"
)

// secured is a server that speaks TLS and hands on what it hears.
type secured struct {
	net.Listener
	to      string
	running sync.WaitGroup
}

// secure puts TLS before an address.
func secure(t *testing.T, to string, c *tls.Config) *secured {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	s := &secured{Listener: l, to: to}
	s.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.running.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.running.Wait()
	})
	return s
}

func (s *secured) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	server, err := net.Dial("tcp", s.to)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(conn, server)
		_ = conn.Close()
	})
	_, _ = io.Copy(server, conn)
	_ = server.Close()
	back.Wait()
}

// The application's connections are as secure as those of the observer, by the same files.
func TestTLS(t *testing.T) {
	authority := certtest.Authority(t)
	l, err := lab.Start(t.Context(), lab.Config{Regions: []lab.RegionConfig{{Name: "us", Shards: 1}, {Name: "eu", Shards: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := client.Config{}
	for _, r := range status.Regions {
		s := secure(t, strings.TrimPrefix(r.URL, "redis://"), authority.Issue(t, nil).Server())
		c.Regions = append(c.Regions, client.Region{Name: r.Name, URL: "rediss://" + s.Addr().String() + "?clustered=false", TLS: client.TLS{CAFile: authority.CertFile}})
	}
	trusting, err := client.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := trusting.Set(t.Context(), "key", "v", time.Hour).Err(); err != nil {
		t.Error(err)
	}
	if err := trusting.Close(); err != nil {
		t.Error(err)
	}
	for i := range c.Regions {
		c.Regions[i].TLS.CAFile = certtest.Authority(t).CertFile
	}
	suspicious, err := client.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := suspicious.Set(t.Context(), "key", "v", time.Hour).Err(); err == nil || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("with a certificate of somebody else: %v", err)
	}
	if err := suspicious.Close(); err != nil {
		t.Error(err)
	}
}
