package lab_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab"
)

// TestAPasswordIsAskedForAsByARealServer holds the same conversations with both, each on a connection of its own.
func TestAPasswordIsAskedForAsByARealServer(t *testing.T) {
	server := redistest.Start(t, "--requirepass", "secret")
	l := startTCP(t, lab.Config{Regions: []lab.RegionConfig{{Name: "us", Password: "secret"}}})
	address := addresses(t, l, "us")[0]
	for _, conversation := range []string{
		"PING; AUTH secret; PING", "AUTH wrong; PING; AUTH default secret; GET k", "AUTH default wrong", "AUTH joe secret; PING", "AUTH a b c",
		"HELLO; HELLO 3 AUTH default wrong; PING", "SUBSCRIBE c; AUTH secret; SUBSCRIBE c", "AUTH secret; RESET; PING", "AUTH secret; AUTH wrong; PING",
		"HELLO 2 AUTH joe secret; CLUSTER SLOTS", "NOSUCH; SET k", "QUIT",
	} {
		var said [2]string
		for i, at := range []string{server.Addr, address} {
			c := dialTCP(t, at)
			for request := range strings.SplitSeq(conversation, ";") {
				reply := c.do(strings.Fields(request)...).String()
				if strings.Contains(reply, "unknown command") {
					reply = "unknown command"
				}
				said[i] += fmt.Sprintf("%s: %s\n", request, reply)
			}
		}
		if said[0] != said[1] {
			t.Errorf("a real server:\n%sthe lab:\n%s", said[0], said[1])
		}
	}
	if v := dialTCP(t, address).do("HELLO", "3", "AUTH", "default", "secret"); len(v.Elems) == 0 {
		t.Errorf("the right password in HELLO: %v", v)
	}
	st, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v", st); strings.Contains(text, "secret") {
		t.Errorf("the status tells the password: %s", text)
	}
}
