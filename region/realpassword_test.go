//go:build unix

package region

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
)

// A password that changes while the region is watched: connections that are up stay up, and new ones use the new
// password, wherever it comes from.
func TestRealPasswordThatChanges(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, s *redistest.Server, to string)
		secret func(path string) config.Secret
	}{
		{"of a user, in a file", setUser, config.SecretFile},
		{"of a user, printed by a command", setUser, func(path string) config.Secret { return config.SecretCommand("cat " + path) }},
		{"of everybody, in a file", requirePassword, config.SecretFile},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			// The test's own user, which nothing below changes.
			admin := []string{"ACL", "SETUSER", "admin", "on", "nopass", "+@all", "~*", "&*"}
			if v := s.Do(t, admin...); v.Str != "OK" {
				t.Fatal(v)
			}
			path := filepath.Join(t.TempDir(), "password")
			rotate := func(to string) {
				t.Helper()
				test.change(t, s, to)
				if err := os.WriteFile(path+".new", []byte(to+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(path+".new", path); err != nil {
					t.Fatal(err)
				}
			}
			rotate("first")
			r := at2("us", s.Addr)
			r.User, r.Password = "default", test.secret(path)
			sink := newRecorder()
			e := NewEndpoint(r, one(s.Addr), Options{})
			running(t, e, [][]string{{k}}, sink)
			sink.await(t, "0 publish opened", "0 subscribe opened")
			rotate("second")
			e.Publish(0, 1, k, []byte("m"))
			sink.await(t, "0 #1 accepted 1", "0 "+k+": m")
			if n := sink.count("0 publish opened") + sink.count("0 subscribe opened"); n != 2 {
				t.Errorf("connections were opened %d times", n)
			}
			for _, kind := range []string{"normal", "pubsub"} {
				asAdmin(t, s, "CLIENT", "KILL", "TYPE", kind)
			}
			redistest.Await(t, "both connections with the new password", func() bool {
				return sink.count("0 publish opened") == 2 && sink.count("0 subscribe opened") == 2
			})
			e.Publish(0, 2, k, []byte("n"))
			sink.await(t, "0 #2 accepted 1", "0 "+k+": n")
		})
	}
}

func setUser(t *testing.T, s *redistest.Server, to string) {
	t.Helper()
	asAdmin(t, s, "ACL", "SETUSER", "default", "resetpass", ">"+to)
}

func requirePassword(t *testing.T, s *redistest.Server, to string) {
	t.Helper()
	asAdmin(t, s, "CONFIG", "SET", "requirepass", to)
}

// asAdmin sends a command as the user admin of the server.
func asAdmin(t *testing.T, s *redistest.Server, args ...string) {
	t.Helper()
	r := at2("us", s.Addr)
	r.User, r.Password = "admin", config.SecretOf("any")
	d := newDoor(r, Options{})
	everything := &list{rules: map[string][]subrule{}}
	for _, name := range []string{"AUTH", "PING", args[0]} {
		everything.rules[name] = []subrule{{"", func(*list, [][]byte) bool { return true }}}
	}
	c, err := d.open(t.Context(), s.Addr, everything, publisherBuffer)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if v, err := c.ask(t.Context(), args...); err != nil || v.Err() != nil {
		t.Fatal(fmt.Sprint(args, v, err))
	}
}
