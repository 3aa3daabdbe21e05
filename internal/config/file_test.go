package config_test

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

// known stands for the flags of all commands.
var known = []string{"region", "config", "lab", "interval", "deadline", "require-coverage", "output", "shards", "expect", "from", "to", "allow-writes", "help",
	"tls-ca", "tls-pin", "insecure-skip-verify", "on-change", "regions"}

func allKnown() []string { return known }

func TestLoad(t *testing.T) {
	yes := true
	folder := t.TempDir()
	path := filepath.Join(folder, config.FileName)
	write(t, path, `# The first region is the local one.
---
regions:
  - name: us
    url: rediss://probe@redis.us.example:12000
    passwordFile: secrets/us
    clustered: true
    shards: 3
  - {name: 1, url: 'redis://eu.example', passwordEnv: EU_PW}
  - url: redis://:pa55@ap.example/2
    name: ap
interval: 400ms
deadline: "1s"
requireCoverage: yes
shards: [3, 4, 2]
output: json # machine readable
expect:
  - rto_ms<2e3
  - 0x10
`)
	got, err := config.Load(path, known)
	if err != nil {
		t.Fatal(err)
	}
	want := &config.File{
		Path: path,
		Regions: []config.Region{
			{Name: "us", Address: "redis.us.example:12000", TLS: true, User: "probe", Password: config.SecretFile(filepath.Join(folder, "secrets/us")),
				Clustered: &yes, Shards: 3, Place: path + ":4:5"},
			{Name: "1", Address: "eu.example:6379", Password: config.SecretEnv("EU_PW"), Place: path + ":9:6"},
			{Name: "ap", Address: "ap.example:6379", Password: config.SecretOf("pa55"), Database: 2, Place: path + ":10:5"},
		},
		Settings: []config.Setting{
			{Flag: "interval", Key: "interval", Value: "400ms", Place: path + ":12:11"},
			{Flag: "deadline", Key: "deadline", Value: "1s", Place: path + ":13:11"},
			{Flag: "require-coverage", Key: "requireCoverage", Value: "yes", Place: path + ":14:18"},
			{Flag: "shards", Key: "shards", Value: "3,4,2", Place: path + ":15:9"},
			{Flag: "output", Key: "output", Value: "json", Place: path + ":16:9"},
			{Flag: "expect", Key: "expect", Value: "rto_ms<2e3,0x10", Place: path + ":18:3"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestLoadOfNothing(t *testing.T) {
	for name, text := range map[string]string{"an empty file": "", "comments only": "# later\n", "a lone separator": "---\n", "a byte order mark": "\ufeff"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.yaml")
			write(t, path, text)
			file, err := config.Load(path, known)
			if err != nil || len(file.Regions)+len(file.Settings) != 0 {
				t.Errorf("%v, %v: want an empty file", file, err)
			}
		})
	}
}

// TestLoadErrors has the exact text for each mistake. FILE stands for the path.
func TestLoadErrors(t *testing.T) {
	const regionsHint = "write `regions:` and then for each region `- name: us` and, below, `url: redis://host:port`"
	const us = "regions:\n  - name: us\n    url: redis://u:hunter22@h\n"
	for _, row := range []struct{ name, text, want, hint string }{
		{"an unknown key", us + "intervall: 1s\n", `FILE:4:1: unknown key "intervall"`, "did you mean interval?"},
		{"a flag as it is written on the command line", us + "require-coverage: true\n", `FILE:4:1: unknown key "require-coverage"`, "did you mean requireCoverage?"},
		{"one region is not several", "region: us\n", `FILE:1:1: unknown key "region"`, "did you mean regions?"},
		{"a key that is like no other", "x: 1\n", `FILE:1:1: unknown key "x"`, "keys are `regions` and the names of flags in camelCase, as in requireCoverage"},
		{"a key that is a URL", "redis://u:hunter22@h: 1\n", "FILE:1:1: unknown key (not a word)", ""},
		{"a file that names itself", "config: x\n", `FILE:1:1: unknown key "config"`, ""},
		{"leave to write", us + "allowWrites: us\n", `FILE:4:1: "allowWrites" cannot stand in a file`, "give --allow-writes on the command line: nothing else can allow writes to a region"},
		{"leave to write as on the command line", us + "allow-writes: [us]\n", `FILE:4:1: "allow-writes" cannot stand in a file`, ""},
		{"a key twice", "interval: 1s\ninterval: 2s\n", `FILE:2:1: not valid YAML: mapping key "interval" already defined at [1:1]`, "a key stands once: the entries of a list begin with '- '"},
		{"a URL as a key twice", "{redis://u:hunter22@h: 1, redis://u:hunter22@h: 2}\n", "FILE:1:27: not valid YAML", ""},
		{"a key without a value", "interval:\n", `FILE:1:1: "interval" has no value`, ""},
		{"a value of a region that is left out", "regions:\n  - name: us\n    url: ~\n", `FILE:3:5: "url" has no value`, ""},
		{"a list with an empty value", "shards: [1, ~]\n", "FILE:1:13: shards is not a value, or a list of values", ""},
		{"a key with keys", "interval: {probe: 1s}\n", "FILE:1:12: interval is not a value, or a list of values", ""},
		{"a list in a list", "shards: [[1]]\n", "FILE:1:10: shards is not a value, or a list of values", ""},
		{"a comma in a value of a list", "expect: ['a,b', c]\n", "FILE:1:10: expect: a value of the list has a comma", ""},
		{"an anchor", "interval: &i 1s\n", "FILE:1:11: interval: anchors, aliases and tags are not supported", ""},
		{"an alias", "interval: *i\n", "FILE:1:11: interval: anchors, aliases and tags are not supported", ""},
		{"a tag", "interval: !!str 1s\n", "FILE:1:11: interval: anchors, aliases and tags are not supported", ""},
		{"a merge key", "<<: {interval: 1s}\n", "FILE:1:1: unknown key (not a word)", ""},
		{"a list", "- us\n", "FILE:1:1: the file is not a list of keys with values", ""},
		{"a word", "redis://u:hunter22@h\n", "FILE:1:1: the file is not a list of keys with values", ""},
		{"two documents", "interval: 1s\n---\ninterval: 2s\n", "FILE:3:1: a second document", ""},
		{"two documents after an empty one", "---\n# none\n---\ninterval: 1s\n---\ninterval: 2s\n", "FILE:3:1: a second document", ""},
		{"a document that is ended", "interval: 1s\n...\ninterval: 2s\n", "FILE:2:1: a second document", ""},
		{"a tab", "regions:\n\t- name: us\n", `FILE:2:1: not valid YAML: found character '\t' that cannot start any token`, "indent with spaces: YAML takes no tabs"},
		{"a quote without its end", "output: \"json\n", "FILE:1:9: not valid YAML: could not find end character of double-quoted text", "close the quote at the end of the value"},
		{"a colon and a space in a URL", "regions:\n  - name: us\n    url: redis://u:hunter22: x@h\n", "FILE:3:10: not valid YAML: mapping value is not allowed in this context", ""},
		{"not text", "\x00\x01\xff\xfe", "FILE:1:1: the file is not a list of keys with values", ""},
		{"a long file", strings.Repeat("#", 64<<10+1), "FILE: longer than 65536 bytes", ""},

		{"regions that are no list", "regions: us\n", "FILE:1:10: regions is not a list", ""},
		{"regions as keys", "regions:\n  us: redis://u:hunter22@h\n", "FILE:2:3: regions is not a list", ""},
		{"no regions", "regions: []\n", "FILE:1:10: regions is empty", ""},
		{"regions without a value", "regions:\n", `FILE:1:1: "regions" has no value`, ""},
		{"a region as on the command line", "regions:\n  - us=redis://u:hunter22@h\n", "FILE:2:5: a region is not a list of keys with values", ""},
		{"a region without a URL", "regions:\n  - name: us\n", "FILE:2:5: the region has no url", ""},
		{"a region without a name", "regions:\n  - url: redis://u:hunter22@h\n", "FILE:2:5: the region has no name", ""},
		{"an unknown key of a region", us + "    passwordfile: x\n", `FILE:4:5: unknown key "passwordfile" of a region`, "did you mean passwordFile?"},
		{"a password where none belongs", us + "    password: hunter22\n", `FILE:4:5: unknown key "password" of a region`,
			"name the variable or the file that the password is in: `passwordEnv: VARIABLE`, or `passwordFile: PATH`"},
		{"a password where none belongs, and a slip in its key", us + "    pasword: hunter22\n", `FILE:4:5: unknown key "pasword" of a region`,
			"name the variable or the file that the password is in: `passwordEnv: VARIABLE`, or `passwordFile: PATH`"},
		{"a host in the place of a URL", "regions:\n  - name: us\n    host: h\n", `FILE:3:5: unknown key "host" of a region`, "host and port stand in the URL: `url: redis://HOST:PORT`"},
		{"a key of a region like no other", us + "    colour: red\n", `FILE:4:5: unknown key "colour" of a region`,
			"the keys of a region are name, url, passwordFile, passwordEnv, clustered, shards, passwordCommand, tls, api"},
		{"regions without the key above them", "us: redis://u:hunter22@h\n", `FILE:1:1: unknown key "us"`, regionsHint},
		{"regions that are not below their key", "regions:\nus: redis://u:hunter22@h\n", `FILE:1:1: "regions" has no value`, regionsHint},
		{"a region that begins in another column", "regions:\n  - name: us\n    url: redis://u:hunter22@h\n - name: eu\n", "FILE:4:2: not valid YAML: value is not allowed in this context",
			"begin the lines that belong together in the same column, with a space behind every ':' and '-'; put values that have ': ', ' #' or quotes in them in single quotes"},
		{"a variable that nobody replaces", "regions:\n  - name: us\n    url: ${HUNTER22}\n", "FILE:3:10: us: not a URL",
			"put the real host in the place of the variable: only a shell replaces one, and not within single quotes nor in a file"},
		{"a text in UTF-16", "\xff\xfer\x00e\x00", "FILE: the text is in UTF-16", "save it as UTF-8; in PowerShell, Out-File -Encoding utf8"},
		{"a bad name", "regions:\n  - name: u{s}\n    url: redis://h\n", "FILE:2:11: the name of a region may not contain '{'", ""},
		{"a bad URL", "regions:\n  - name: us\n    url: http://u:hunter22@h\n", "FILE:3:10: us: the scheme of the URL is neither redis nor rediss", ""},
		{"port 0", "regions:\n  - name: us\n    url: redis://h:0\n", "FILE:3:10: us: the port of the URL is not between 1 and 65535", ""},
		{"two passwords", us + "    passwordEnv: US_PW\n", "FILE:4:18: us: more than one password", ""},
		{"two passwords, the URL last", "regions:\n  - passwordEnv: US_PW\n    name: us\n    url: redis://u:hunter22@h\n", "FILE:2:18: us: more than one password", ""},
		{"clustered neither way", us + "    clustered: perhaps\n", "FILE:4:16: us: clustered is neither true nor false", ""},
		{"shards that is a fraction", us + "    shards: 1.5\n", "FILE:4:13: us: shards is not a number", ""},
		{"shards out of bounds", us + "    shards: -3\n", "FILE:2:5: us (h:6379): shards is -3, not between 0 and 16384", ""},
		{"a database of a cluster", "regions:\n  - name: us\n    url: redis://h/1\n    clustered: true\n", "FILE:2:5: us (h:6379): database 1, but the region is a cluster", ""},
		{"TLS that is not a block", us + "    tls: true\n", "FILE:4:10: tls is not a list of keys with values",
			"the scheme asks for TLS: `url: rediss://HOST:PORT`; how it is done is a block: write `tls:` and below it, further in, ca: FILE, cert: FILE, key: FILE, serverName: NAME, minVersion: 1.2 or 1.3, pin: sha256:… or insecureSkipVerify: true"},
		{"an unknown key of TLS", us + "    tls: {sertificate: x}\n", `FILE:4:11: unknown key "sertificate" below tls`, ""},
		{"a key of TLS that is nearly one", us + "    tls:\n      serverNam: x\n", `FILE:5:7: unknown key "serverNam" below tls`, "did you mean serverName?"},
		{"a key of TLS without a value", us + "    tls:\n      ca:\n", `FILE:5:7: "ca" has no value`, ""},
		{"an old version of TLS", us + "    tls:\n      minVersion: 1.1\n", "FILE:5:19: tls: minVersion: must be 1.2 or 1.3", ""},
		{"a pin that is cut off", us + "    tls:\n      pin: sha256:abcd\n", "FILE:5:12: tls: pin: the pin has 4 hexadecimal digits, and a SHA-256 has 64", ""},
		{"several certificates where one belongs", us + "    tls:\n      ca: [a, b]\n", "FILE:5:11: ca is not a value, or a list of values", ""},
		{"a password and a command for it", us + "    passwordCommand: pass show us\n", "FILE:4:22: us: more than one password", ""},
		{"an empty password command", "regions:\n  - name: us\n    url: redis://h\n    passwordCommand: ''\n", "FILE:4:22: us: passwordCommand is empty", ""},
		{"an API that is no block", us + "    api: https://u:hunter22@h\n", "FILE:4:10: api is not a list of keys with values", ""},
		{"an API without a URL", us + "    api: {user: u}\n", "FILE:4:11: the api has no url", ""},
		{"an unknown key of an API", us + "    api: {url: 'https://u@h', password: hunter22}\n", `FILE:4:31: unknown key "password" below api`, "the keys below api are url, user, passwordFile, passwordEnv, passwordCommand, tls"},
		{"a key of an API that is nearly one", us + "    api: {ulr: 'https://u:hunter22@h'}\n", `FILE:4:11: unknown key "ulr" below api`, "did you mean url?"},
		{"a key of an API without a value", us + "    api:\n      url:\n", `FILE:5:7: "url" has no value`, ""},
		{"a URL of an API in plain text", us + "    api:\n      url: http://u:hunter22@h\n", "FILE:5:12: REST API: the scheme of the URL is http, and the password would be sent in plain text",
			"Redis Enterprise serves its REST API as https: write https:// in the URL"},
		{"an API without a user", us + "    api: {url: 'https://h', passwordEnv: X}\n", "FILE:4:11: REST API: there is no user", ""},
		{"an API without a password", us + "    api: {url: 'https://u@h'}\n", "FILE:4:11: REST API: there is no password", ""},
		{"two users of an API", us + "    api: {url: 'https://u:hunter22@h', user: v}\n", "FILE:4:46: REST API: the URL has a user already", ""},
		{"two passwords of an API", us + "    api:\n      passwordEnv: X\n      url: https://u:hunter22@h\n", "FILE:5:20: REST API: more than one password", ""},
		{"TLS of an API that is not a block", us + "    api:\n      url: https://u:hunter22@h\n      tls: true\n", "FILE:6:12: tls is not a list of keys with values", ""},
		{"an empty password file", "regions:\n  - name: us\n    url: redis://h\n    passwordFile: ''\n", "FILE:4:19: us: passwordFile is empty", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.yaml")
			write(t, path, row.text)
			_, err := config.Load(path, known)
			if got := strings.ReplaceAll(fmt.Sprint(err), path, "FILE"); got != row.want {
				t.Errorf("error %s\nwant  %s", got, row.want)
			}
			hints := strings.Join(hint.Of(err), "; ")
			if hints == "" || row.hint != "" && hints != row.hint {
				t.Errorf("hint %q, want %q", hints, row.hint)
			}
			if strings.Contains(fmt.Sprint(err, hints), "hunter22") {
				t.Errorf("the password shows: %v %s", err, hints)
			}
		})
	}
}

func TestLoadOfWhatCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	for _, row := range []struct{ name, path, want string }{
		{"no such file", filepath.Join(folder, "none.yaml"), "read configuration: open FOLDER/none.yaml: no such file or directory"},
		{"a folder", folder, "read configuration: read FOLDER: is a directory"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := config.Load(row.path, known)
			if got := strings.ReplaceAll(fmt.Sprint(err), folder, "FOLDER"); got != row.want || len(hint.Of(err)) == 0 {
				t.Errorf("error %s\nwant  %s, and a hint", got, row.want)
			}
		})
	}
}

