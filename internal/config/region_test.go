package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

func TestParseRegionFlag(t *testing.T) {
	yes, no := true, false
	for _, row := range []struct {
		name, flag string
		want       config.Region
	}{
		{"the least: a name, a scheme and a host", "us=redis://localhost",
			config.Region{Name: "us", Address: "localhost:6379"}},
		{"everything in its place", "us-east.1=redis://probe:secret@redis.us.example:12000/0?clustered=true&shards=3",
			config.Region{Name: "us-east.1", Address: "redis.us.example:12000", User: "probe", Password: config.SecretOf("secret"), Clustered: &yes, Shards: 3}},
		{"TLS", "eu=rediss://h:1", config.Region{Name: "eu", Address: "h:1", TLS: true}},
		{"a scheme in capitals", "eu=REDISS://h:1", config.Region{Name: "eu", Address: "h:1", TLS: true}},
		{"a user without a password", "us=redis://probe@h:1", config.Region{Name: "us", Address: "h:1", User: "probe"}},
		{"a password for the default user", "us=redis://:secret@h:1", config.Region{Name: "us", Address: "h:1", Password: config.SecretOf("secret")}},
		{"a password with colons in it", "us=redis://u:a:b:c@h:1", config.Region{Name: "us", Address: "h:1", User: "u", Password: config.SecretOf("a:b:c")}},
		{"an encoded user and password", "us=redis://us%40er:p%2Fw%3F%23%25%40+@h:1",
			config.Region{Name: "us", Address: "h:1", User: "us@er", Password: config.SecretOf("p/w?#%@+")}},
		{"a password with commas and equals signs", "us=redis://:a,b=c@h:1", config.Region{Name: "us", Address: "h:1", Password: config.SecretOf("a,b=c")}},
		{"a database", "us=redis://h:1/15", config.Region{Name: "us", Address: "h:1", Database: 15}},
		{"a slash and no database", "us=redis://h:1/", config.Region{Name: "us", Address: "h:1"}},
		{"a database, not clustered", "us=redis://h:1/2?clustered=false", config.Region{Name: "us", Address: "h:1", Database: 2, Clustered: &no}},
		{"an IPv4 address", "us=redis://10.0.0.1:7000", config.Region{Name: "us", Address: "10.0.0.1:7000"}},
		{"an IPv6 address", "us=redis://[2001:db8::1]:7000", config.Region{Name: "us", Address: "[2001:db8::1]:7000"}},
		{"an IPv6 address without a port", "us=redis://u@[::1]", config.Region{Name: "us", Address: "[::1]:6379", User: "u"}},
		{"an IPv6 address with a zone", "us=redis://[fe80::1%25eth0]:1", config.Region{Name: "us", Address: "[fe80::1%eth0]:1"}},
		{"a name of letters that are not ASCII", "västra-2=redis://h", config.Region{Name: "västra-2", Address: "h:6379"}},
		{"a password in a file", "us=redis://probe@h?passwordFile=%2Frun%2Fus", config.Region{Name: "us", Address: "h:6379", User: "probe", Password: config.SecretFile("/run/us")}},
		{"a password in a variable", "us=redis://h?passwordEnv=US_PW", config.Region{Name: "us", Address: "h:6379", Password: config.SecretEnv("US_PW")}},
		{"a trailing dot in the host is kept", "us=redis://h.example.:1", config.Region{Name: "us", Address: "h.example.:1"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := config.ParseRegionFlag(row.flag)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.flag, diff)
			}
		})
	}
}

