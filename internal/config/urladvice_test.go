package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

// What is given in the place of a region is often what another program takes. The hint, which begins as the row says, tells
// what to type here, and repeats no part of what was given.
func TestAdviceAboutNearlyRegions(t *testing.T) {
	const (
		rediss   = "write rediss://HOST:PORT"
		tcp      = "regions are reached over TCP"
		quotes   = "leave out the quotes"
		space    = "leave out the space"
		variable = "put the real host in the place of the variable"
		several  = "give each region a --region of its own"
		service  = "a URL with discovery is redis+sentinel://"
	)
	for _, row := range []struct{ name, flag, advice string }{
		{"host and port alone", "us=hunter22.example:6379", "write redis:// in front of the host, or rediss:// for TLS: --region us=redis://HOST:PORT"},
		{"the address of a web page", "us=https://u:hunter22@h:8443", "give the endpoint of the database"},
		{"one slash", "us=redis:/u:hunter22@h", "a colon and two slashes stand before the host"},
		{"no slash", "us=rediss:u:hunter22@h", "a colon and two slashes stand before the host"},
		{"no colon", "us=redis//u:hunter22@h", "a colon and two slashes stand before the host"},
		{"TLS by its name", "us=tls://u:hunter22@h:6380", rediss},
		{"TLS by its former name", "us=redis+ssl://u:hunter22@h:6380", rediss},
		{"TLS as Valkey's clients say it", "us=valkeys://u:hunter22@h", rediss},
		{"Valkey", "us=valkey://u:hunter22@h", "write redis://HOST:PORT, or rediss:// for TLS"},
		{"JDBC", "us=jdbc:redis://u:hunter22@h", "leave out jdbc:"},
		{"a cluster, as some libraries say it", "us=redis-cluster://u:hunter22@h", "write redis://HOST:PORT with any node"},
		{"sentinels, as Lettuce says it", "us=redis-sentinel://hunter22@h:26379?sentinelMasterId=m", service},
		{"sentinels, as others say it", "us=sentinel://:hunter22@h:26379/m", service},
		{"a socket, as Lettuce says it", "us=redis-socket:///run/hunter22.sock", tcp},
		{"a socket", "us=unix:///run/hunter22.sock", tcp},
		{"the path of a socket", "us=/run/hunter22.sock", tcp},
		{"a connection string of .NET", "us=h.redis.cache.windows.net:6380,password=hunter22,ssl=True,abortConnect=False", "this is a connection string"},
		{"the quotes of a file of variables", `"us=redis://u:hunter22@h"`, quotes},
		{"quotes around the URL", "us='redis://u:hunter22@h'", quotes},
		{"a quote that was not closed", `us=redis://u:hunter22@h"`, quotes},
		{"a quote behind the port", `us=redis://u:hunter22@h:6379"`, quotes},
		{"a space in front", " us=redis://u:hunter22@h", space},
		{"a space before the URL", "us= redis://u:hunter22@h", space},
		{"a space before the equals sign", "us =redis://u:hunter22@h", space},
		{"a space behind", "us=redis://u:hunter22@h ", space},
		{"a space behind the port", "us=redis://u:hunter22@h:6379 ", space},
		{"a variable that no shell replaced", "us=redis://u:hunter22@$HOST:6379", variable},
		{"a variable in the place of all", "us=${HUNTER22}", variable},
		{"a host to be filled in", "us=redis://u:hunter22@<host>:6379", variable},
		{"a variable that is not set", "us=", "is the variable set that the URL should come from?"},
		{"nodes of a cluster in one URL", "us=redis://hunter22:6379,h2:6379", several},
		{"two regions in one value", "us=redis://u:hunter22@h,eu=redis://u:hunter22@h2", several},
		{"two regions and a semicolon", "us=redis://u:hunter22@h;eu=redis://u:hunter22@h2", several},
		{"two regions and a line break", "us=redis://hunter22:1\neu=redis://h:2", several},
		{"no port behind the colon", "us=redis://u:hunter22@h:", "give the port of the endpoint"},
		{"TLS as a parameter", "us=redis://u:hunter22@h?ssl=true", "the scheme asks for TLS: write rediss://"},
		{"the database as a parameter", "us=redis://u:hunter22@h?db=2", "the number of the database stands behind the address"},
		{"the password as a parameter", "us=redis://h?password=hunter22", "name the variable or the file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := config.ParseRegionFlag(row.flag)
			advice := hint.Of(err)
			if len(advice) != 1 || !strings.HasPrefix(advice[0], row.advice) {
				t.Errorf("%q: %v\nhints %q\nwant one that begins %q", row.flag, err, advice, row.advice)
			}
			if slices.ContainsFunc(append(advice, err.Error()), func(text string) bool { return strings.Contains(text, "hunter22") }) {
				t.Errorf("what was given shows: %v; %q", err, advice)
			}
		})
	}
}
