package proxy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/proxy"
)

// clientThrough is a client as an application uses one, behind a proxy.
func clientThrough(t *testing.T, p *proxy.Proxy, address string) *redis.Client {
	c := redis.NewClient(&redis.Options{
		Addr: address, Dialer: p.Dial, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true, PoolSize: 50,
		ReadTimeout: patience, WriteTimeout: patience, DialTimeout: patience, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// A real server behind each condition: what its client sees, and what the server has when all is over.
func TestRealServer(t *testing.T) {
	server := redistest.Start(t)
	p := proxy.New(proxy.Options{})
	defer p.Close()
	client := clientThrough(t, p, server.Addr)
	set := func(c proxy.Condition) {
		t.Helper()
		if err := p.Set(c); err != nil {
			t.Fatal(err)
		}
	}
	write := func(key string, within time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		return client.Set(ctx, key, "value", time.Minute).Err()
	}
	has := func(key string) bool { return server.Do(t, "EXISTS", key).Int == 1 }

	if err := write("before", patience); err != nil {
		t.Fatal(err)
	}
	set(proxy.Refuse{})
	if err := write("refused", patience); err == nil {
		t.Error("written while it was refused") // over a pooled connection: its end
	}
	if err := write("refused again", patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refused: %v", err)
	}
	set(proxy.Hang{})
	if err := write("hung", brevity); !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hung: %v", err)
	}
	set(proxy.Reset{})
	if err := write("reset", patience); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("reset: %v", err)
	}
	set(proxy.Slow{Delay: 20 * time.Millisecond})
	began := time.Now()
	if err := write("slow", patience); err != nil || time.Since(began) < 40*time.Millisecond {
		t.Errorf("slow: %v after %v", err, time.Since(began))
	}
	set(proxy.Pass{})
	if err := write("after", patience); err != nil {
		t.Error(err)
	}
	for key, want := range map[string]bool{"before": true, "refused": false, "refused again": false, "reset": false, "slow": true, "after": true} {
		if has(key) != want {
			t.Errorf("%s: %v, want %v", key, has(key), want)
		}
	}
}

// A write that hung is applied when the way is free again, though its client has given up on it: whether that closed its
// connection or reset it, the write had gone out before.
func TestAWriteThatHungArrivesLate(t *testing.T) {
	server := redistest.Start(t)
	for _, row := range []struct {
		name   string
		giveUp func(net.Conn)
	}{
		{"closed", func(c net.Conn) { _ = c.Close() }},
		{"reset", memnet.Reset},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := proxy.New(proxy.Options{})
			defer p.Close()
			c, err := p.Dial(t.Context(), "tcp", server.Addr)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(c, "PING\r\n"); err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(patience))
			if _, err := io.ReadFull(c, make([]byte, len("+PONG\r\n"))); err != nil {
				t.Fatal(err)
			}
			if err := p.Set(proxy.Hang{}); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(c, "SET "+row.name+" yes EX 60\r\n"); err != nil {
				t.Fatal(err)
			}
			row.giveUp(c)
			if got := server.Do(t, "EXISTS", row.name).Int; got != 0 {
				t.Error("it arrived while nothing moves")
			}
			if err := p.Set(proxy.Pass{}); err != nil {
				t.Fatal(err)
			}
			redistest.Await(t, "the write arrives", func() bool { return server.Do(t, "EXISTS", row.name).Int == 1 })
		})
	}
}

// A thousand pipelined writes over a slow way take little more than one, and all are applied in order.
func TestPipelineOverASlowWay(t *testing.T) {
	server := redistest.Start(t)
	p := proxy.New(proxy.Options{})
	defer p.Close()
	if err := p.Set(proxy.Slow{Delay: 5 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	client := clientThrough(t, p, server.Addr)
	var replies []redis.Cmder
	for range 10 {
		more, err := client.Pipelined(t.Context(), func(pipe redis.Pipeliner) error {
			for i := range 1000 {
				pipe.RPush(t.Context(), "list", fmt.Sprint(i))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		replies = append(replies, more...)
	}
	for i, reply := range replies {
		if length := reply.(*redis.IntCmd).Val(); length != int64(i+1) {
			t.Fatalf("reply %d says %d", i, length)
		}
	}
}

// TLS passes through: the client verifies the name of the region, which is not that of the proxy.
func TestTLSPassesThrough(t *testing.T) {
	ca := certtest.Authority(t)
	own := ca.Issue(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"redis.example.com"}, nil })
	roots := x509.NewCertPool()
	roots.AddCert(ca.X509)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", own.Server())
	if err != nil {
		t.Fatal(err)
	}
	e := startEcho(t, listener)
	p := proxy.New(proxy.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "redis.example.com:6380" {
			t.Errorf("dialled %s", address)
		}
		return new(net.Dialer).DialContext(ctx, network, e.address)
	}})
	defer p.Close()
	for _, row := range []struct {
		name string
		good bool
	}{{"redis.example.com", true}, {"other.example.com", false}, {"127.0.0.1", false}} {
		raw, err := p.Dial(t.Context(), "tcp", "redis.example.com:6380")
		if err != nil {
			t.Fatal(err)
		}
		c := tls.Client(raw, &tls.Config{ServerName: row.name, RootCAs: roots})
		_ = c.SetDeadline(time.Now().Add(patience))
		if err := c.Handshake(); (err == nil) != row.good {
			t.Errorf("as %s: %v", row.name, err)
		}
		_ = c.Close()
	}
}
