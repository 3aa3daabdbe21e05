package region

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resttest"
	"github.com/aafailover/aafailover/slots"
)

// The REST API tells the slots of a region that does not tell them itself, and where it does not either, the map is the next
// best, and the reason is told.
func TestDiscoverByTheRESTAPI(t *testing.T) {
	const refused = "-ERR command is not allowed\r\n"
	at := us.Address
	rest := slots.Map{Region: "us", Source: slots.REST, Shards: []slots.Shard{shard("1", at, 0, 5460), shard("3", at, 5461, 10922), shard("5", at, 10923, 16383)}}
	static := slots.Map{Region: "us", Source: slots.Static, Shards: []slots.Shard{shard("1", at, 0, 8191), shard("2", at, 8192, 16383)}}
	single := slots.Map{Region: "us", Source: slots.Single, Shards: []slots.Shard{shard("1", at, 0, 16383)}}
	cluster := slots.Map{Region: "us", Source: slots.ClusterSlots, Shards: []slots.Shard{shard("x", "10.0.0.7:7000", 0, 16383)}}
	for _, test := range []struct {
		name   string
		slots  string // the reply to CLUSTER SLOTS; the one to CLUSTER SHARDS is a refusal
		region func(*config.Region)
		api    func(*resttest.Cluster)
		want   slots.Map
		err    string // a part of it; "" for none
		hint   string
		is     error
		asked  bool
	}{
		{name: "a region that does not tell", slots: refused, want: rest, asked: true},
		{name: "what the API says counts more than what is configured", slots: refused, region: func(r *config.Region) { r.Shards = 2 }, want: rest, asked: true},
		{name: "a region that is said to be no cluster", slots: refused, region: func(r *config.Region) { r.Clustered = no() }, want: rest, asked: true},
		{name: "what the cluster says counts more", slots: oneShard, want: cluster},
		{name: "a region that is said to be a cluster has to be one", slots: refused, region: func(r *config.Region) { r.Clustered = yes() }, err: "no cluster", is: ErrConfiguration},
		{name: "an API that refuses", slots: refused, api: func(c *resttest.Cluster) { c.Instead("", resttest.Refusal(http.StatusForbidden, "", "")) }, want: single, asked: true,
			err: "ask for its databases: 403 Forbidden", hint: "db_viewer", is: ErrManagement},
		{name: "an API that refuses, and a number of shards is configured", slots: refused, region: func(r *config.Region) { r.Shards = 2 },
			api: func(c *resttest.Cluster) {
				c.Instead("/v1/bdbs/1/shards", resttest.Refusal(http.StatusServiceUnavailable, "", ""))
			}, want: static, asked: true,
			err: "ask for the shards of the database: 503 Service Unavailable", is: ErrManagement},
		{name: "an API of another cluster", slots: refused, api: func(c *resttest.Cluster) { c.SetEndpoint("port", 1) }, want: single, asked: true,
			err: "ask for its databases: none of its databases has an endpoint at " + at, is: ErrManagement},
		{name: "shards that do not say their slots", slots: refused, api: func(c *resttest.Cluster) { c.SetShards(resttest.Shard(1, "master", "")) }, want: single, asked: true,
			err: "us: shard 1 does not say which slots it owns", is: ErrManagement},
		{name: "a database that hashes by another policy", slots: refused, api: func(c *resttest.Cluster) { c.Set("hash_slots_policy", "legacy") }, asked: true,
			err: "us: keys are hashed by another policy than that of Redis Cluster: legacy", hint: "cannot be probed", is: ErrConfiguration},
	} {
		t.Run(test.name, func(t *testing.T) {
			manager := resttest.Start(t, "us", 1, "us", "eu")
			host, port, _ := net.SplitHostPort(at)
			number, _ := strconv.Atoi(port)
			manager.SetEndpoint("dns_name", host)
			manager.SetEndpoint("port", number)
			if test.api != nil {
				test.api(manager)
			}
			var n memnet.Network
			f := inMemory(t, &n, at)
			f.instead(func(args []string) (string, bool) {
				switch strings.Join(args, " ") {
				case "CLUSTER SLOTS":
					return test.slots, true
				case "CLUSTER SHARDS":
					return refused, true
				}
				return "", false
			})
			r := us
			r.API = manager.API()
			if test.region != nil {
				test.region(&r)
			}
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				if address == r.API.Address {
					return new(net.Dialer).DialContext(ctx, network, address)
				}
				return n.Dial(ctx, network, address)
			}
			got, err := Discover(t.Context(), r, Options{Dial: dial})
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err) || !errors.Is(err, test.is)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if hints := strings.Join(hint.Of(err), "; "); !strings.Contains(hints, test.hint) {
				t.Errorf("hint %q, want %q", hints, test.hint)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if asked := manager.Asked(); len(asked) > 0 != test.asked {
				t.Errorf("asked %q", asked)
			}
		})
	}
}
