package survey_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/survey"
)

// realCluster is a cluster of three real servers, the first of which has a replica.
type realCluster struct {
	t       *testing.T
	masters []*redistest.Server
	replica *redistest.Server
}

func startCluster(t *testing.T) *realCluster {
	t.Helper()
	c := &realCluster{t: t, masters: redistest.Nodes(t, 3)}
	c.replica = redistest.Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "3000")
	first := c.masters[0]
	bus := regexp.MustCompile(`@(\d+)[ ,]`).FindStringSubmatch(lineOf(first.Do(t, "CLUSTER", "NODES").Str, "myself"))[1]
	c.must(c.replica, "CLUSTER", "MEET", "127.0.0.1", fmt.Sprint(first.Port), bus)
	redistest.Await(t, "the replica to know all", func() bool {
		return strings.Contains(c.replica.Do(t, "CLUSTER", "INFO").Str, "cluster_known_nodes:4\r") &&
			strings.Contains(c.replica.Do(t, "CLUSTER", "INFO").Str, "cluster_state:ok")
	})
	c.must(c.replica, "CLUSTER", "REPLICATE", c.id(first))
	redistest.Await(t, "the replica to follow", func() bool {
		return strings.Contains(c.replica.Do(t, "INFO", "replication").Str, "master_link_status:up")
	})
	return c
}

// must sends a command that has to be answered with OK.
func (c *realCluster) must(s *redistest.Server, args ...string) {
	c.t.Helper()
	if v := s.Do(c.t, args...); v.Str != "OK" {
		c.t.Fatalf("%s: %q: %v", s.Addr, args, v)
	}
}

func (c *realCluster) id(s *redistest.Server) string {
	c.t.Helper()
	return s.Do(c.t, "CLUSTER", "MYID").Str
}

// migrate moves an empty slot from one master to another, as redis-cli does.
func (c *realCluster) migrate(slot string, from, to *redistest.Server) {
	c.t.Helper()
	c.must(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", c.id(from))
	c.must(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", c.id(to))
	for _, s := range []*redistest.Server{to, from} {
		c.must(s, "CLUSTER", "SETSLOT", slot, "NODE", c.id(to))
	}
}

func lineOf(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}

func TestAChannelThatMovesInARealClusterIsFollowedWithoutAFalseVerdict(t *testing.T) {
	t.Parallel()
	for _, mode := range []region.PubSub{region.Classic, region.Sharded} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			c := startCluster(t)
			us := config.Region{Name: "us", Address: c.masters[0].Addr}
			w := observe(t, []config.Region{us}, region.Options{PubSub: mode}, survey.Following{Every: 300 * time.Millisecond})
			defer w.end()
			w.untilHealthy(3)
			w.forget()

			tried := slots.Even(3)[1][0].First // the slot of the second shard that the cover begins with
			c.migrate(fmt.Sprint(tried), c.masters[1], c.masters[2])
			w.untilTold(fmt.Sprintf("us: slot %d went from shard 2 to shard 3", tried))
			w.untilHealthy(3)

			c.must(c.replica, "CLUSTER", "FAILOVER")
			w.untilTold("us: shard 1 is now at " + c.replica.Addr)
			w.untilHealthy(3)
			w.verdictsAre()
		})
	}
}

func TestTheDeathOfTheEndpointOfARealClusterIsOverWhenItsReplicaHasTakenOver(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	us := config.Region{Name: "us", Address: c.masters[0].Addr}
	w := observe(t, []config.Region{us}, region.Options{}, survey.Following{Every: time.Hour})
	defer w.end()
	w.untilHealthy(3)
	w.forget()
	c.masters[0].Kill()
	w.untilTold("us: shard 1 is now at " + c.replica.Addr)
	w.untilHealthy(3)
	w.verdictsAre("local_failure", "healthy")
}