// FuzzLoad reads anything: it never panics, drops nothing silently, names the file in front of every error, and
// shows no part of a URL that may be a password.
func FuzzLoad(f *testing.F) {
	const secret = "Tr0ub4dor"
	for _, seed := range []string{
		"", "regions:\n- name: us\n  url: redis://u:" + secret + "@h\n", "{regions: [{name: us, url: redis://u:" + secret + "@h:0}]}",
		"interval: 1s\n", "interval: &a\n", "? [\n", "- - - -", "a: |\n  b\n c", "regions:\n- url: redis://:" + secret + ": @h", "---\n...\n---\n", "!!x", "\t", "a: {b: [", "'", "<<: *a",
		"%YAML 1.2\n---\na: b", "regions: [redis://u:" + secret + "@h]\n", "interval: >-\n  x",
		"regions:\n- name: us\n  url: redis://h\n  api:\n    url: https://u:" + secret + "@h/x\n", "{regions: [{name: us, url: redis://h, api: {url: https://u:" + secret + "@h, user: v, tls: {pin: []}}}]}",
	} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "c.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(path, known)
		if err == nil {
			if err := os.WriteFile(path, append(text, "\nnoSuchKey: 1\n"...), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := config.Load(path, known); err == nil {
				t.Fatalf("%q: what follows is not read", text)
			}
			return
		}
		if shown := err.Error(); !strings.HasPrefix(shown, path+":") || strings.ContainsAny(shown, "\n\r") {
			t.Fatalf("%q: %q does not begin with the place, or has several lines", text, shown)
		}
		if shown := fmt.Sprint(err, hint.Of(err)); strings.Contains(string(text), "://") && strings.Contains(shown, secret) && strings.Contains(string(text), ":"+secret) {
			t.Fatalf("%q shows its password: %s", text, shown)
		}
	})
}

