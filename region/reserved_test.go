package region

import (
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// asClient connects to a server as a client of an application does.
func asClient(t *testing.T, n *memnet.Network, password string) net.Conn {
	t.Helper()
	r := us
	if password != "" {
		r.Password = config.SecretOf(password)
	}
	c, err := ClientDial(r, Options{Dial: n.Dial})(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A client that is told of another primary closes what it has to a hung one, and cannot close what it is still waiting for.
func TestAClientIsConnectedToAHungServerAtOnce(t *testing.T) {
	for _, password := range []string{"", "hunter2"} {
		synctest.Test(t, func(t *testing.T) {
			var n memnet.Network
			f := inMemory(t, &n, at)
			f.instead(func([]string) (string, bool) { return "", true })
			began := time.Now()
			c := asClient(t, &n, password)
			if took := time.Since(began); took != 0 {
				t.Errorf("connected after %v", took)
			}
			_ = c.SetDeadline(time.Now().Add(time.Second))
			_, err := c.Write(resp.AppendCommand(nil, "PING"))
			if err == nil {
				_, err = c.Read(make([]byte, 1))
			}
			if took := time.Since(began); took != time.Second || err == nil {
				t.Errorf("with the password %q it is given up after %v: %v", password, took, err)
			}
		})
	}
}

func TestAClientAuthenticatesOnceAndWhenItWrites(t *testing.T) {
	var n memnet.Network
	f := inMemory(t, &n, at)
	f.says("AUTH", "+OK\r\n")
	c := asClient(t, &n, "hunter2")
	replies := resp.NewReader(c)
	for range 2 {
		if _, err := c.Write(resp.AppendCommand(nil, "PING")); err != nil {
			t.Fatal(err)
		}
		if v, err := replies.ReadValue(); err != nil || v.Str != "PONG" {
			t.Fatal(v, err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if got := strings.Join(f.log, ", "); got != "AUTH hunter2, PING, PING" {
		t.Errorf("it received %s", got)
	}
}

func TestAClientThatIsRefusedSaysSoWithoutThePassword(t *testing.T) {
	var n memnet.Network
	inMemory(t, &n, at).says("AUTH", "-WRONGPASS not hunter2\r\n")
	c := asClient(t, &n, "hunter2")
	for range 2 {
		_, err := c.Write(resp.AppendCommand(nil, "PING"))
		if err == nil || CauseOf(err) != probe.Authentication || !strings.HasPrefix(err.Error(), "us (us.example:6379): authenticate: WRONGPASS") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}

func TestAClientSendsNothingElseEither(t *testing.T) {
	var n memnet.Network
	f := inMemory(t, &n, at)
	if _, err := asClient(t, &n, "").Write(resp.AppendCommand(nil, "FLUSHALL")); !errors.Is(err, errForbidden) || f.received("FLUSHALL") != 0 {
		t.Errorf("%v", err)
	}
}
