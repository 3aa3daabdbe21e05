package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// DefaultAPIPort is the port of the REST API of Redis Enterprise, where its URL names none.
const DefaultAPIPort = 9443

// API is the REST API of the Redis Enterprise cluster that a region's database is in. The zero API is none.
//
// It is another server than the endpoint, with users and a certificate of its own. Nothing here says that it
// answers: it is the management plane, and a database serves without it.
type API struct {
	// Address is host:port. The host is resolved anew at every connection.
	Address string
	// User and Password are those of Basic authentication. The role db_viewer suffices.
	User     string
	Password Secret
	// TLS is how the connection is secured, which it always is. After [Resolve] it holds what was said for all regions, where
	// the API's own settings say nothing of whom to trust.
	TLS TLS
	// Place is where it was configured: "--api", "AAFAILOVER_API" or FILE:LINE:COLUMN.
	Place string
}

// IsZero says that there is none.
func (a API) IsZero() bool { return a.Address == "" }

// URL is the API's URL without its password, for people, files and child processes.
func (a API) URL() string {
	u := url.URL{Scheme: "https", Host: a.Address}
	if a.User != "" {
		u.User = url.User(a.User)
	}
	return u.String()
}

const (
	apiFlagHint  = "write --api NAME=URL, for example --api us=https://viewer@redis.us.example:9443?passwordEnv=US_API_PASSWORD"
	apiURLHint   = "the URL of a REST API is https://[user[:password]@]host[:port]; the port is 9443 where it names none"
	apiLoginHint = "give the user of the URL, and its password in passwordFile or passwordEnv; the role db_viewer suffices"
)

// apiFlag is the flag, and with [Variable] the variable, of all APIs. In the file each stands below its region.
const apiFlag = "api"

// apiParameters are the settings of an API in a URL; the file has passwordCommand and tls too.
var apiParameters = []string{"passwordFile", "passwordEnv"}

// ParseAPIFlag reads NAME=URL, the value of --api, where NAME is that of a region:
//
//	us=https://user:password@redis.us.example:9443?passwordFile=…
//
// The port can be left out. The password stands in the URL, or is read from passwordFile or passwordEnv. No error
// repeats what stands between "://" and the last "@". Without TLS it would be sent in plain text: only https is taken,
// for loopback addresses too.
func ParseAPIFlag(s string) (name string, a API, err error) {
	name, raw, ok := strings.Cut(s, "=")
	if !ok || strings.Contains(name, "://") {
		return "", API{}, hint.Wrap(errors.New("a REST API is NAME=URL, and the name of its region is missing"), apiFlagHint)
	}
	if err := CheckName(name); err != nil {
		return "", API{}, err
	}
	if err = a.parseURL(raw); err == nil {
		err = a.Validate()
	}
	if err != nil {
		return "", API{}, fmt.Errorf("%s: REST API: %w", name, err)
	}
	return name, a, nil
}

// Validate checks an API by itself: address, user, and that there is a password.
func (a API) Validate() error {
	host, port, err := net.SplitHostPort(a.Address)
	if err != nil || host == "" {
		return hint.Wrap(errors.New("the address is not host:port"), apiURLHint)
	}
	if _, err := portNumber(port); err != nil {
		return err
	}
	if a.User == "" {
		return hint.Wrap(errors.New("there is no user"), apiLoginHint)
	}
	if a.Password.IsZero() {
		return hint.Wrap(errors.New("there is no password"), apiLoginHint)
	}
	return nil
}

func (a *API) parseURL(raw string) error {
	scheme, rest, ok := strings.Cut(raw, "://")
	switch {
	case !ok:
		return hint.Wrap(errors.New("not a URL"), apiURLHint)
	case strings.EqualFold(scheme, "http"):
		return hint.Wrap(errors.New("the scheme of the URL is http, and the password would be sent in plain text"), "Redis Enterprise serves its REST API as https: write https:// in the URL")
	case !strings.EqualFold(scheme, "https"):
		return hint.Wrap(errors.New("the scheme of the URL is not https"), apiURLHint)
	}
	if end := strings.LastIndexByte(rest, '@'); end >= 0 {
		var err error
		if a.User, a.Password, err = parseUserinfo(rest[:end]); err != nil {
			return err
		}
		rest = rest[end+1:]
	}
	if strings.Contains(rest, "#") {
		return hint.Wrap(errors.New("the URL has a fragment ('#')"), encodeHint)
	}
	rest, query, _ := strings.Cut(rest, "?")
	address, path, _ := strings.Cut(rest, "/")
	if path != "" {
		return hint.Wrap(errors.New("the URL has a path"), apiURLHint)
	}
	var err error
	if a.Address, err = parseHostPort(address, DefaultAPIPort, apiURLHint); err != nil {
		return err
	}
	return a.parseParameters(query)
}

func (a *API) parseParameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return hint.Wrap(errors.New("the parameters of the URL are not properly encoded"), encodeHint)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(apiParameters, key) {
			return hint.Wrap(fmt.Errorf("unknown parameter %s of the URL", showKey(key)),
				suggest(key, apiParameters, "the parameters are "+strings.Join(apiParameters, ", ")))
		}
		if len(values[key]) > 1 {
			return hint.Wrap(fmt.Errorf("parameter %s stands more than once in the URL", key), "give every parameter once")
		}
		if err := a.Password.set(key, values[key][0]); err != nil {
			return err
		}
	}
	return nil
}

// trusting completes the API's own settings of TLS with what was said for all regions. Whom to trust is taken as a
// whole: a pin for the endpoints beside an authority for the API would be demanded of the API as well. The name of
// the endpoints, and their client certificate, are not those of the API.
func (t TLS) trusting(general TLS) TLS {
	if t.CAFile == "" && len(t.Pins) == 0 && !t.Insecure && !t.Checked {
		t.CAFile, t.Pins, t.Insecure = general.CAFile, slices.Clone(general.Pins), general.Insecure
	}
	t.MinVersion = cmp.Or(t.MinVersion, general.MinVersion)
	return t
}

// apis reads the values of --api, or of its variable, by the names of their regions.
func apis(values []string, place string) (map[string]API, error) {
	found := map[string]API{}
	for _, value := range values {
		name, a, err := ParseAPIFlag(value)
		if err != nil {
			return nil, at(place, err)
		}
		if _, twice := found[name]; twice {
			return nil, at(place, hint.Wrap(fmt.Errorf("%s: a REST API of this region was given before", name), "a region is in one cluster: give one for each"))
		}
		a.Place = place
		found[name] = a
	}
	return found, nil
}

// manage gives the regions their APIs: for each of them the command line goes before the environment, and that before the
// file. One of no region is a mistake, and beside the lab, which has none, if it stands on the command line.
func (c *Config) manage(line, environment map[string]API) error {
	if c.Lab && len(line) > 0 {
		return hint.Wrap(errors.New("--api is given, and the lab has no REST API"), "leave it out, or give regions")
	}
	if len(c.Regions) == 0 {
		return nil
	}
	for _, given := range []map[string]API{environment, line} {
		for _, name := range slices.Sorted(maps.Keys(given)) {
			i := slices.IndexFunc(c.Regions, func(r Region) bool { return r.Name == name })
			if i < 0 {
				return at(given[name].Place, hint.Wrap(fmt.Errorf("%s: a REST API, and there is no region of this name", name), "an API is that of one of the regions: "+c.names()))
			}
			c.Regions[i].API = given[name]
		}
	}
	return nil
}

// names lists the regions.
func (c *Config) names() string {
	var names []string
	for _, r := range c.Regions {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}
