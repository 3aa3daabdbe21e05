// Package resttest is the REST API of a Redis Enterprise cluster for tests: over TLS, with a user, and with one region of
// an Active-Active database in good health, which tests then change. Nothing of it is part of the program.
//
// It answers in the form of the documented examples, and is as strict as it can be: another method than GET, a request
// without the password, or one for a database without the names of the fields that are wanted, fails the test.
package resttest

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
)

// The login of every Cluster.
const (
	User     = "viewer@example.com"
	Password = "correct horse"
)

// Cluster is one cluster manager. Its database has the UID 1.
type Cluster struct {
	Certificate *certtest.Certificate

	t      testing.TB
	server *httptest.Server

	mu         sync.Mutex
	database   map[string]any
	others     []map[string]any
	shards     []map[string]any
	peers      []map[string]any
	available  http.HandlerFunc
	caughtUp   http.HandlerFunc
	instead    map[string]http.HandlerFunc // by path, "" for all
	unfiltered bool
	asked      []string // path?query
}

// Start starts a cluster with the region of a name, which is the id-th of several: endpoint redis-12000.NAME.example, port
// 12000. It has three shards with a replica each, and one source for every other name.
func Start(t testing.TB, name string, id int, all ...string) *Cluster {
	t.Helper()
	c := &Cluster{t: t, Certificate: certtest.SelfSigned(t, nil), instead: map[string]http.HandlerFunc{}}
	c.database = database(name, id, all)
	c.others = []map[string]any{{"uid": 2, "name": "another", "endpoints": []any{endpointOf("redis-12001."+name+".example", 12001)}}}
	c.shards = shards()
	for i, other := range all {
		if other != name {
			c.peers = append(c.peers, peer(i+1))
		}
	}
	c.available, c.caughtUp = ok, ok
	c.server = httptest.NewUnstartedServer(http.HandlerFunc(c.serve))
	c.server.TLS = c.Certificate.Server()
	c.server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are part of the tests
	c.server.StartTLS()
	t.Cleanup(c.server.Close)
	return c
}

// Pair starts the clusters of two regions, us and eu.
func Pair(t testing.TB) (us, eu *Cluster) {
	t.Helper()
	return Start(t, "us", 1, "us", "eu"), Start(t, "eu", 2, "us", "eu")
}

// API is the cluster as it is configured: with its key pinned.
func (c *Cluster) API() config.API {
	return config.API{Address: c.server.Listener.Addr().String(), User: User, Password: config.SecretOf(Password), TLS: config.TLS{Pins: []config.Pin{config.PinOf(c.Certificate.X509)}}}
}

// Set changes a field of the database; nil takes it away.
func (c *Cluster) Set(field string, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.database[field] = value
	if value == nil {
		delete(c.database, field)
	}
}

// SetSource changes a field of all sources of the database.
func (c *Cluster) SetSource(field string, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.database["crdt_sources"].([]any) {
		s.(map[string]any)[field] = value
	}
}

// SetEndpoint changes a field of the endpoint of the database.
func (c *Cluster) SetEndpoint(field string, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.database["endpoints"].([]any)[0].(map[string]any)[field] = value
}

// SetPeers changes what is measured of all peers in the last second.
func (c *Cluster) SetPeers(field string, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.peers {
		intervals := p["intervals"].([]any)
		intervals[len(intervals)-1].(map[string]any)[field] = value
	}
}

// SetShards replaces the shards, as the API lists them.
func (c *Cluster) SetShards(shards ...map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shards = shards
}

// Unfiltered lets the cluster answer with all fields, whichever were asked for.
func (c *Cluster) Unfiltered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unfiltered = true
}

// Unavailable lets the database be unavailable for a reason; Behind lets only the check of the lag say so.
func (c *Cluster) Unavailable(code, description string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.available = Refusal(http.StatusServiceUnavailable, code, description)
	c.caughtUp = c.available
}

// Behind lets the database be behind by so many milliseconds.
func (c *Cluster) Behind(millis int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.caughtUp = func(w http.ResponseWriter, r *http.Request) {
		tolerance := 100
		if given := r.URL.Query().Get("availability_lag_tolerance_ms"); given != "" {
			_, _ = fmt.Sscan(given, &tolerance)
		}
		if millis <= tolerance {
			ok(w, r)
			return
		}
		Refusal(http.StatusServiceUnavailable, "bdb_unavailable", "BDB 1 is not available")(w, r)
	}
}

// Instead answers a path, or "" for all, by something else.
func (c *Cluster) Instead(path string, by http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.instead[path] = by
}

// Restore takes back what stands in place of answers.
func (c *Cluster) Restore() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.instead)
}

// Asked is what was asked: path?query of each request.
func (c *Cluster) Asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

// Refusal answers with a status, and with an error as the API writes it.
func Refusal(status int, code, description string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error_code": code, "description": description})
	}
}

func ok(http.ResponseWriter, *http.Request) {}

// serve answers a request. What a test puts in place of an answer does so without the look at the request.
func (c *Cluster) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.asked = append(c.asked, r.URL.RequestURI())
	by, found := c.instead[r.URL.Path]
	if !found {
		by, found = c.instead[""]
	}
	c.mu.Unlock()
	if found {
		by(w, r)
		return
	}
	if user, password, _ := r.BasicAuth(); user != User || password != Password {
		Refusal(http.StatusUnauthorized, "invalid_credentials", "Invalid credentials")(w, r)
		return
	}
	if r.Method != http.MethodGet {
		c.t.Errorf("%s %s: the client only reads", r.Method, r.URL)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer(w, r)
}

func (c *Cluster) answer(w http.ResponseWriter, r *http.Request) {
	fields := r.URL.Query().Get("fields")
	if strings.HasPrefix(r.URL.Path, "/v1/bdbs") && strings.Count(r.URL.Path, "/") < 4 && fields == "" {
		c.t.Errorf("%s: without fields the reply has the passwords in it", r.URL)
	}
	var reply any
	switch r.URL.Path {
	case "/v1/bdbs":
		list := []any{c.pick(c.database, fields)}
		for _, other := range c.others {
			list = append(list, c.pick(other, fields))
		}
		reply = list
	case "/v1/bdbs/1":
		reply = c.pick(c.database, fields)
	case "/v1/bdbs/1/shards":
		reply = c.shards
	case "/v1/bdbs/1/peer_stats":
		reply = map[string]any{"peer_stats": c.peers}
	case "/v1/crdbs":
		reply = []any{activeActive(c.database)}
	case "/v1/bdbs/1/availability":
		if r.URL.Query().Get("extend_check") == "lag" {
			c.caughtUp(w, r)
		} else {
			c.available(w, r)
		}
		return
	default:
		Refusal(http.StatusNotFound, "", "")(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(reply)
}

// pick is what fields= leaves of an object.
func (c *Cluster) pick(object map[string]any, fields string) map[string]any {
	if c.unfiltered {
		return object
	}
	picked := maps.Clone(object)
	wanted := strings.Split(fields, ",")
	maps.DeleteFunc(picked, func(name string, _ any) bool { return !slices.Contains(wanted, name) })
	return picked
}
