package region

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
)

// A host and a port can tell what somebody took for a database. The hints begin as the rows say.
func TestHintsByWhatIsKnownOfAPlace(t *testing.T) {
	var (
		web    error = &resp.ProtocolError{Looks: "HTTP"}
		silent       = context.DeadlineExceeded
	)
	for _, row := range []struct {
		name, address string
		tls           bool
		action        string
		err           error
		want          string
	}{
		{"the REST API of Redis Enterprise, in plain text", "h:9443", false, greeting, web, "9443 is the port of the REST API"},
		{"the REST API of Redis Enterprise, with its own certificate", "h:9443", true, encrypting, tls.RecordHeaderError{}, "9443 is the port of the REST API"},
		{"the console of Redis Enterprise", "h:8443", false, greeting, io.EOF, "8443 is the port of the console"},
		{"the discovery of Redis Enterprise", "h:8001", false, "publish", resp.ServerError("ERR unknown command"), "8001 is the port of the Discovery Service"},
		{"a port of a Sentinel that is down", "h:26379", false, connecting, syscall.ECONNREFUSED, "nothing listens there"},
		{"a password that is wrong, whatever the port", "h:8001", false, authenticating, resp.ServerError("WRONGPASS invalid"), "the server wants a password"},
		{"Azure without TLS, at the port for it", "x.redis.cache.windows.net:6380", false, greeting, silent, "Azure serves this with TLS at the port 6380: rediss://HOST:6380"},
		{"Azure at the usual port of Redis", "x.redis.cache.windows.net:6379", false, connecting, silent, "Azure serves this with TLS at the port 6380: rediss://HOST:6380"},
		{"Azure Managed Redis without TLS", "x.westus.redis.azure.net:10000", false, greeting, io.EOF, "Azure serves this with TLS at the port 10000"},
		{"Azure's Enterprise tiers at another port", "x.westus.redisenterprise.cache.azure.net:6380", true, connecting, syscall.ECONNREFUSED, "Azure serves this with TLS at the port 10000"},
		{"Azure as it should be, and down", "x.westus.redis.azure.net:10000", true, connecting, silent, "check the host, and the firewalls"},
		{"port 6380 elsewhere", "h:6380", false, connecting, syscall.ECONNREFUSED, "nothing listens there"},
		{"port 10000 elsewhere", "h:10000", false, greeting, io.EOF, "the connection was closed before the first answer: if this port speaks TLS"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDoor(config.Region{Name: "us", Address: row.address, TLS: row.tls}, Options{})
			if got := d.hintFor(row.address, row.action, row.err); !strings.HasPrefix(got, row.want) {
				t.Errorf("hint %q, want one that begins %q", got, row.want)
			}
		})
	}
}

// An address that a cluster announces may belong to somebody else here: then the port of the URL is not what is wrong.
func TestSomethingElseAtAnAnnouncedAddress(t *testing.T) {
	d := newDoor(us, Options{})
	d.reached.add("10.0.0.7:7000") // a connection could be made, or else nothing would have answered
	if got := d.hintFor("10.0.0.7:7000", greeting, &resp.ProtocolError{Looks: "HTTP"}); !strings.Contains(got, "announces this address") {
		t.Errorf("hint %q", got)
	}
}

func TestANodeOfAClusterThatIsSaidToBeNone(t *testing.T) {
	r := us
	r.Clustered = no()
	if got := newDoor(r, Options{}).hintFor(at, "write", resp.ServerError("MOVED 1 h:1")); !strings.Contains(got, "leave out clustered=false") {
		t.Errorf("hint %q", got)
	}
}

// A server that says by HELLO that it is a Sentinel is none of a region; one that hangs up at it, or says anything else, is asked on.
func TestASentinelInThePlaceOfADatabase(t *testing.T) {
	const unknown = "-ERR unknown command 'CLUSTER'\r\n"
	for _, row := range []struct {
		name, hello string
		sentinel    bool
	}{
		{"a Sentinel", "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$4\r\nmode\r\n$8\r\nsentinel\r\n", true},
		{"a Sentinel that answers with a map", "%1\r\n$4\r\nmode\r\n$8\r\nsentinel\r\n", true},
		{"a server without the Cluster API", "*2\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n", false},
		{"a server without HELLO", "-ERR unknown command 'HELLO'\r\n", false},
		{"a user without HELLO", "-NOPERM no permissions\r\n", false},
		{"an answer that is cut off in its meaning", "*1\r\n$4\r\nmode\r\n", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var n memnet.Network
			f := inMemory(t, &n, at)
			f.says("CLUSTER", unknown)
			f.says("HELLO", row.hello)
			_, err := Discover(t.Context(), us, Options{Dial: n.Dial})
			if !row.sentinel {
				if err != nil {
					t.Error(err)
				}
				return
			}
			const text, advice = "us (us.example:6379): read the slots: a Redis Sentinel answers here, and no database",
				"it tells where the primary of a NAME is: --region us=redis+sentinel://us.example:6379/NAME"
			if err == nil || err.Error() != text || !errors.Is(err, ErrConfiguration) || strings.Join(hint.Of(err), "; ") != advice {
				t.Errorf("%v, hints %q", err, hint.Of(err))
			}
		})
	}
}
