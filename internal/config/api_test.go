package config_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

func TestParseAPIFlag(t *testing.T) {
	for _, row := range []struct {
		name, flag string
		want       config.API
	}{
		{"the least: a user with a password, and a host", "us=https://viewer:secret@redis.us.example", config.API{Address: "redis.us.example:9443", User: "viewer", Password: config.SecretOf("secret")}},
		{"another port", "us=https://viewer:secret@h:19443/", config.API{Address: "h:19443", User: "viewer", Password: config.SecretOf("secret")}},
		{"a user that is an address of mail, encoded", "us=HTTPS://demo%40example.com:p%40ss@h", config.API{Address: "h:9443", User: "demo@example.com", Password: config.SecretOf("p@ss")}},
		{"an IPv6 address", "us=https://u:p@[::1]", config.API{Address: "[::1]:9443", User: "u", Password: config.SecretOf("p")}},
		{"a password in a file", "us=https://u@h?passwordFile=%2Frun%2Fus", config.API{Address: "h:9443", User: "u", Password: config.SecretFile("/run/us")}},
		{"a password in a variable", "us=https://u@h:1?passwordEnv=US_PW", config.API{Address: "h:1", User: "u", Password: config.SecretEnv("US_PW")}},
	} {
		t.Run(row.name, func(t *testing.T) {
			name, got, err := config.ParseAPIFlag(row.flag)
			if err != nil || name != "us" {
				t.Fatalf("%q, %v", name, err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.flag, diff)
			}
		})
	}
}

// Every mistake has a hint, and none repeats the password.
func TestParseAPIFlagErrors(t *testing.T) {
	for _, row := range []struct{ name, flag, want string }{
		{"nothing", "", "a REST API is NAME=URL, and the name of its region is missing"},
		{"a URL only", "https://u:hunter22@h", "a REST API is NAME=URL, and the name of its region is missing"},
		{"a bad name", "u{=https://u:hunter22@h", "the name of a region may not contain '{'"},
		{"no URL", "us=h:9443", "us: REST API: not a URL"},
		{"plain text", "us=http://u:hunter22@h", "us: REST API: the scheme of the URL is http, and the password would be sent in plain text"},
		{"plain text to this machine", "us=http://u:hunter22@127.0.0.1:9443", "us: REST API: the scheme of the URL is http, and the password would be sent in plain text"},
		{"the URL of a database", "us=rediss://u:hunter22@h", "us: REST API: the scheme of the URL is not https"},
		{"no host", "us=https://u:hunter22@", "us: REST API: the URL has no host"},
		{"a path", "us=https://u:hunter22@h/v1/bdbs", "us: REST API: the URL has a path"},
		{"a fragment", "us=https://u:hunter22@h#x", "us: REST API: the URL has a fragment ('#')"},
		{"port 0", "us=https://u:hunter22@h:0", "us: REST API: the port of the URL is not between 1 and 65535"},
		{"a password in place of the port", "us=https://u:hunter22", "us: REST API: the port of the URL is not a number"},
		{"no user", "us=https://h?passwordEnv=X", "us: REST API: there is no user"},
		{"no password", "us=https://u@h", "us: REST API: there is no password"},
		{"an '@' in the user", "us=https://demo@example.com:hunter22@h", "us: REST API: the user or password of the URL has a character that must be encoded"},
		{"a parameter of a region", "us=https://u:hunter22@h?shards=3", `us: REST API: unknown parameter "shards" of the URL`},
		{"two passwords", "us=https://u:hunter22@h?passwordEnv=X", "us: REST API: more than one password"},
		{"a parameter twice", "us=https://u@h?passwordEnv=X&passwordEnv=Y", "us: REST API: parameter passwordEnv stands more than once in the URL"},
		{"a parameter that is not encoded", "us=https://u@h?passwordEnv=%zz", "us: REST API: the parameters of the URL are not properly encoded"},
		{"an empty file name", "us=https://u@h?passwordFile=", "us: REST API: passwordFile is empty"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, err := config.ParseAPIFlag(row.flag)
			if errorText(err) != row.want || len(hint.Of(err)) == 0 {
				t.Errorf("%v %q\nwant %s", err, hint.Of(err), row.want)
			}
			if strings.Contains(fmt.Sprint(err, hint.Of(err)), "hunter22") {
				t.Errorf("the password shows: %v %q", err, hint.Of(err))
			}
		})
	}
}

// FuzzParseAPIFlag puts a password somewhere before the last '@' of anything: no error shows it. What parses at all prints
// as a URL that parses to the same.
func FuzzParseAPIFlag(f *testing.F) {
	const secret = "Tr0ub4dor"
	for _, seed := range [][3]string{
		{"us=https://", "", "@h:1"}, {"us=https://u:", "", "@h"}, {"us=https://u:", "/@", "@h"}, {"us=http://u:", "", "@h"},
		{"us=https://u:a#", "?", "@[::1]:0"}, {"us=https://[", "]", "@"}, {"=https://u:", "%", "@h"}, {"us=https://u:", "", "@h?passwordFile=%40"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, before, after, rest string) {
		flag := before + secret + after + rest
		name, a, err := config.ParseAPIFlag(flag)
		start, end := strings.Index(flag, "://"), strings.LastIndexByte(flag, '@')
		if at := strings.Index(flag, secret); start >= 0 && start < at && at+len(secret) <= end && strings.Count(flag, secret) == 1 {
			if shown := fmt.Sprint(err, hint.Of(err), a.Password); strings.Contains(shown, secret) {
				t.Fatalf("%q shows its password: %s", flag, shown)
			}
		}
		if err != nil {
			if len(hint.Of(err)) == 0 || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("%q: no hint, or more than a line: %v", flag, err)
			}
			return
		}
		_, again, err := config.ParseAPIFlag(name + "=" + a.URL() + "?passwordEnv=X")
		if err != nil {
			t.Fatalf("%q: its URL %s does not parse: %v", flag, a.URL(), err)
		}
		again.Password = a.Password
		if diff := cmp.Diff(a, again); diff != "" {
			t.Fatalf("%q: its URL %s parses to something else:\n%s", flag, a.URL(), diff)
		}
	})
}

