package survey_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/survey"
)

func TestASurveyIsWhatTheRegionsSaid(t *testing.T) {
	type result struct {
		Sources []slots.Source
		Told    int
		Cover   []int  // before anything is assumed
		Assumed []int  // afterwards
		Err     string // of the regions that did not tell
		Config  string // that no waiting mends
	}
	both := []int{0, 5461, 8192, 10923}
	for _, row := range []struct {
		name   string
		change func(us, eu *cluster)
		want   result
	}{
		{"both tell", func(_, _ *cluster) {},
			result{Sources: []slots.Source{slots.ClusterSlots, slots.ClusterSlots}, Told: 2, Cover: both, Assumed: both}},
		{"one is away: the slots of the other one are tried in both", func(_, eu *cluster) { eu.stop("eu:1") },
			result{Sources: []slots.Source{slots.ClusterSlots, slots.Single}, Told: 1, Cover: []int{0, 5461, 10923}, Assumed: []int{0, 5461, 10923},
				Err: "eu (eu:1): connect: connection refused"}},
		{"both are away: slots are spread evenly", func(us, eu *cluster) { us.stop("us:1"); eu.stop("eu:1") },
			result{Sources: []slots.Source{slots.Single, slots.Single}, Assumed: slots.Spread(slots.UnknownSpread),
				Err: "us (us:1): connect: connection refused\neu (eu:1): connect: connection refused"}},
		{"one hashes by another rule", func(_, eu *cluster) { eu.hashes = 1 },
			result{Config: "eu (eu:1): ask for the slot of a channel: aafailover:{1bz}:eu is in slot 0 by the rules of Redis Cluster, and in slot 1 by the answer of the region"}},
		{"one is said to be in a database that a cluster does not have", func(us, _ *cluster) { us.region.Database = 3 },
			result{Config: "us (us:1): database 3, but the region is a cluster"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := new(memnet.Network)
				us, eu := newCluster(t, network, "us", usShards...), newCluster(t, network, "eu", euShards...)
				defer us.close()
				defer eu.close()
				row.change(us, eu)
				var got result
				s, err := survey.Take(t.Context(), []config.Region{us.region, eu.region}, region.Options{Dial: network.Dial})
				if err != nil {
					got.Config = err.Error()
					if !errors.Is(err, region.ErrConfiguration) {
						t.Errorf("%v is no misconfiguration", err)
					}
				} else {
					got.Told, got.Cover = s.Told(), s.Cover
					if err := s.Err(); err != nil {
						got.Err = err.Error()
					}
					s.Assume()
					got.Assumed = s.Cover
					for _, m := range s.Maps {
						got.Sources = append(got.Sources, m.Source)
					}
				}
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestWhatIsPreparedHasAnEndpointForEveryRegionAndTellsWhichAreOneServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(memnet.Network)
		us, eu := newCluster(t, network, "us", usShards...), newCluster(t, network, "eu", euShards...)
		defer us.close()
		defer eu.close()
		eu.becomes(append([]slots.Shard{shard("e1", "us:3", 0, 8191)}, euShards[1])...)
		s, err := survey.Take(t.Context(), []config.Region{us.region, eu.region}, region.Options{Dial: network.Dial})
		if err != nil {
			t.Fatal(err)
		}
		topology, err := s.Prepare(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := topology.Check(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([][2]string{{"us", "eu"}}, topology.SameServers); diff != "" {
			t.Error(diff)
		}
		if strings.Join([]string{topology.Maps[0].Region, topology.Maps[1].Region}, " ") != "us eu" {
			t.Errorf("the regions are %v", topology.Maps)
		}
	})
}
