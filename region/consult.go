package region

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
)

// SentinelView is how a sentinel watches over a database.
type SentinelView struct {
	ID      string // of the sentinel; "" from those before 6.2
	Primary string // host:port
	Quorum  int
	// DownAfter is how long a primary must be silent, FailoverTimeout how long an attempt may take.
	DownAfter, FailoverTimeout time.Duration
	ParallelSyncs              int
	Replicas                   []SentinelReplica
	Others                     []SentinelPeer
}

// SentinelReplica is a replica as a sentinel sees it.
type SentinelReplica struct {
	Address  string
	Down     bool // or cut off from its primary
	Priority int  // 0: it is never promoted
}

// SentinelPeer is another sentinel as a sentinel sees it.
type SentinelPeer struct {
	ID      string
	Address string
	Down    bool
}

// ErrNoSentinel says that what answers tells where a database is and is no sentinel: the
// discovery service of Redis Enterprise.
var ErrNoSentinel = errors.New("it is no Redis Sentinel")

// consulting is the action of asking a sentinel, as errors name it.
const consulting = "ask how it watches"

// mostReplies bounds the replicas, and the other sentinels, that a sentinel may know.
const mostReplies = 500

// Consult asks a sentinel at an address how it watches over the database of the region,
// over a connection in plain text and without a password, as it is asked for the address
// everywhere. It takes Options.Timeout at the most. Errors: no connection, a refusal,
// ErrUnknownService, ErrNoSentinel.
func (e *Examiner) Consult(ctx context.Context, address string) (SentinelView, error) {
	ctx, cancel := context.WithTimeout(ctx, e.door.timeout)
	defer cancel()
	v, err := e.door.consult(ctx, address)
	return v, e.door.fail(address, consulting, timely(ctx, err))
}

func (d *door) consult(ctx context.Context, address string) (SentinelView, error) {
	raw, err := d.dial(ctx, "tcp", address)
	if err != nil {
		return SentinelView{}, err
	}
	defer raw.Close() //nolint:errcheck // everything was read
	defer closeWhenDone(ctx, raw)()
	taken := &allowance{from: raw}
	g := newGuard(raw, newList(d.prefix, consultRules.Get()))
	r := resp.NewReaderLimits(taken, limits)
	var replies [3]resp.Value
	for i, about := range []string{"master", "replicas", "sentinels"} {
		taken.allow(mostOfAnAnswer)
		if replies[i], err = exchange(g, r, "SENTINEL", about, d.region.Service); err != nil {
			return SentinelView{}, err
		}
		if err := refusalOf(replies[i]); err != nil {
			return SentinelView{}, err
		}
	}
	v, err := sentinelOf(replies[0], replies[1], replies[2])
	if err != nil {
		return v, err
	}
	taken.allow(mostOfAnAnswer)
	if id, err := exchange(g, r, "SENTINEL", "MYID"); err == nil && id.Kind == resp.Bulk {
		v.ID = id.Str
	}
	return v, nil
}

// refusalOf is what the refusal of a question to a sentinel means; nil: it was answered.
func refusalOf(v resp.Value) error {
	err := v.Err()
	switch {
	case err == nil:
		return nil
	case strings.Contains(v.Str, "No such master"):
		return ErrUnknownService
	case strings.Contains(strings.ToLower(v.Str), "unknown"), strings.Contains(strings.ToLower(v.Str), "not supported"):
		return fmt.Errorf("%w: %w", ErrNoSentinel, err)
	}
	return err
}

// sentinelOf takes the answers to SENTINEL MASTER, REPLICAS and SENTINELS: maps of words.
func sentinelOf(master, replicas, sentinels resp.Value) (SentinelView, error) {
	address, ok := addressIn(master)
	if !ok || replicas.Kind != resp.Array || sentinels.Kind != resp.Array {
		return SentinelView{}, malformed("SENTINEL MASTER", master)
	}
	if _, ok := master.Field("quorum"); !ok {
		return SentinelView{}, ErrNoSentinel
	}
	v := SentinelView{Primary: address, Quorum: count32(master, "quorum"), ParallelSyncs: count32(master, "parallel-syncs"),
		DownAfter:       time.Duration(count32(master, "down-after-milliseconds")) * time.Millisecond,
		FailoverTimeout: time.Duration(count32(master, "failover-timeout")) * time.Millisecond}
	for _, entry := range replicas.Elems[:min(len(replicas.Elems), mostReplies)] {
		if address, ok := addressIn(entry); ok {
			link, told := entry.Field("master-link-status")
			v.Replicas = append(v.Replicas, SentinelReplica{Address: address, Priority: count32(entry, "slave-priority"),
				Down: isDown(entry) || told && link.Str != "ok"})
		}
	}
	for _, entry := range sentinels.Elems[:min(len(sentinels.Elems), mostReplies)] {
		if address, ok := addressIn(entry); ok {
			id, _ := entry.Field("runid")
			v.Others = append(v.Others, SentinelPeer{ID: id.Str, Address: address, Down: isDown(entry)})
		}
	}
	return v, nil
}

// addressIn is host:port of what a sentinel tells of an instance.
func addressIn(v resp.Value) (string, bool) {
	host, _ := v.Field("ip")
	port, _ := v.Field("port")
	n, ok := number(port)
	if !ok || !isPort(n) || host.Str == "" || presentable(host.Str) != host.Str {
		return "", false
	}
	return net.JoinHostPort(host.Str, strconv.FormatInt(n, 10)), true
}

// count32 is a number that a sentinel tells; 0 where it tells none.
func count32(v resp.Value, name string) int {
	field, _ := v.Field(name)
	n, _ := number(field)
	return int(n)
}

// isDown tells whether a sentinel holds an instance down.
func isDown(v resp.Value) bool {
	flags, _ := v.Field("flags")
	return slices.ContainsFunc(strings.Split(flags.Str, ","), func(flag string) bool {
		return flag == "s_down" || flag == "o_down" || flag == "disconnected"
	})
}
