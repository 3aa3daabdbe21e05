package redact_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/redact"
)

func TestWhatLooksLikeASecretIsTakenOut(t *testing.T) {
	hash := strings.Repeat("0a", 32)
	for _, row := range []struct{ name, text, want string }{
		{"the user and password of a URL go, its host stays", "dial rediss://probe:hunter2@redis.us.example:12000/0", "dial rediss://…@redis.us.example:12000/0"},
		{"a password with an @ in it goes as a whole", "redis://u:p@ss@host:1", "redis://…@host:1"},
		{"a query that is named so", "redis://h?password=hunter2&shards=3", "redis://h?password=…&shards=3"},
		{"a key of a file", `password: "hunter 2"`, "password: …"},
		{"a directive of redis.conf", "requirepass hunter2", "requirepass …"},
		{"the password of a primary that a replica has", "masterauth hunter2", "masterauth …"},
		{"a directive of sentinel.conf", "sentinel auth-pass mymaster hunter2", "sentinel auth-pass mymaster …"},
		{"all that follows AUTH", "HELLO 3 AUTH default hunter2", "HELLO 3 AUTH …"},
		{"what a server did not understand", "ERR unknown command 'FOO', with args beginning with: 'hunter2'", "ERR unknown command 'FOO', with args beginning with: …"},
		{"the header of a request", "Authorization: Basic dXNlcjpodW50ZXIy", "Authorization: Basic …"},
		{"a hash of an access rule", "user probe on #" + hash + " +ping", "user probe on #… +ping"},
		{"a password of an access rule", "ACL SETUSER probe reset on >hunter2 +ping", "ACL SETUSER probe reset on >… +ping"},
		{"a JSON Web Token", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl here", "got … here"},
		{"an ordinary word behind one of those words stays", "the basic persistence of a token bucket", "the basic persistence of a token bucket"},
		{"what is no secret stays", "us (10.0.0.1:6379): subscribe: connection refused", "us (10.0.0.1:6379): subscribe: connection refused"},
		{"an arrow of a link is no access rule", "user probe: us->eu is down", "user probe: us->eu is down"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := redact.Text(row.text); got != row.want {
				t.Errorf("%q", got)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"redis://u:p@h:1", `password="a"b`, "password= token=x", "AUTH a\nAUTH b", "user x on >y >z", "requirepass requirepass x", "://@@://@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := redact.Text(text)
		if twice := redact.Text(once); twice != once {
			t.Errorf("of %q it leaves %q, and of that %q", text, once, twice)
		}
		if len(once) > 2*len(text)+len(redact.Hidden) {
			t.Errorf("%q has grown to %q", text, once)
		}
	})
}