// TestParseRegionFlagErrors has the exact text for each mistake. Every one has a hint, and none repeats the password.
func TestParseRegionFlagErrors(t *testing.T) {
	for _, row := range []struct{ name, flag, want string }{
		{"nothing", "", "a region is NAME=URL, and the name is missing"},
		{"a name only", "us", "a region is NAME=URL, and the name is missing"},
		{"a URL without a name", "redis://u:hunter22@h?shards=3", "a region is NAME=URL, and the name is missing"},
		{"an empty name", "=redis://h", "the name of a region is empty"},
		{"a name with a brace", "u{s=redis://h", "the name of a region may not contain '{'"},
		{"a name with a colon", "u:s=redis://h", "the name of a region may not contain ':'"},
		{"a name with a space", "us =redis://h", "the name of a region may not contain ' '"},
		{"a name with a star", "*=redis://h", "the name of a region may not contain '*'"},
		{"a name with a parenthesis", "us(1)=redis://h", "the name of a region may not contain '('"},
		{"a name with a comma", "us,eu=redis://h", "the name of a region may not contain ','"},
		{"a name with a line break", "u\ns=redis://h", `the name of a region may not contain '\n'`},
		{"a name like a flag", "-us=redis://h", "the name of a region may not start with '-'"},
		{"a name like a folder", "..=redis://h", "the name of a region may not start with '.'"},
		{"a name that is not UTF-8", "u\xffs=redis://h", "the name of a region is not valid UTF-8"},
		{"a long name", strings.Repeat("x", 65) + "=redis://h", "the name of a region has 65 characters, at most 64 are possible"},
		{"a password where the name belongs", "u:hunter22@h=redis://h", "the name of a region may not contain ':'"},

		{"no scheme", "us=10.0.0.1:6379", "us: not a URL"},
		{"an empty URL", "us=", "us: the URL is empty"},
		{"another scheme", "us=http://u:hunter22@h", "us: the scheme of the URL is neither redis nor rediss"},
		{"a Unix socket", "us=unix:///run/redis.sock", "us: the scheme of the URL is neither redis nor rediss"},
		{"no host", "us=redis://", "us: the URL has no host"},
		{"a port and no host", "us=redis://:6379", "us: the URL has no host"},
		{"a user and no host", "us=redis://u:hunter22@", "us: the URL has no host"},
		{"a host with a space", "us=redis://a b", "us: the host of the URL has a character that no host name has"},
		{"an encoded host", "us=redis://a%20b", "us: the host of the URL has a character that no host name has"},
		{"two hosts", "us=redis://a,b", "us: the URL has more than one address"},
		{"port 0", "us=redis://h:0", "us: the port of the URL is not between 1 and 65535"},
		{"a port that is too high", "us=redis://h:65536", "us: the port of the URL is not between 1 and 65535"},
		{"a password of digits, and no host", "us=redis://u:20041231", "us: the port of the URL is not between 1 and 65535"},
		{"a port that is absurd", "us=redis://h:99999999999", "us: the port of the URL is not a number"},
		{"a negative port", "us=redis://h:-1", "us: the port of the URL is not a number"},
		{"a colon and no port", "us=redis://h:", "us: the URL has a ':' and no port behind it"},
		{"a password and no host", "us=redis://u:hunter22", "us: the port of the URL is not a number"},
		{"an IPv6 address without brackets", "us=redis://::1:6379", "us: the URL has more than one ':' in its address"},
		{"an IPv6 address without its end", "us=redis://[::1:6379", "us: the IPv6 address of the URL is not valid"},
		{"an IPv6 address that is none", "us=redis://[10.0.0.1]:6379", "us: the IPv6 address of the URL is not valid"},
		{"something between bracket and colon", "us=redis://[::1]x:6379", "us: the IPv6 address of the URL is not valid"},

		{"an empty user", "us=redis://@h", "us: there is no user in front of the '@' of the URL"},
		{"an empty password", "us=redis://u:@h", "us: the password of the URL is empty"},
		{"a password with a raw slash", "us=redis://u:hunter22/x@h", "us: the user or password of the URL has a character that must be encoded"},
		{"a password with a raw question mark", "us=redis://u:hunter22?x@h", "us: the user or password of the URL has a character that must be encoded"},
		{"a password with a raw hash", "us=redis://u:hunter22#x@h", "us: the user or password of the URL has a character that must be encoded"},
		{"a password with a raw at", "us=redis://u:hunter22@x@h", "us: the user or password of the URL has a character that must be encoded"},
		{"a password with a bad escape", "us=redis://u:hunter22%zz@h", "us: the user or password of the URL is not properly encoded"},

		{"a database that is a word", "us=redis://h/cache", "us: the database is not a number"},
		{"a negative database", "us=redis://h/-1", "us: the database is not a number"},
		{"a path", "us=redis://h/0/1", "us: the database is not a number"},
		{"a database of a cluster", "us=redis://u:hunter22@h/2?clustered=true", "us (h:6379): database 2, but the region is a cluster"},
		{"a fragment", "us=redis://h/0#x", "us: the URL has a fragment ('#')"},
		{"an unknown parameter", "us=redis://h?db=2", `us: unknown parameter "db" of the URL`},
		{"a parameter that is no word", "us=redis://h?u:p=2", "us: unknown parameter (not a word) of the URL"},
		{"a parameter twice", "us=redis://h?shards=1&shards=2", "us: parameter shards stands more than once in the URL"},
		{"parameters with a bad escape", "us=redis://h?shards=%zz", "us: the parameters of the URL are not properly encoded"},
		{"two passwords", "us=redis://:hunter22@h?passwordEnv=US_PW", "us: more than one password"},
		{"two places for a password", "us=redis://h?passwordEnv=US_PW&passwordFile=x", "us: more than one password"},
		{"an empty file for a password", "us=redis://h?passwordFile=", "us: passwordFile is empty"},
		{"clustered neither way", "us=redis://h?clustered=maybe", "us: clustered is neither true nor false"},
		{"shards that is a word", "us=redis://h?shards=many", "us: shards is not a number"},
		{"negative shards", "us=redis://h?shards=-1", "us (h:6379): shards is -1, not between 0 and 16384"},
		{"more shards than slots", "us=redis://h?shards=16385", "us (h:6379): shards is 16385, not between 0 and 16384"},
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

func TestParseRegionFlagSuggestsTheNearestParameter(t *testing.T) {
	_, err := config.ParseRegionFlag("us=redis://h?pasword-file=x")
	if diff := cmp.Diff([]string{"did you mean passwordFile?"}, hint.Of(err)); diff != "" {
		t.Errorf("%v: hints (-want +got):\n%s", err, diff)
	}
}

// FuzzParseRegionFlag puts a password somewhere between "://" and the last '@' of anything: no error shows it. What
// parses at all, prints as a URL that parses to the same.
func FuzzParseRegionFlag(f *testing.F) {
	const secret = "Tr0ub4dor"
	for _, seed := range [][3]string{
		{"us=redis://", "", "@h:1"}, {"us=redis://u:", "", "@h:1/0?shards=3"}, {"us=redis://u:", "/@", "@h"},
		{"us=http://u:", "", "@h"}, {"us=redis://u:a#", "?", "@[::1]:0"}, {"us=redis://[", "]", "@"},
		{"=redis://u:", "%", "@h"}, {"us=rediss://", ":x", "@h?clustered=true"}, {"redis://u:", "=", "@h"},
		{"us=://", ":", "@h/x"}, {"us=redis://u:", "", "@h?passwordFile=%40"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, before, after, rest string) {
		flag := before + secret + after + rest
		r, err := config.ParseRegionFlag(flag)
		start, end := strings.Index(flag, "://"), strings.LastIndexByte(flag, '@')
		if at := strings.Index(flag, secret); start >= 0 && start < at && at+len(secret) <= end && strings.Count(flag, secret) == 1 {
			shown := fmt.Sprintf("%v %v %+v %s", err, hint.Of(err), r.Password, r.Place)
			// A user name is not a secret, unless the URL was refused.
			if err != nil {
				shown += fmt.Sprint(r)
			}
			if strings.Contains(shown, secret) {
				t.Fatalf("%q shows its password: %s", flag, shown)
			}
		}
		if err != nil {
			if len(hint.Of(err)) == 0 || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("%q: no hint, or more than a line: %v", flag, err)
			}
			return
		}
		again, err := config.ParseRegionFlag(r.Name + "=" + r.URL())
		if err != nil {
			t.Fatalf("%q: its URL %s does not parse: %v", flag, r.URL(), err)
		}
		again.Password, again.Clustered, again.Shards = r.Password, r.Clustered, r.Shards
		if diff := cmp.Diff(r, again); diff != "" {
			t.Fatalf("%q: its URL %s parses to something else:\n%s", flag, r.URL(), diff)
		}
	})
}

func TestRegionURL(t *testing.T) {
	for _, row := range []struct {
		name, flag, want string
	}{
		{"a plain one", "us=redis://h", "redis://h:6379"},
		{"without its password, but with its user", "us=rediss://pr%40be:secret@h:1/2", "rediss://pr%40be@h:1/2"},
		{"without its password, and without a user", "us=redis://:secret@[::1]:1", "redis://[::1]:1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := config.ParseRegionFlag(row.flag)
			if err != nil || r.URL() != row.want {
				t.Errorf("URL %s (%v), want %s", r.URL(), err, row.want)
			}
		})
	}
}

