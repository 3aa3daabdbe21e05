package region

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/probe"
)

// Whatever a peer answers to AUTH, the password is not in the error.
func TestAPasswordThatIsRepeatedIsNotShown(t *testing.T) {
	for _, test := range []struct {
		name, answer, text string
		cause              probe.Cause
	}{
		{"Redis, which does not", "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
			"authenticate: WRONGPASS invalid username-password pair or user is disabled.", probe.Authentication},
		{"an unknown command with its arguments", "-ERR unknown command `AUTH`, with args beginning with: `hunter2`, \r\n", "authenticate: ERR the rest", probe.ServerRefused},
		{"the same in other words", "-ERR no such thing: AUTH 'hunter2'\r\n", "authenticate: ERR the rest of the answer repeats the password, and is not shown", probe.ServerRefused},
		{"with a code", "-WRONGPASS not hunter2\r\n", "authenticate: WRONGPASS the rest", probe.Authentication},
		{"what is no Redis", "AUTH hunter2\r\n", "authenticate: not the Redis protocol: what the peer answers may repeat the password, and is not shown", probe.Protocol},
		{"a part of it", "hunt\r\n", "authenticate: not the Redis protocol: what the peer", probe.Protocol},
		{"everything that it is sent", "*2\r\n$4\r\nAUTH\r\n$7\r\nhunter2\r\n", "authenticate: not the Redis protocol: what the peer", probe.Protocol},
		{"it, after an OK", "+OK\r\n-ERR hunter2\r\n", "ping: ERR the rest", probe.ServerRefused},
		{"it as the answer to PING", "+OK\r\n*1\r\n$7\r\nhunter2\r\n", "ping: not the Redis protocol: what the peer", probe.Protocol},
	} {
		t.Run(test.name, func(t *testing.T) {
			var n memnet.Network
			f := inMemory(t, &n, at)
			f.instead(func(args []string) (string, bool) { return test.answer, args[0] == "AUTH" })
			r := us
			r.Password = config.SecretOf("hunter2")
			_, err := Discover(t.Context(), r, Options{Dial: n.Dial})
			if err == nil || CauseOf(err) != test.cause || !strings.HasPrefix(err.Error(), "us (us.example:6379): "+test.text) {
				t.Errorf("%q: %v, want %q: %s", CauseOf(err), err, test.cause, test.text)
			}
			if all := fmt.Sprintf("%v %+v %#v %q", err, err, err, hint.Of(err)); strings.Contains(all, "hunt") {
				t.Errorf("it is shown: %s", all)
			}
		})
	}
}

// Who repeats all that it is sent is no server, though no answer is an error.
func TestWhoRepeatsWhatItIsSentIsNoServer(t *testing.T) {
	var n memnet.Network
	inMemory(t, &n, at).says("PING", "*1\r\n$4\r\nPING\r\n")
	_, err := Discover(t.Context(), us, Options{Dial: n.Dial})
	if want := `us (us.example:6379): ping: not the Redis protocol: PING is answered with a value of kind "*"`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
