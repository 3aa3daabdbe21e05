package survey

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/region"
)

// Another server of a region is asked under the name that its certificate has.
func TestAShardIsAskedAsTheEndpointWouldBe(t *testing.T) {
	endpoint := config.Region{Name: "us", Address: "us.example:6379", TLS: true}
	discovered := config.Region{Name: "us", Address: "db@d.example:8001", Discovery: []string{"d.example:8001"}, Service: "db"}
	pinned := config.Region{Name: "us", Address: "us.example:6379", TLSOptions: config.TLS{ServerName: "other.example"}}
	for _, row := range []struct {
		name, address, want string
		region              config.Region
	}{
		{"a name has a certificate of its own", "shard2.example:6380", "", endpoint},
		{"an IP address has that of the endpoint", "10.0.0.7:6380", "us.example", endpoint},
		{"an IP address has that of the discovery service", "10.0.0.7:6380", "d.example", discovered},
		{"unless another one is configured", "10.0.0.7:6380", "other.example", pinned},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWatcher(0, row.region, region.Options{}, usMap(), true, DefaultEvery, nil)
			got := w.at(row.address)
			if diff := cmp.Diff([]string{row.address, row.want, ""}, []string{got.Address, got.TLSOptions.ServerName, got.Service}); diff != "" || got.Discovery != nil {
				t.Error(diff, got.Discovery)
			}
		})
	}
}
