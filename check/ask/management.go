package ask

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/vitals"
)

// management asks the REST API of a region, one question after the other, and whether its port is open; nil where none is
// configured. Once it does not answer, it is not asked again.
func (a *asking) management(ctx context.Context, r config.Region) (*check.ManagementFacts, []check.Port) {
	if r.API.IsZero() {
		return nil, nil
	}
	port := check.Port{Address: r.API.Address, Use: check.UseREST}
	if a.try(ctx, &port); port.Address == "" { // no way leads there from here, or there was no time
		return &check.ManagementFacts{Address: r.API.Address, Unreachable: "it could not be tried"}, nil
	}
	// A cluster manager asks its nodes first, and may be slower than a database has to be.
	client := enterprise.NewClient(r.Name, r.API, enterprise.Options{Dial: a.Options.Dial, Timeout: max(a.Options.Timeout, enterprise.DefaultTimeout)})
	defer client.Close()
	m := &check.ManagementFacts{Address: r.API.Address, Insecure: r.API.TLS.Insecure}
	databases, err := client.Databases(ctx)
	if err != nil {
		m.Unreachable, m.Advice = reasonOf(err), strings.Join(hint.Of(err), "; ")
		return m, []check.Port{port}
	}
	found, err := enterprise.DatabaseOf(r, databases, a.addressesOf(ctx, r))
	if err != nil {
		m.Missing = err.Error()
		return m, []check.Port{port}
	}
	q := &questions{ctx: ctx, client: client, facts: m}
	q.askAll(found.UID)
	return m, []check.Port{port}
}

// addressesOf is what the name of the endpoint leads to: the cluster may know it by another name.
func (a *asking) addressesOf(ctx context.Context, r config.Region) []string {
	for _, t := range targets(r) {
		if t.use == "database" {
			return a.lookUp(ctx, t.name).Addresses
		}
	}
	return nil
}

// questions are those about one database.
type questions struct {
	ctx    context.Context
	client *enterprise.Client
	facts  *check.ManagementFacts
	silent string // why there is no answer any more; ""
}

func (q *questions) askAll(uid string) {
	m := q.facts
	d := put(q, func() (enterprise.Database, error) { return q.client.Database(q.ctx, uid) })
	if m.Database = d.Field; !d.Known() {
		m.Missing = d.Failed
		return
	}
	m.Shards = put(q, func() ([]enterprise.Shard, error) { return q.client.Shards(q.ctx, uid) })
	m.Available = put(q, func() (enterprise.Availability, error) { return q.client.Availability(q.ctx, uid) })
	// Others have no peers, and are never said to have caught up.
	if crdt := m.Database.Value.ActiveActive; !crdt.Known() || !crdt.Value {
		return
	}
	m.ActiveActive = put(q, func() (enterprise.ActiveActive, error) {
		all, err := q.client.ActiveActives(q.ctx)
		i := slices.IndexFunc(all, func(a enterprise.ActiveActive) bool { return a.GUID == m.Database.Value.GUID.Value })
		if err == nil && i < 0 {
			err = errNotListed
		}
		if err != nil {
			return enterprise.ActiveActive{}, err
		}
		return all[i], nil
	})
	m.Peers = put(q, func() ([]enterprise.Peer, error) { return q.client.Peers(q.ctx, uid) })
	caughtUp := func(tolerance time.Duration) func() (enterprise.Availability, error) {
		return func() (enterprise.Availability, error) { return q.client.CaughtUp(q.ctx, uid, tolerance) }
	}
	m.CaughtUp = put(q, caughtUp(0))
	if m.CaughtUp.Known() && !m.CaughtUp.Value.OK {
		m.Nearly = put(q, caughtUp(enterprise.ClientTolerance))
	}
}

var errNotListed = errors.New("it is not among the Active-Active databases of the cluster")

// put asks a question, unless the API has fallen silent.
func put[T any](q *questions, question func() (T, error)) check.Answer[T] {
	if q.silent != "" {
		return check.Answer[T]{Failed: q.silent}
	}
	value, err := question()
	switch {
	case err == nil:
		return check.Answer[T]{Field: vitals.FieldOf(value)}
	case enterprise.NotAllowed(err):
		return check.Answer[T]{Field: vitals.Field[T]{Standing: vitals.NotAllowed}, Failed: reasonOf(err)}
	case enterprise.Silent(err):
		q.silent = reasonOf(err)
	}
	return check.Answer[T]{Failed: reasonOf(err)}
}

// reasonOf is an error without the region and the address, which stand beside it.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*enterprise.Error](err); ok {
		return e.Asked + ": " + e.Reason()
	}
	return err.Error()
}