func TestAPIsOfRegions(t *testing.T) {
	ca := certtest.Authority(t)
	pin := config.PinOf(ca.X509)
	const regions = "regions:\n  - {name: us, url: 'redis://a', api: {url: 'https://h', user: 'u@file', passwordEnv: API_PW}}\n  - {name: eu, url: 'redis://b'}\n"
	pinned := "regions: [{name: us, url: 'rediss://a', api: {url: 'https://u@h', passwordEnv: API_PW, tls: {pin: " + pin.String() + "}}}]\n"
	t.Setenv("API_PW", "secret")
	password := config.SecretEnv("API_PW")
	api := func(user string) config.API { return config.API{Address: "h:9443", User: user, Password: password} }
	secured := func(how config.TLS) config.API {
		a := api("u")
		a.TLS = how
		return a
	}
	for _, row := range []struct {
		name    string
		file    string
		environ []string
		args    []string
		want    []config.API
		err     string // FILE stands for the path of the file
	}{
		{"of the file", regions, nil, nil, []config.API{api("u@file"), {}}, ""},
		{"of a variable, region by region", regions, []string{"AAFAILOVER_API=eu=https://env@h?passwordEnv=API_PW"}, nil, []config.API{api("u@file"), api("env")}, ""},
		{"several of a variable", regions, []string{"AAFAILOVER_API=eu=https://env@h?passwordEnv=API_PW,us=https://env@h?passwordEnv=API_PW"}, nil, []config.API{api("env"), api("env")}, ""},
		{"the command line goes before both", regions, []string{"AAFAILOVER_API=us=https://env@h?passwordEnv=API_PW"}, []string{"--api", "us=https://line@h?passwordEnv=API_PW"},
			[]config.API{api("line"), {}}, ""},
		{"a CA for all is that of the APIs too", regions, nil, []string{"--tls-ca", ca.CertFile, "--api", "us=https://u@h?passwordEnv=API_PW"},
			[]config.API{secured(config.TLS{CAFile: ca.CertFile}), {}}, ""},
		{"whom an API trusts itself goes before that, as a whole", pinned, nil, []string{"--tls-ca", ca.CertFile}, []config.API{secured(config.TLS{Pins: []config.Pin{pin}})}, ""},
		{"an API that is to be checked is, whatever is said for all", "regions: [{name: us, url: 'rediss://a', api: {url: 'https://u@h', passwordEnv: API_PW, tls: {insecureSkipVerify: false}}}]\n",
			nil, []string{"--insecure-skip-verify=true"}, []config.API{secured(config.TLS{Checked: true})}, ""},
		{"of no region", regions, nil, []string{"--api", "ap=https://u@h?passwordEnv=API_PW"}, nil, "--api: ap: a REST API, and there is no region of this name"},
		{"two of one region", regions, nil, []string{"--api", "us=https://u@h?passwordEnv=API_PW", "--api", "us=https://u@g?passwordEnv=API_PW"}, nil, "--api: us: a REST API of this region was given before"},
		{"a bad one of a variable", regions, []string{"AAFAILOVER_API=us=http://u@h"}, nil, nil, "AAFAILOVER_API: us: REST API: the scheme of the URL is http, and the password would be sent in plain text"},
		{"one for the lab", "", nil, []string{"--lab", "--api", "us=https://u@h?passwordEnv=API_PW"}, nil, "--api is given, and the lab has no REST API"},
		{"one of a variable, and the lab", "", []string{"AAFAILOVER_API=us=https://u@h?passwordEnv=API_PW"}, []string{"--lab"}, nil, ""},
		{"a password that cannot be read", regions, nil, []string{"--api", "eu=https://u@h?passwordEnv=NO_SUCH_PW"}, nil,
			"--api: eu: REST API: read password: environment variable NO_SUCH_PW is not set or empty"},
		{"a CA that cannot be read", "regions: [{name: us, url: 'redis://a', api: {url: 'https://u@h', passwordEnv: API_PW, tls: {ca: /no/such}}}]\n", nil, []string{"--tls-ca", ca.CertFile}, nil,
			"FILE:1:46: us: REST API: TLS: CA: stat /no/such: no such file or directory"},
		{"as a key of its own in the file", "api: x\n", nil, nil, nil, `FILE:1:1: unknown key "api"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.yaml")
			write(t, path, row.file)
			_, got, err := resolve(t, path, row.environ, append([]string{"--config", "FILE"}, row.args...)...)
			if text := strings.ReplaceAll(errorText(err), path, "FILE"); text != row.err {
				t.Fatalf("error %s\nwant  %s", text, row.err)
			}
			if err != nil && len(hint.Of(err)) == 0 {
				t.Errorf("no hint: %v", err)
			}
			var found []config.API
			for _, r := range got.Regions {
				r.API.Place = ""
				found = append(found, r.API)
			}
			if diff := cmp.Diff(row.want, found); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
