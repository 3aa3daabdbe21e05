package evidence_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/evidence"
)

func TestWhatStandsForHosts(t *testing.T) {
	hide := evidence.Hide{Hosts: true, Addresses: []string{"redis-us:6379", "eu:6379", "db@sentinel1:26379"}, Regions: []string{"us", "eu"}, Keep: []string{"my.app"}}
	for _, row := range []struct{ name, text, want string }{
		{"a host and its port", "dial tcp redis-us:6379: refused", "dial tcp host-1:6379: refused"},
		{"a host that is called as a region is, where it is dialled", "eu (eu:6379): refused", "eu (host-2:6379): refused"},
		{"a sentinel by itself", "ask sentinel1 again", "ask host-3 again"},
		{"the same host in upper case, with the root dot", "lookup Redis.US.example.: no such host, redis.us.example", "lookup host-4.: no such host, host-4"},
		{"addresses of both kinds", "10.0.0.1:6379->[2001:db8::1]:80 and fe80::1%eth0: up", "host-6:6379->[host-4]:80 and host-5: up"},
		{"an IPv4 address written as IPv6 is the same host", "::ffff:10.0.0.1 10.0.0.1", "host-4 host-4"},
		{"an address within a word", "tcp_10.0.0.1_x", "tcp_host-4_x"},
		{"the names of a certificate", "valid for *.db.example, not db.example", "valid for *.host-4, not host-4"},
		{"times, versions, figures, files and documents stay", "14:02:10.5 7.0.15 go1.26.1 1.5s redis.conf:12 https://redis.io/docs aafailover.probe/v1 net.core.somaxconn", "14:02:10.5 7.0.15 go1.26.1 1.5s redis.conf:12 https://redis.io/docs aafailover.probe/v1 net.core.somaxconn"},
		{"a prefix that looks like a host stays", "my.app:{06S}:us", "my.app:{06S}:us"},
		{"a host of several parts within a longer word", "db.us.example /etc/db.US.example.pem db.us.example_1 xdb.us.example.pem", "host-4 /etc/host-4.pem host-4_1 xdb.us.example.pem"},
		{"a file that is called as a host is", "certs/sentinel1.pem and eu.pem", "certs/host-3.pem and eu.pem"},
		{"a scheme is no host", "redis-us://x.y.example", "redis-us://host-4"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := evidence.NewReplacer(hide).Text(row.text); got != row.want {
				t.Errorf("%q", got)
			}
		})
	}
}

// Hosts whose names look like any other word are told by where they stand.
func TestWhereHostsAreLearned(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"before a port", `["it is a replica of redis1:6379","redis1"]`, `["it is a replica of host-1:6379","host-1"]`},
		{"in a certificate", `["the certificate of the server is for redis1, *.redis2, 10.0.0.1, not for redis3","redis1 redis2 redis3"]`,
			`["the certificate of the server is for host-1, *.host-2, host-3, not for host-4","host-1 host-2 host-4"]`},
		{"in a certificate, as Go says it", `["x509: certificate is valid for redis1, redis2, not redis3","redis3 redis2"]`, `["x509: certificate is valid for host-1, host-2, not host-3","host-3 host-2"]`},
		{"in the flags of a command line", `["--address-map","redis1=redis2:7000","--tls-server-name=redis3","--for","redis4"]`, `["--address-map","host-1=host-2:7000","--tls-server-name=host-3","--for","redis4"]`},
		{"but not where a URL has a placeholder", `["give --api us=https://HOST:9443","check the host"]`, `["give --api us=https://HOST:9443","check the host"]`},
		{"nor before a figure that is no port", `["line:12 14:02 key:1000ms us:100000"]`, `["line:12 14:02 key:1000ms us:100000"]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := evidence.NewReplacer(evidence.Hide{Hosts: true, Regions: []string{"us"}})
			r.LearnJSON([]byte(row.text))
			if got := strings.TrimSpace(string(r.JSON([]byte(row.text)))); got != row.want {
				t.Errorf("%s", got)
			}
		})
	}
}

func TestNamesOfRegions(t *testing.T) {
	r := evidence.NewReplacer(evidence.Hide{Names: true, Regions: []string{"us", "us-east", "región"}})
	if got := r.Text("us→us-east, us-1 and región:3; bus status region-9"); got != "region-1→region-2, region-1-1 and region-3:3; bus status region-9" {
		t.Errorf("%q", got)
	}
}

// The texts of JSON are replaced, those of JSON within them, and the names of fields; all else is as it was.
func TestJSON(t *testing.T) {
	r := evidence.NewReplacer(evidence.Hide{Secrets: []string{`hun"ter\2`, "12345"}, Hosts: true, Regions: []string{"us"}})
	inner, _ := json.Marshal(map[string]string{"url": "redis://us:6379", "said": `hun"ter\2`})
	document, _ := json.Marshal(map[string]any{"inner": string(inner), "list": []any{"10.0.0.1", nil, true, 1.5, 12345}, "10.0.0.1": "key", "apiPassword": "a", "address": "redis1:6379"})
	r.LearnJSON(document)
	got := string(r.JSON(append(document, "\n{\"torn\":\"redis1 10.0.0.1"...)))
	want := `{"host-3":"key","address":"host-1:6379","apiPassword":"…","inner":"{\"said\":\"…\",\"url\":\"redis://host-2:6379\"}","list":["host-3",null,true,1.5,"…"]}` + "\n" + `{"torn":"host-1 host-3`
	if got != want {
		t.Errorf("%s\n%s", got, want)
	}
}

func FuzzReplacer(f *testing.F) {
	for _, seed := range []string{"redis://u:hunter2@10.0.0.1:6379", "lookup redis.us.example on [::1]:53", "us->eu us-1", `{"a":"{\"b\":\"hunter2\"}"}`, "host-1 region-1 hunter2hunter2", "aHVudGVyMg==", "ff::ff:::1"} {
		f.Add(seed, "hunter2", "redis1", "us")
	}
	f.Fuzz(func(t *testing.T, text, secret, host, region string) {
		h := evidence.Hide{Secrets: []string{secret}, Hosts: true, Names: true, Addresses: []string{host}, Regions: []string{region}}
		if region == "" {
			h.Regions = nil
		}
		r := evidence.NewReplacer(h)
		r.Learn(text)
		once := r.Text(text)
		if twice := r.Text(once); twice != once {
			t.Errorf("of %q it leaves %q, and of that %q", text, once, twice)
		}
		if len(once) > 16*len(text)+16 {
			t.Errorf("%q has grown to %q", text, once)
		}
		if document := r.JSON([]byte(text)); json.Valid([]byte(text)) && !json.Valid(document) {
			t.Errorf("%q was JSON, and %q is not", text, document)
		}
		if len(secret) >= 8 && strings.Contains(once, secret) {
			t.Errorf("%q has the secret %q", once, secret)
		}
	})
}
