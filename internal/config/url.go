package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

const (
	flagHint   = "write --region NAME=URL, for example --region us=redis://user@redis.us.example:12000"
	urlHint    = "a URL is redis://[user[:password]@]host[:port][/database], or rediss:// for TLS; redis+sentinel://host/NAME asks a discovery service"
	ipv6Hint   = "write an IPv6 address in brackets, as in [::1]:6379"
	encodeHint = "in a URL, write '@' in a user or password as %40, '/' as %2F, '?' as %3F, '#' as %23 and '%' as %25, or use passwordFile or passwordEnv"
)

// ParseRegionFlag reads NAME=URL, the value of --region:
//
//	us=rediss://user:password@redis.us.example:12000/0?clustered=true&shards=3
//
// Everything but NAME, scheme and host can be left out. Where a discovery service tells the endpoint, it is
//
//	us=redis+sentinel://user:password@node1.us.example:8001,node2.us.example:8001/DATABASE
//
// with the name of the database, or of the primary in Sentinel, and perhaps, behind it, the number of a database. Parameters are passwordFile and passwordEnv, one of them in the
// place of a password, clustered and shards, with the meaning of the keys of a region in the file. The region is
// valid by itself; see [Region.Validate]. No error repeats what stands between "://" and the last "@" (that of @internal not counted).
func ParseRegionFlag(s string) (Region, error) {
	name, raw, ok := strings.Cut(s, "=")
	if !ok || strings.Contains(name, "://") {
		return Region{}, hint.Wrap(errors.New("a region is NAME=URL, and the name is missing"), flagHint)
	}
	r := Region{Name: name}
	if err := nameError(name); err != nil {
		return Region{}, hint.Wrap(err, cmp.Or(clutterAdvice(s), nameHint))
	}
	if err := r.parseURL(raw); err != nil {
		return Region{}, err
	}
	return r, r.Validate()
}

// parseURL is written by hand because net/url quotes what it cannot read, passwords included, and
// takes an unescaped '/' or '#' of a password for the end of the address. Here everything up to the last '@'
// is the user's, so that whatever is behind it can be shown.
func (r *Region) parseURL(raw string) error {
	if raw == "" {
		return r.refuse("is the variable set that the URL should come from?", "the URL is empty")
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return r.refuse(cmp.Or(clutterAdvice(raw), formAdvice(r.Name, raw)), "not a URL")
	}
	scheme, discovered := strings.CutSuffix(strings.ToLower(scheme), discoveryScheme)
	switch scheme {
	case "redis":
	case "rediss":
		r.TLS = true
	default:
		advice := schemeAdvice(scheme)
		if discovered {
			advice = discoveryHint
		}
		return r.refuse(cmp.Or(clutterAdvice(raw), advice), "the scheme of the URL is neither redis nor rediss")
	}
	if strings.Contains(rest, "://") {
		return r.refuse(severalHint, "there is a second URL in the URL")
	}
	internal := false
	if discovered {
		rest, internal = cutInternal(rest)
	}
	if end := strings.LastIndexByte(rest, '@'); end >= 0 {
		if err := r.parseUser(rest[:end]); err != nil {
			return err
		}
		rest = rest[end+1:]
	}
	if strings.Contains(rest, "#") {
		return r.refuse(encodeHint, "the URL has a fragment ('#')")
	}
	rest, query, _ := strings.Cut(rest, "?")
	address, path, _ := strings.Cut(rest, "/")
	if discovered {
		if err := r.parseDiscovery(address, path, internal); err != nil {
			return err
		}
		return r.parseParameters(query)
	}
	if err := r.parseAddress(address, DefaultPort); err != nil {
		return err
	}
	if err := r.parseDatabase(path); err != nil {
		return err
	}
	return r.parseParameters(query)
}

func (r *Region) parseUser(userinfo string) (err error) {
	r.User, r.Password, err = parseUserinfo(userinfo)
	return r.about(err)
}

// parseUserinfo takes what stands before the '@' of a URL. Its errors, and those of parseHostPort, do not name the region.
func parseUserinfo(userinfo string) (user string, secret Secret, err error) {
	user, password, hasPassword := strings.Cut(userinfo, ":")
	if strings.ContainsAny(userinfo, "/?#@") {
		return "", Secret{}, hint.Wrap(errors.New("the user or password of the URL has a character that must be encoded"), encodeHint)
	}
	if user == "" && !hasPassword {
		return "", Secret{}, hint.Wrap(errors.New("there is no user in front of the '@' of the URL"), "leave out the '@', or write user@ or :password@")
	}
	if hasPassword && password == "" {
		return "", Secret{}, hint.Wrap(errors.New("the password of the URL is empty"), "leave out the ':', or use passwordFile or passwordEnv")
	}
	user, errUser := url.PathUnescape(user)
	password, errPassword := url.PathUnescape(password)
	if errUser != nil || errPassword != nil {
		return "", Secret{}, hint.Wrap(errors.New("the user or password of the URL is not properly encoded"), encodeHint)
	}
	if hasPassword {
		secret = SecretOf(password)
	}
	return user, secret, nil
}

