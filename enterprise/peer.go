package enterprise

import (
	"context"
	"net/url"
	"time"

	"github.com/aafailover/aafailover/vitals"
)

// Peer is what a database measured of another region in the last second that was measured.
// https://redis.io/docs/latest/operate/rs/references/rest-api/requests/bdbs/peer_stats
type Peer struct {
	UID string // ReplicaID of the other region
	// Lag is how long what the other region writes takes to get here.
	Lag vitals.Field[time.Duration]
	// PendingLeast and PendingMost are the writes of this region that the other one has not confirmed yet.
	PendingLeast, PendingMost vitals.Field[float64]
	// Sent and Received are bytes a second, before they were compressed.
	Sent, Received vitals.Field[float64]
}

// Peers asks what the database with a UID measures of the other regions. Errors: *Error, of status 406 where the
// database is not Active-Active.
func (c *Client) Peers(ctx context.Context, uid string) ([]Peer, error) {
	var said struct {
		Peers []struct {
			UID       loose `json:"uid"`
			Intervals several[struct {
				Lag          loose `json:"local_ingress_lag_time"`
				PendingLeast loose `json:"pending_local_writes_min"`
				PendingMost  loose `json:"pending_local_writes_max"`
				Sent         loose `json:"egress_bytes_decompressed"`
				Received     loose `json:"ingress_bytes_decompressed"`
			}] `json:"intervals"`
		} `json:"peer_stats"`
	}
	const asking = "ask how far the regions are apart"
	if _, err := c.get(ctx, asking, "/v1/bdbs/"+uid+"/peer_stats", url.Values{"interval": {"1sec"}}, &said); err != nil {
		return nil, err
	}
	if len(said.Peers) > mostRegions {
		return nil, c.fail(asking, errTooLong)
	}
	peers := make([]Peer, len(said.Peers))
	for i, one := range said.Peers {
		peers[i].UID = uidOf(one.UID)
		if last := len(one.Intervals.list) - 1; last >= 0 {
			now := one.Intervals.list[last]
			// In milliseconds, as the metric of this name: https://redis.io/docs/latest/operate/rs/references/metrics/prometheus-metrics-v1
			peers[i].Lag = now.Lag.millis()
			peers[i].PendingLeast, peers[i].PendingMost = now.PendingLeast.amount(), now.PendingMost.amount()
			peers[i].Sent, peers[i].Received = now.Sent.amount(), now.Received.amount()
		}
	}
	return peers, nil
}
