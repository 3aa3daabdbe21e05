package enterprise

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Availability is whether a cluster manager calls a database available.
type Availability struct {
	OK bool
	// Code and Description are why not, in the server's words: "no_quorum", "bdb_unavailable".
	Code, Description string
}

// The tolerances of a check that looks at the lag: that of a cluster that was not told another one, and that of clients that ask
// for one.
// https://redis.io/docs/latest/operate/rs/monitoring/db-availability
const (
	ServerTolerance = 100 * time.Millisecond
	ClientTolerance = 5 * time.Second
)

// Availability asks whether the database with a UID has an endpoint that serves; with the Cluster API, whether all of
// them do. Errors: *Error, also where the node answers 503 for reasons of its own, or there is no such database.
// https://redis.io/docs/latest/operate/rs/references/rest-api/requests/bdbs/availability
func (c *Client) Availability(ctx context.Context, uid string) (Availability, error) {
	return c.availability(ctx, "ask whether the database is available", uid, nil)
}

// CaughtUp asks, besides, whether the database has taken in what the other regions wrote, but for a tolerance; 0 is the
// cluster's own. A database that is not Active-Active is never said to. Of two regions that are apart, both can be behind.
func (c *Client) CaughtUp(ctx context.Context, uid string, tolerance time.Duration) (Availability, error) {
	query := url.Values{"extend_check": {"lag"}}
	if tolerance > 0 {
		query.Set("availability_lag_tolerance_ms", strconv.FormatInt(tolerance.Milliseconds(), 10))
	}
	return c.availability(ctx, "ask whether the database has caught up", uid, query)
}

func (c *Client) availability(ctx context.Context, what, uid string, query url.Values) (Availability, error) {
	_, err := c.get(ctx, what, "/v1/bdbs/"+uid+"/availability", query, nil)
	var said *Error
	if errors.As(err, &said) && said.Status == http.StatusServiceUnavailable && said.Code != "" && said.Code != "db_not_found" {
		return Availability{Code: said.Code, Description: said.Description}, nil
	}
	return Availability{OK: err == nil}, err
}
