package promotion_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// refusing is a deployment whose servers take no write. Nothing else may be done to it.
type refusing struct{ promotion.Deployment }

func (refusing) Topology() promotion.Topology { return promotion.Replica }
func (refusing) Hosts() []promotion.Host {
	return []promotion.Host{{Name: "us", Role: promotion.Primary, Address: "us:6379"}, {Name: "eu", Role: promotion.Follower, Address: "eu:6379"}}
}
func (refusing) Shards() []slots.Shard {
	return []slots.Shard{{ID: "all", Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}
}
func (refusing) Observe(func(promotion.Event))               {}
func (refusing) Limits() []string                            { return nil }
func (refusing) Settings() promotion.Settings                { return promotion.Settings{DownAfter: time.Second} }
func (r refusing) Application() (promotion.Client, error)    { return r, nil }
func (r refusing) Direct(_, _ int) (promotion.Client, error) { return r, nil }
func (refusing) Close() error                                { return nil }
func (refusing) Write(context.Context, string, []byte, time.Duration) promotion.Answer {
	return promotion.Answer{Outcome: drill.Rejected, By: "us:6379", Err: resp.ServerError("NOREPLICAS Not enough good replicas to write.")}
}

// With settings under which nobody takes a write nothing is known of a failover, and nothing is broken.
func TestWhatNeverWorkedIsNotBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scenario, _ := promotion.ScenarioNamed(promotion.Replica, promotion.DefaultScenario)
		rec, err := promotion.Run(t.Context(), promotion.Config{Deployment: refusing{}, Scenario: scenario, Prefix: "aafailover", Run: "run", Rate: 10, Connections: 1,
			WriteTimeout: time.Second, Expiry: time.Hour, Steady: time.Second, Limits: promotion.DefaultLimits()})
		const want = "us (us:6379): no write was acknowledged before the fault: NOREPLICAS"
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("it ended with %v, want %q", err, want)
		}
		if rec.Drill.Verdict != drill.Inconclusive || rec.Moments.Fault != nil {
			t.Errorf("%s, with a fault at %v", rec.Drill.Verdict, rec.Moments.Fault)
		}
	})
}
