package cmd

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

// mendable are the causes that are a matter of configuration, so that whoever runs the probe wants the hint too: the
// report tells the cause, which is all that the probe knows. So it is with an address that a region announces and that was
// never reached.
var mendable = []probe.Cause{probe.Authentication, probe.Permission, probe.TLS, probe.Protocol, probe.NameNotFound, probe.MaxClients}

// complaints are the errors of regions that somebody can mend, the first of each cause for each region.
type complaints struct {
	mu   sync.Mutex
	seen map[complaint]bool
	errs []error
}

type complaint struct {
	region string
	cause  probe.Cause
}

// listen returns an endpoint that is the same as e and also collects its errors.
func (c *complaints) listen(region string, e probe.Endpoint) probe.Endpoint {
	return &heard{Endpoint: e, complaints: c, region: region}
}

// heard is an endpoint whose errors are collected.
type heard struct {
	probe.Endpoint
	complaints *complaints
	region     string
}

// Run runs the endpoint and hears what it tells.
func (h *heard) Run(ctx context.Context, channels [][]string, sink probe.Sink) error {
	return h.Endpoint.Run(ctx, channels, &hearing{Sink: sink, heard: h})
}

// hearing is a sink that passes everything on.
type hearing struct {
	probe.Sink
	heard *heard
}

// Closed passes on that a connection was lost.
func (h *hearing) Closed(shard int, role probe.Role, cause probe.Cause, err error, at time.Time) {
	h.heard.complaints.add(h.heard.region, cause, err)
	h.Sink.Closed(shard, role, cause, err, at)
}

// Refused passes on that a message was refused.
func (h *hearing) Refused(shard int, id uint64, cause probe.Cause, err error, at time.Time) {
	h.heard.complaints.add(h.heard.region, cause, err)
	h.Sink.Refused(shard, id, cause, err, at)
}

// keys returns a store that is the same as s and also collects its errors.
func (c *complaints) keys(region string, s heartbeat.Store) heartbeat.Store {
	return &heardStore{Store: s, complaints: c, region: region}
}

// heardStore is a store whose errors are collected.
type heardStore struct {
	heartbeat.Store
	complaints *complaints
	region     string
}

// Connect connects, and hears why not.
func (h *heardStore) Connect(ctx context.Context, address string) (heartbeat.Session, error) {
	session, err := h.Store.Connect(ctx, address)
	if err != nil {
		h.add(err)
		return nil, err
	}
	return &heardSession{Session: session, heard: h}, nil
}

// add collects an error. What a user may not do with keys is another complaint than what he may not do with messages.
func (h *heardStore) add(err error) {
	name, cause := h.region, region.CauseOf(err)
	if cause == probe.Permission {
		name += " keys" // no name of a region has a space
	}
	h.complaints.add(name, cause, err)
}

// heardSession is a session of such a store.
type heardSession struct {
	heartbeat.Session
	heard *heardStore
}

// Exchange exchanges, and hears what was refused.
func (h *heardSession) Exchange(ctx context.Context, batch *heartbeat.Batch) error {
	err := h.Session.Exchange(ctx, batch)
	for i := range batch.Writes {
		h.heard.add(batch.Writes[i].Err)
	}
	for i := range batch.Reads {
		h.heard.add(batch.Reads[i].Err)
	}
	return err
}

func (c *complaints) add(name string, cause probe.Cause, err error) {
	var at *region.Error
	announced := errors.As(err, &at) && at.Announced
	if err == nil || !announced && !slices.Contains(mendable, cause) {
		return
	}
	if c.known(name, cause) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

// known tells whether a cause was heard of before, and it is from now on.
func (c *complaints) known(region string, cause probe.Cause) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = make(map[complaint]bool)
	}
	was := c.seen[complaint{region, cause}]
	c.seen[complaint{region, cause}] = true
	return was
}

// print prints what was collected.
func (c *complaints) print(stderr io.Writer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, err := range c.errs {
		complain(stderr, err, "")
	}
}
