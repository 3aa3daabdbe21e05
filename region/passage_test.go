package region_test

import (
	"crypto/tls"
	"testing"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/region"
)

// A passage is secured and verified as the region's URL and settings say, and sends nothing by itself.
func TestPassage(t *testing.T) {
	t.Parallel()
	authority := certtest.Authority(t)
	server := authority.Issue(t, nil)
	pair, err := tls.LoadX509KeyPair(server.CertFile, server.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	got := make(chan string)
	go func() {
		defer close(got)
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			b := make([]byte, 100)
			n, _ := c.Read(b)
			c.Close()
			got <- string(b[:n])
		}
	}()
	address := listener.Addr().String()
	for _, row := range []struct {
		name string
		url  string
		ca   string
		want bool // it is secured
	}{
		{"a region with TLS is verified", "rediss://" + address, authority.CertFile, true},
		{"one that another authority vouches for is not taken", "rediss://" + address, certtest.Authority(t).CertFile, false},
		{"without TLS the connection stays what it is", "redis://" + address, "", false},
	} {
		r, err := config.ParseRegionFlag("us=" + row.url)
		if err != nil {
			t.Fatal(err)
		}
		if row.ca != "" {
			if err := r.TLSOptions.Set(config.TLSCA, row.ca); err != nil {
				t.Fatal(err)
			}
		}
		p := region.NewPassage(r, region.Options{})
		if p.Secured() != (row.ca != "") {
			t.Errorf("%s: secured: %v", row.name, p.Secured())
		}
		raw, err := p.Dial(t.Context(), "tcp", r.Address)
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Secure(t.Context(), raw, r.Address)
		if (err == nil) != (row.want || row.ca == "") {
			t.Errorf("%s: %v", row.name, err)
		}
		if err == nil {
			if row.want {
				_, _ = c.Write([]byte("hello"))
			} else if c != raw {
				t.Errorf("%s: another connection", row.name)
			}
			c.Close()
		}
		if said := <-got; row.want && said != "hello" || !row.want && said != "" {
			t.Errorf("%s: %q came", row.name, said)
		}
	}
}
