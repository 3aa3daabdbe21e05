package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/slots"
)

// DefaultPort is the port of a URL that names none.
const DefaultPort = 6379

// Region is one region as it was configured. It holds nothing that was found out by asking it.
type Region struct {
	// Name is unique in the deployment; see [CheckName].
	Name string
	// Address is host:port of the endpoint. The host is resolved anew at every connection. Where a discovery service
	// tells the endpoint, it is SERVICE@HOST:PORT of the first one, which names the endpoint and cannot be dialled.
	Address string
	// Discovery is host:port of each server of the discovery service, which speaks the protocol of Redis Sentinel;
	// they are asked in this order. Empty: Address is the endpoint.
	Discovery []string
	// Service is the name by which the discovery service knows the database: that of a Redis Enterprise database, with
	// or without its suffix @internal, or the name of a primary in Sentinel. Empty without Discovery.
	Service string
	// TLS is true for a rediss:// URL.
	TLS bool
	// TLSOptions is how TLS is done. After [Resolve] it holds what was said for all regions too.
	TLSOptions TLS
	// User is the ACL user, empty for the default one.
	User string
	// Password is the zero Secret when none is configured.
	Password Secret
	// Database is the number to SELECT. A cluster has database 0 only.
	Database int
	// Clustered says whether the endpoint speaks the Cluster API. Nil: find out.
	Clustered *bool
	// Shards is the number of shards with an even split of the slots, to be used where the region itself
	// does not tell. 0: unknown.
	Shards int
	// API is the REST API of the Redis Enterprise cluster that the database is in; the zero API: none is configured.
	API API
	// Place is where the region was configured: "--region", "AAFAILOVER_REGION" or FILE:LINE:COLUMN.
	Place string
}

// String is the region as errors name it: `us (10.0.0.1:6379)`.
func (r Region) String() string { return r.Name + " (" + r.Address + ")" }

// URL is the region's URL without its password, for people, files and child processes.
func (r Region) URL() string {
	u := url.URL{Scheme: "redis", Host: r.Address}
	if r.TLS {
		u.Scheme = "rediss"
	}
	if r.Service != "" {
		u.Scheme += discoveryScheme
		u.Host, u.Path = strings.Join(r.Discovery, ","), "/"+r.Service
	}
	if r.User != "" {
		u.User = url.User(r.User)
	}
	if r.Database != 0 {
		u.Path += "/" + strconv.Itoa(r.Database)
	}
	return u.String()
}

// Validate checks one region by itself: name, address, number of shards, and database 0 where the region
// is said to be clustered.
func (r Region) Validate() error {
	if err := CheckName(r.Name); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(r.Address)
	if err != nil || host == "" {
		return hint.Wrap(fmt.Errorf("%s: the address is not host:port", r.Name), urlHint)
	}
	if _, err := portNumber(port); err != nil {
		return r.about(err)
	}
	if r.Shards < 0 || r.Shards > slots.Count {
		return hint.Wrap(fmt.Errorf("%s: shards is %d, not between 0 and %d", r, r.Shards, slots.Count),
			"shards is the number of shards of the region, each with an even part of the slots; 0 when it is not known")
	}
	if (r.Service == "") != (len(r.Discovery) == 0) {
		return hint.Wrap(fmt.Errorf("%s: a discovery service and the name that it knows the database by go together", r), discoveryHint)
	}
	if r.Clustered != nil && *r.Clustered {
		return r.CheckClustered()
	}
	return nil
}

// CheckClustered returns an error when the region is configured with a database that a cluster does not
// have. It is for whoever finds that the endpoint is a cluster.
func (r Region) CheckClustered() error {
	if r.Database == 0 {
		return nil
	}
	return hint.Wrap(fmt.Errorf("%s: database %d, but the region is a cluster", r, r.Database),
		"a Redis Cluster has database 0 only: leave the number out of the URL")
}

// endpoint is the address in the form in which two are compared: lower case, without the root dot, IP
// addresses in their one canonical form. Names of services are left as they are: a discovery service tells them apart
// by case.
func (r Region) endpoint() string {
	address := r.Address
	if r.Service != "" && len(r.Discovery) > 0 {
		address = r.Discovery[0]
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return strings.ToLower(r.Address)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	return r.Service + "@" + net.JoinHostPort(strings.ToLower(strings.TrimSuffix(host, ".")), port)
}