func TestCheckPrefix(t *testing.T) {
	for _, row := range []struct{ name, prefix, want string }{
		{"the default", "aafailover", "<nil>"},
		{"with a colon", "team:probe", "<nil>"},
		{"empty", "", "the prefix is empty"},
		{"a brace would be hashed", "a{b}", "the prefix may not contain '{'"},
		{"a parenthesis fits in no ACL pattern", "a(b", "the prefix may not contain '('"},
		{"a space", "a b", "the prefix may not contain ' '"},
		{"too long", strings.Repeat("x", 65), "the prefix has 65 characters, at most 64 are possible"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := fmt.Sprint(config.CheckPrefix(row.prefix)); got != row.want {
				t.Errorf("%q: %s, want %s", row.prefix, got, row.want)
			}
		})
	}
}

func TestCheckClustered(t *testing.T) {
	r := config.Region{Name: "us", Address: "h:1", Database: 2}
	if err := r.Validate(); err != nil {
		t.Errorf("a database of a region not known to be a cluster: %v", err)
	}
	if got, want := fmt.Sprint(r.CheckClustered()), "us (h:1): database 2, but the region is a cluster"; got != want {
		t.Errorf("error %s, want %s", got, want)
	}
	if r.Database = 0; r.CheckClustered() != nil {
		t.Error("database 0 of a cluster is refused")
	}
}

