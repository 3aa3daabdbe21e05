//go:build unix

package region

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// sentinel starts a real Redis Sentinel that monitors a primary by the name
// "mymaster", and returns its address.
func sentinel(t *testing.T, primary *redistest.Server) string {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal(err)
	}
	address := closedPort(t)
	_, port, _ := net.SplitHostPort(address)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor mymaster 127.0.0.1 %d 1\nsentinel down-after-milliseconds mymaster 2000\nsentinel failover-timeout mymaster 10000\n",
		port, t.TempDir(), primary.Port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(binary, file, "--sentinel")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	redistest.Await(t, "a Sentinel at "+address, func() bool {
		v, err := askOnce(address, "PING")
		return err == nil && v.Str == "PONG"
	})
	return address
}

// askOnce sends a command over a connection of its own.
func askOnce(address string, args ...string) (resp.Value, error) {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return resp.Value{}, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return resp.Value{}, err
	}
	return exchange(c, resp.NewReader(c), args...)
}

// While an endpoint runs, Sentinel makes the replica the primary: the connections
// go to it, and messages arrive over it.
func TestRealSentinelFailsOver(t *testing.T) {
	t.Parallel()
	primary := redistest.Start(t)
	replica := redistest.Replica(t, primary)
	address := sentinel(t, primary)
	redistest.Await(t, "the Sentinel knows the replica", func() bool {
		v, err := askOnce(address, "SENTINEL", "replicas", "mymaster")
		return err == nil && len(v.Elems) == 1 && strings.Contains(v.String(), strconv.Itoa(replica.Port))
	})

	r, err := config.ParseRegionFlag("us=redis+sentinel://" + closedPort(t) + "," + address + "/mymaster")
	if err != nil {
		t.Fatal(err)
	}
	m := discover(t, r)
	if m.Source != slots.Single || m.Shards[0].Address != r.Address {
		t.Fatalf("%+v", m)
	}
	e, sink := NewEndpoint(r, m, Options{}), newRecorder()
	running(t, e, [][]string{{k}}, sink)
	sink.await(t, "0 publish opened", "0 subscribe opened")
	e.Publish(0, 1, k, []byte("before"))
	sink.await(t, "0 #1 accepted 1", "0 "+k+": before")
	if got := primary.Do(t, "PUBSUB", "NUMSUB", k).Elems[1].Int; got != 1 {
		t.Errorf("the primary has %d subscribers, want 1", got)
	}

	// A replica that was attached just now is not yet good for a failover.
	redistest.Await(t, "a failover begins", func() bool {
		v, err := askOnce(address, "SENTINEL", "FAILOVER", "mymaster")
		return err == nil && v.Str == "OK"
	})
	redistest.Await(t, "both connections at the new primary", func() bool {
		// A Sentinel cuts the connections of the clients of a server that it promotes: ours too.
		heard, err := askOnce(replica.Addr, "PUBSUB", "NUMSUB", k)
		if err != nil || len(heard.Elems) != 2 || heard.Elems[1].Int != 1 {
			return false
		}
		role, err := askOnce(replica.Addr, "ROLE")
		return err == nil && len(role.Elems) > 0 && role.Elems[0].Str == "master" && sink.count("0 publish opened") >= 2
	})
	next := uint64(2)
	redistest.Await(t, "a message arrives over the new primary", func() bool {
		e.Publish(0, next, k, []byte("after"))
		next++
		return sink.count("0 "+k+": after") > 0
	})

	unknown := r
	unknown.Service = "other"
	if _, err := Discover(t.Context(), unknown, Options{}); !errors.Is(err, ErrUnknownService) {
		t.Errorf("of a name that the Sentinel does not know: %v", err)
	}
}

func TestARealSentinelIsNoDatabase(t *testing.T) {
	address := sentinel(t, redistest.Start(t))
	_, err := Discover(t.Context(), at2("us", address), Options{})
	if err == nil || !strings.HasSuffix(err.Error(), "read the slots: a Redis Sentinel answers here, and no database") || !errors.Is(err, ErrConfiguration) {
		t.Error(err)
	}
}