// parseAddress takes host or host:port, where standard stands for one that is missing.
func (r *Region) parseAddress(address string, standard int) (err error) {
	r.Address, err = parseHostPort(address, standard, urlHint)
	return r.about(err)
}

// parseHostPort takes host or host:port, where standard stands for one that is missing; form says how the whole URL looks.
func parseHostPort(address string, standard int, form string) (string, error) {
	host, port, hasPort := strings.Cut(address, ":")
	switch {
	case strings.HasPrefix(address, "["):
		inside, after, closed := strings.Cut(address[1:], "]")
		ip, err := netip.ParseAddr(strings.Replace(inside, "%25", "%", 1)) // '%' in front of a zone is encoded
		if !closed || err != nil || !ip.Is6() || after != "" && after[0] != ':' {
			return "", hint.Wrap(errors.New("the IPv6 address of the URL is not valid"), ipv6Hint)
		}
		host = ip.String()
		_, port, hasPort = strings.Cut(after, ":")
	case strings.Contains(address, ","):
		return "", hint.Wrap(errors.New("the URL has more than one address"), severalHint)
	case strings.Contains(port, ":"):
		return "", hint.Wrap(errors.New("the URL has more than one ':' in its address"), ipv6Hint)
	case host == "":
		return "", hint.Wrap(errors.New("the URL has no host"), form)
	case !isHostName(host):
		return "", hint.Wrap(errors.New("the host of the URL has a character that no host name has"), hostAdvice(host, form))
	}
	number := standard
	if hasPort {
		var err error
		if number, err = portNumber(port); err != nil {
			return "", err
		}
	}
	return net.JoinHostPort(host, strconv.Itoa(number)), nil
}

// isHostName accepts what resolvers accept: at most 253 letters, digits, '-', '_' and '.'.
func isHostName(host string) bool {
	return len(host) <= 253 && !strings.ContainsFunc(host, func(c rune) bool {
		return c > 'z' || !isAlphanumeric(c) && !strings.ContainsRune("-_.", c)
	})
}

// portNumber repeats nothing that could be a password: `redis://user:password` without a host looks like a port.
func portNumber(port string) (int, error) {
	if port == "" {
		return 0, hint.Wrap(errors.New("the URL has a ':' and no port behind it"), "give the port of the endpoint, or leave out the ':' for the usual one")
	}
	n, err := strconv.ParseUint(port, 10, 32)
	if err != nil {
		return 0, hint.Wrap(errors.New("the port of the URL is not a number"),
			hostAdvice(port, "a port is 1 to 65535; a password goes in front of an '@': redis://user:password@host"))
	}
	if n < 1 || n > 65535 {
		return 0, hint.Wrap(errors.New("the port of the URL is not between 1 and 65535"),
			"give the port of the endpoint, or leave it out for the usual one")
	}
	return int(n), nil
}

func (r *Region) parseParameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return r.refuse(encodeHint, "the parameters of the URL are not properly encoded")
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(parameters, key) {
			advice := cmp.Or(parameterAdvice()[strings.ToLower(key)], suggest(key, parameters, "the parameters are "+strings.Join(parameters, ", ")))
			return r.refuse(advice, "unknown parameter %s of the URL", showKey(key))
		}
		if len(values[key]) > 1 {
			return r.refuse("give every parameter once", "parameter %s stands more than once in the URL", key)
		}
		if err := r.set(key, values[key][0]); err != nil {
			return err
		}
	}
	return nil
}

// parameters are the settings of a region beside name and URL, in a URL and in the file alike. What runs a command, or
// says whom to trust, stands in no URL: those come from other programs too.
var parameters = []string{"passwordFile", "passwordEnv", "clustered", "shards"}

// set sets one of [parameters], or passwordCommand.
func (r *Region) set(key, value string) error {
	switch key {
	case "passwordFile", "passwordEnv", passwordCommandKey:
		return r.about(r.Password.set(key, value))
	case "clustered":
		clustered, err := strconv.ParseBool(value)
		if err != nil {
			return r.refuse("leave it out to let the region itself be asked", "clustered is neither true nor false")
		}
		r.Clustered = &clustered
	case "shards":
		n, err := strconv.Atoi(value)
		if err != nil {
			return r.refuse("shards is the number of shards of the region", "shards is not a number")
		}
		r.Shards = n
	}
	return nil
}

// refuse is an error about the region with a hint.
func (r *Region) refuse(advice, format string, args ...any) error {
	return hint.Wrap(fmt.Errorf("%s: "+format, append([]any{r.Name}, args...)...), advice)
}

// about puts the name of the region in front of an error.
func (r *Region) about(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", r.Name, err)
}