func TestValidate(t *testing.T) {
	region := func(name, address string) config.Region {
		return config.Region{Name: name, Address: address, Place: "--region"}
	}
	many := make([]config.Region, 11)
	for i := range many {
		many[i] = region(fmt.Sprint("r", i), fmt.Sprint("h:", i+1))
	}
	for _, row := range []struct {
		name    string
		regions []config.Region
		want    string
	}{
		{"no regions are valid; whether they are needed is another question", nil, "<nil>"},
		{"one region", []config.Region{region("us", "h:1")}, "<nil>"},
		{"ten regions", many[:10], "<nil>"},
		{"eleven regions", many, "11 regions given, at most 10 are supported"},
		{"two of one name", []config.Region{region("us", "h:1"), region("us", "h:2")}, "--region: us: a region of this name was given before"},
		{"two of one name but for its case", []config.Region{region("us", "h:1"), region("US", "h:2")}, "--region: US: a region of this name was given before"},
		{"two ports of one host", []config.Region{region("us", "h:1"), region("eu", "h:2")}, "<nil>"},
		{"one endpoint twice", []config.Region{region("us", "h:1"), region("eu", "h:1")}, "--region: eu (h:1): the same endpoint as us"},
		{"one endpoint twice, in capitals", []config.Region{region("us", "h.example:1"), region("eu", "H.EXAMPLE:1")}, "--region: eu (H.EXAMPLE:1): the same endpoint as us"},
		{"one endpoint twice, with the root dot", []config.Region{region("us", "h.example:1"), region("eu", "h.example.:1")}, "--region: eu (h.example.:1): the same endpoint as us"},
		{"one endpoint twice, IPv6 in two forms", []config.Region{region("us", "[::1]:1"), region("eu", "[0:0::1]:1")}, "--region: eu ([0:0::1]:1): the same endpoint as us"},
		{"one endpoint twice, IPv4 within IPv6", []config.Region{region("us", "10.0.0.1:1"), region("eu", "[::ffff:10.0.0.1]:1")}, "--region: eu ([::ffff:10.0.0.1]:1): the same endpoint as us"},
		{"the first and the third", []config.Region{region("us", "h:1"), region("eu", "h:2"), region("ap", "h:1")}, "--region: ap (h:1): the same endpoint as us"},
		{"a region made by hand without an address", []config.Region{{Name: "us"}}, "us: the address is not host:port"},
		{"a region made by hand without a name", []config.Region{{Address: "h:1"}}, "the name of a region is empty"},
		{"a region made by hand with port 0", []config.Region{region("us", "h:0")}, "--region: us: the port of the URL is not between 1 and 65535"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := config.Config{Regions: row.regions}.Validate()
			if fmt.Sprint(err) != row.want {
				t.Errorf("error %v, want %s", err, row.want)
			}
			if err != nil && len(hint.Of(err)) == 0 {
				t.Error("no hint")
			}
		})
	}
}
