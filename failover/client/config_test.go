package client_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/failover/client"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

func TestCheck(t *testing.T) {
	us, eu := client.Region{Name: "us", URL: "redis://us.example:6379"}, client.Region{Name: "eu", URL: "rediss://eu.example:6379"}
	for _, test := range []struct {
		name   string
		config client.Config
		want   string // a part; "": it makes sense
	}{
		{"two regions", client.Config{Regions: []client.Region{us, eu}}, ""},
		{"one region", client.Config{Regions: []client.Region{us}}, "there must be at least two regions"},
		{"no region", client.Config{}, "there must be at least two regions"},
		{"the same name twice", client.Config{Regions: []client.Region{us, us}}, "us: the region is named twice"},
		{"a URL that is none, and whose password is not told", client.Config{Regions: []client.Region{us, {Name: "eu", URL: "http://me:secret@eu"}}}, "neither redis nor rediss"},
		{"TLS without a URL for it", client.Config{Regions: []client.Region{eu, {Name: "us", URL: us.URL, TLS: client.TLS{CAFile: "ca.pem"}}}}, "us: TLS is given, and the URL is not one for TLS"},
		{"a CA that is not there", client.Config{Regions: []client.Region{us, {Name: "eu", URL: eu.URL, TLS: client.TLS{CAFile: "no-such.pem"}}}}, "no-such.pem"},
		{"a weight of a region that there is not", client.Config{Regions: []client.Region{us, eu}, Policy: failover.Policy{Weights: map[string]int{"ap": 1}}}, `weight of "ap": there is no such region`},
		{"a policy that makes no sense", client.Config{Regions: []client.Region{us, eu}, Policy: failover.Policy{MinStay: -1}}, "minimum stay"},
		{"an observation that makes no sense", client.Config{Regions: []client.Region{us, eu}, Probe: probe.Policy{Interval: 1}}, "interval 1ns"},
		{"a prefix that makes no sense", client.Config{Regions: []client.Region{us, eu}, Observe: region.Options{Prefix: "{"}}, "prefix"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.config.Check()
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want …%s…, and no password", err, test.want)
			}
			if _, made := client.New(t.Context(), test.config); made == nil || made.Error() != err.Error() {
				t.Errorf("made all the same: %v", made)
			}
		})
	}
}
