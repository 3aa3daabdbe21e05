package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

func TestParseRegionWithDiscovery(t *testing.T) {
	for _, row := range []struct {
		name, flag string
		want       config.Region
	}{
		{"Redis Sentinel, at its usual port", "us=redis+sentinel://h/mymaster",
			config.Region{Address: "mymaster@h:26379", Discovery: []string{"h:26379"}, Service: "mymaster"}},
		{"several servers of Redis Enterprise, user and password, TLS", "us=rediss+sentinel://probe:secret@a:8001,b:8001,[::1]:8001/db-1",
			config.Region{Address: "db-1@a:8001", Discovery: []string{"a:8001", "b:8001", "[::1]:8001"}, Service: "db-1", TLS: true,
				User: "probe", Password: config.SecretOf("secret")}},
		{"an internal name of Redis Enterprise", "us=redis+sentinel://h:8001/db@internal",
			config.Region{Address: "db@internal@h:8001", Discovery: []string{"h:8001"}, Service: "db@internal"}},
		{"the same, encoded", "us=redis+sentinel://h:8001/db%40internal",
			config.Region{Address: "db@internal@h:8001", Discovery: []string{"h:8001"}, Service: "db@internal"}},
		{"an internal name behind a password, before a parameter", "us=redis+sentinel://:secret@h:8001/db@internal?shards=3",
			config.Region{Address: "db@internal@h:8001", Discovery: []string{"h:8001"}, Service: "db@internal", Password: config.SecretOf("secret"), Shards: 3}},
		{"a host that is called internal", "us=redis+sentinel://:secret@internal:8001/db",
			config.Region{Address: "db@internal:8001", Discovery: []string{"internal:8001"}, Service: "db", Password: config.SecretOf("secret")}},
		{"a database by number behind the name", "us=redis+sentinel://h/db/2",
			config.Region{Address: "db@h:26379", Discovery: []string{"h:26379"}, Service: "db", Database: 2}},
		{"an IPv6 address", "us=redis+sentinel://[::1]/db",
			config.Region{Address: "[db@::1]:26379", Discovery: []string{"[::1]:26379"}, Service: "db"}},
		{"a scheme in capitals", "us=REDIS+Sentinel://h/db",
			config.Region{Address: "db@h:26379", Discovery: []string{"h:26379"}, Service: "db"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.want.Name = "us"
			got, err := config.ParseRegionFlag(row.flag)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.flag, diff)
			}
			again, err := config.ParseRegionFlag("us=" + got.URL())
			again.Password, again.Shards = got.Password, got.Shards // which a URL does not repeat
			if diff := cmp.Diff(got, again); err != nil || diff != "" {
				t.Errorf("%s prints as %s, which is read as (-want +got):\n%v\n%s", row.flag, got.URL(), err, diff)
			}
		})
	}
}

func TestParseRegionWithDiscoveryErrors(t *testing.T) {
	const noName = "us: the URL names no database that a discovery service could know"
	for _, row := range []struct{ name, flag, want string }{
		{"no name", "us=redis+sentinel://u:hunter22@h", noName},
		{"a name that is empty", "us=redis+sentinel://u:hunter22@h/", noName},
		{"a name with a space", "us=redis+sentinel://h/a%20b", noName},
		{"a name with a bad escape", "us=redis+sentinel://h/%zz", noName},
		{"the suffix twice", "us=redis+sentinel://h/db%40internal@internal", noName},
		{"no host", "us=redis+sentinel:///db", "us: the URL has no host"},
		{"an empty second host", "us=redis+sentinel://a,/db", "us: the URL has no host"},
		{"a bad port of the second host", "us=redis+sentinel://a,b:0/db", "us: the port of the URL is not between 1 and 65535"},
		{"a database that is a word", "us=redis+sentinel://h/db/cache", "us: the database is not a number"},
		{"too many servers", "us=redis+sentinel://" + strings.Repeat("h,", 40) + "h/db", "us: the URL names more than 35 servers of a discovery service"},
		{"another scheme", "us=http+sentinel://u:hunter22@h/db", "us: the scheme of the URL is neither redis nor rediss"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := config.ParseRegionFlag(row.flag)
			if fmt.Sprint(err) != row.want {
				t.Errorf("%q: error %v\nwant %s", row.flag, err, row.want)
			}
			if len(hint.Of(err)) == 0 {
				t.Error("no hint")
			}
			if text := fmt.Sprint(err, hint.Of(err), got); strings.Contains(text, "hunter22") {
				t.Errorf("the password shows: %s", text)
			}
		})
	}
}

// A discovery service may know the databases of several regions, as one Sentinel does in a test; one of them twice is
// a mistake.
func TestRegionsOfOneDiscoveryService(t *testing.T) {
	for _, row := range []struct{ name, other, want string }{
		{"another name", "eu=redis+sentinel://h/b", ""},
		{"the name in capitals", "eu=redis+sentinel://h/A", ""},
		{"the same name", "eu=redis+sentinel://H./a", "eu (a@H.:26379): the same endpoint as us"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var c config.Config
			for _, flag := range []string{"us=redis+sentinel://h/a", row.other} {
				r, err := config.ParseRegionFlag(flag)
				if err != nil {
					t.Fatal(err)
				}
				c.Regions = append(c.Regions, r)
			}
			if err := c.Validate(); row.want == "" && err != nil || row.want != "" && fmt.Sprint(err) != row.want {
				t.Errorf("%v, want %q", err, row.want)
			}
		})
	}
}
