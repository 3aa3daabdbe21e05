package region

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// Discover reads which shard of a region owns which slots: from CLUSTER SLOTS,
// else from CLUSTER SHARDS, else from the REST API of its cluster where one is
// configured (slots.REST, with the endpoint as the address of all shards), else as
// the even split over region.Shards that the configuration states (slots.Static),
// else as one endpoint of unknown sharding (slots.Single). A region that is
// configured as not clustered is not asked itself. The addresses of the map are
// those to be used, by Options.Addresses.
//
// Where the REST API is configured, is needed and does not tell, or the user may not
// ask the region and nothing else tells, there is a map and an error, ErrManagement:
// the map is the next best.
//
// Errors: no connection, a reply that makes no sense, a cluster without slots, an
// answer that says nothing about the topology, such as LOADING; and, as
// ErrConfiguration, a Sentinel in the place of a database, no cluster where one is configured, a database that a
// cluster does not have, and one that hashes by another policy. Slots that nobody owns are no error; see
// slots.Map.Unowned.
func Discover(ctx context.Context, r config.Region, o Options) (slots.Map, error) {
	return newDoor(r, o).discover(ctx)
}

// mostOfAMap bounds what a cluster may answer, in bytes: 16,384 ranges with a primary and
// three replicas each are 10 MB.
const mostOfAMap = 32 << 20

func (d *door) discover(ctx context.Context) (slots.Map, error) {
	r := d.region
	c, taken, err := d.openBounded(ctx, r.Address, observing(d.prefix), topologyBuffer)
	if err != nil {
		return slots.Map{}, err
	}
	defer c.Close() //nolint:errcheck // everything was read
	taken.allow(mostOfAMap)
	if r.Clustered != nil && !*r.Clustered {
		return d.unclustered(ctx, c)
	}
	m, err := d.askCluster(ctx, c)
	if errors.Is(err, errNoCluster) && CauseOf(err) == probe.ServerRefused && !isDisabled(err) {
		if mistaken := d.mistakenForDatabase(ctx, c); mistaken != nil {
			return slots.Map{}, mistaken
		}
	}
	switch {
	case errors.Is(err, errNoCluster) && r.Clustered != nil:
		return slots.Map{}, hint.Wrap(d.fail(c.address, readingSlots, misconfiguration{err}),
			"the region is configured as a cluster: enable the Cluster API, or set clustered to false")
	case errors.Is(err, errNoCluster):
		m, untold := d.unclustered(ctx, c)
		if untold == nil && m.Source == slots.Single && CauseOf(err) == probe.Permission {
			text, _ := serverText(err)
			untold = managementError{d.fail(c.address, readingSlots, resp.ServerError(text))}
		}
		return m, untold
	case err != nil:
		return slots.Map{}, d.fail(c.address, readingSlots, err)
	}
	m.Region = r.Name
	if err := r.CheckClustered(); err != nil {
		return slots.Map{}, misconfiguration{err}
	}
	if err := d.addresses.apply(m.Shards, c.address); err != nil {
		return slots.Map{}, d.fail(c.address, readingSlots, err)
	}
	return m, hint.Wrap(d.fail(c.address, readingSlots, m.Check()),
		"what answers here tells slots that no Redis Cluster has: check the host and the port of the URL")
}

// readingSlots is the action of Discover, as errors name it.
const readingSlots = "read the slots"

// ErrConfiguration is in the errors of Discover and VerifyHashing that no waiting
// mends: a Sentinel where a database should be, a region that is configured as a cluster
// and is none, a database that a cluster does not have, and another rule to hash keys.
var ErrConfiguration = errors.New("the region is not as it is configured")

// misconfiguration is an error that is also ErrConfiguration, with its own text.
type misconfiguration struct{ error }

func (m misconfiguration) Is(target error) bool { return target == ErrConfiguration }
func (m misconfiguration) Unwrap() error        { return m.error }

