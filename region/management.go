package region

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/slots"
)

// ErrManagement is in the error that Discover returns beside a map: the REST API of the
// region would know better, or the region itself by a right that the user lacks, and did
// not tell. The database serves without it.
var ErrManagement = errors.New("the REST API of the region did not tell its slots")

// managementError is an error of the REST API, or about a right to ask, with its own text.
type managementError struct{ error }

func (m managementError) Is(target error) bool { return target == ErrManagement }
func (m managementError) Unwrap() error        { return m.error }

// managementLimit bounds the three questions to a REST API together. A cluster manager
// may be slower than a database, and whoever asks how regions are sharded waits for it.
const managementLimit = 8 * time.Second

// unclustered is the map of a region that does not tell its slots itself: what its REST
// API says, where it has one, or else what is configured. server is the connection to
// it, by whose address its database is found.
func (d *door) unclustered(ctx context.Context, server net.Conn) (slots.Map, error) {
	if d.region.API.IsZero() {
		return d.assumed(), nil
	}
	m, err := d.askManagement(ctx, server)
	switch {
	case errors.Is(err, enterprise.ErrHashing):
		return slots.Map{}, hint.Wrap(misconfiguration{err},
			"such a database cannot be probed: no channel can be computed for a shard; see check explain api-hashing")
	case err != nil:
		return d.assumed(), managementError{err}
	}
	return m, nil
}

// askManagement reads the slots from the REST API. All shards are behind the endpoint:
// how to reach one by itself only the Cluster API tells.
func (d *door) askManagement(ctx context.Context, server net.Conn) (slots.Map, error) {
	ctx, cancel := context.WithTimeout(ctx, managementLimit)
	defer cancel()
	r := d.region
	client := enterprise.NewClient(r.Name, r.API, enterprise.Options{Dial: d.dial, Timeout: managementLimit})
	defer client.Close()
	databases, err := client.Databases(ctx)
	if err != nil {
		return slots.Map{}, err
	}
	var addresses []string
	if host, _, err := net.SplitHostPort(server.RemoteAddr().String()); err == nil {
		addresses = append(addresses, host)
	}
	found, err := enterprise.DatabaseOf(r, databases, addresses)
	if err != nil {
		return slots.Map{}, fmt.Errorf("%s (%s): ask for its databases: %w", r.Name, r.API.Address, err)
	}
	described, err := client.Database(ctx, found.UID)
	if err != nil {
		return slots.Map{}, err
	}
	shards, err := client.Shards(ctx, found.UID)
	if err != nil {
		return slots.Map{}, err
	}
	return enterprise.Map(r.Name, r.Address, described, shards)
}