func TestFindFile(t *testing.T) {
	here, home := t.TempDir(), t.TempDir()
	t.Chdir(here)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("HOME", home)
	t.Setenv("AppData", home)
	check := func(when, want string) {
		t.Helper()
		if got, ok := config.FindFile(); got != want || ok != (want != "") {
			t.Errorf("%s: found %q, %v; want %q", when, got, ok, want)
		}
	}
	check("nothing anywhere", "")
	if err := os.Mkdir(config.FileName, 0o700); err != nil {
		t.Fatal(err)
	}
	check("a folder of that name", "")
	folder, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	users := filepath.Join(folder, "aafailover", config.FileName)
	if err := os.MkdirAll(filepath.Dir(users), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, users, "")
	check("the user's", users)
	if err := os.Remove(config.FileName); err != nil {
		t.Fatal(err)
	}
	write(t, config.FileName, "")
	check("one here goes first", config.FileName)
}

func TestFileTextIsReadBack(t *testing.T) {
	no := false
	folder := t.TempDir()
	regions := []config.Region{
		{Name: "us", Address: "127.0.0.1:7001"},
		{Name: "null", Address: "[::1]:7002", TLS: true, User: "a b", Password: config.SecretEnv("PW"), Database: 3, Clustered: &no,
			TLSOptions: config.TLS{CAFile: filepath.Join(folder, "ca"), CertFile: filepath.Join(folder, "c"), KeyFile: filepath.Join(folder, "k"), ServerName: "1.2",
				MinVersion: tls.VersionTLS13, Pins: []config.Pin{{1, 2}, {3}}, Insecure: true}},
		{Name: "by-command", Address: "c.example:1", Password: config.SecretCommand("pass show 'us: #1'")},
		{Name: "checked", Address: "d.example:1", TLS: true, TLSOptions: config.TLS{Checked: true}},
		{Name: "managed", Address: "m.example:1", API: config.API{Address: "[::1]:9443", User: "viewer@example.com", Password: config.SecretFile(filepath.Join(folder, "api")),
			TLS: config.TLS{Pins: []config.Pin{{4}}}}},
		{Name: "1.0", Address: "h.example:1", Password: config.SecretFile(filepath.Join(folder, "it's here: #1")), Shards: 5},
	}
	text, err := config.FileText(regions)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, config.FileName)
	write(t, path, text)
	file, err := config.Load(path, known)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for i := range file.Regions {
		file.Regions[i].Place, file.Regions[i].API.Place = "", ""
	}
	if diff := cmp.Diff(regions, file.Regions); diff != "" {
		t.Errorf("regions (-want +got):\n%s\n%s", diff, text)
	}
}