// errNoCluster says that the server does not tell about slots, and what it said.
var errNoCluster = errors.New("no cluster")

// askCluster returns errNoCluster when the region is none, or refuses to tell.
func (d *door) askCluster(ctx context.Context, c *conn) (slots.Map, error) {
	asked := hostOf(c.address)
	v, err := c.ask(ctx, "CLUSTER", "SLOTS")
	if err != nil {
		return slots.Map{}, err
	}
	if v.Err() == nil {
		shards, err := parseSlots(v, asked)
		return slots.Map{Source: slots.ClusterSlots, Shards: shards}, err
	}
	if err := refusedToTell(v.Err()); err != nil {
		return slots.Map{}, err
	}
	if isDisabled(v.Err()) {
		return slots.Map{}, fmt.Errorf("%w: %w", errNoCluster, v.Err())
	}
	v, err = c.ask(ctx, "CLUSTER", "SHARDS")
	if err != nil {
		return slots.Map{}, err
	}
	if v.Err() == nil {
		shards, err := parseShards(v, asked, d.region.TLS)
		return slots.Map{Source: slots.ClusterShards, Shards: shards}, err
	}
	if err := refusedToTell(v.Err()); err != nil {
		return slots.Map{}, err
	}
	return slots.Map{}, fmt.Errorf("%w: %w", errNoCluster, v.Err())
}

// refusedToTell returns nil for the errors of servers that have no such command
// or do not grant it: "ERR unknown command", "ERR command is not allowed", "ERR
// This instance has cluster support disabled", "NOPERM …". Any other error
// passes, and what it hides must not be taken for a region without a cluster.
func refusedToTell(err error) error {
	switch CauseOf(err) {
	case probe.Permission, probe.ServerRefused:
		return nil
	}
	return err
}

func isDisabled(err error) bool {
	return strings.Contains(err.Error(), "cluster support disabled")
}

// assumed is the map of a region of which nobody tells the slots: one address for all.
func (d *door) assumed() slots.Map {
	if n := d.region.Shards; n > 0 {
		m := slots.Map{Region: d.region.Name, Source: slots.Static}
		for i, ranges := range slots.Even(n) {
			m.Shards = append(m.Shards, slots.Shard{ID: strconv.Itoa(i + 1), Address: d.region.Address, Slots: ranges})
		}
		return m
	}
	all := []slots.Range{{First: 0, Last: slots.Count - 1}}
	return slots.Map{Region: d.region.Name, Source: slots.Single,
		Shards: []slots.Shard{{ID: "1", Address: d.region.Address, Slots: all}}}
}

// VerifyHashing asks the region, where it answers CLUSTER KEYSLOT, whether it
// hashes the channels as [slots.Of] does. A different answer is an error with
// both numbers, and ErrConfiguration: on such a region a channel does not reach the shard that it was
// made for. A region that does not answer the command is no error, since nothing can
// be said; one that does not grant it is, with a hint.
func VerifyHashing(ctx context.Context, r config.Region, channels []string, o Options) error {
	d := newDoor(r, o)
	c, err := d.open(ctx, r.Address, observing(d.prefix), topologyBuffer)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // everything was read
	for _, channel := range channels {
		v, err := c.ask(ctx, "CLUSTER", "KEYSLOT", channel)
		if err != nil {
			return d.fail(c.address, askingSlot, err)
		}
		if CauseOf(v.Err()) == probe.Permission {
			return d.fail(c.address, askingSlot, v.Err())
		}
		if v.Kind != resp.Integer {
			return nil
		}
		if want := int64(slots.Of(channel)); v.Int != want {
			return hint.Wrap(d.fail(c.address, askingSlot,
				misconfiguration{fmt.Errorf("%s is in slot %d by the rules of Redis Cluster, and in slot %d by the answer of the region", channel, want, v.Int)}),
				"the database hashes keys by another rule: look at its hash_slots_policy (legacy counts slots from 1 to 4096) and shard_key_regex")
		}
	}
	return nil
}
