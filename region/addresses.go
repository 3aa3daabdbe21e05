package region

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// Addresses says how the addresses that a cluster announces for its shards are
// used. Clusters announce what their own nodes call each other, which from
// elsewhere may lead nowhere, or through a translation. The zero value uses them
// as they are; [ParseAddresses] makes others.
//
// A certificate is checked against the host of the address that is used, not of
// the one that was announced; see config.TLS.
type Addresses struct {
	use   usage
	rules []addressRule // those with a port first
}

type usage uint8

const (
	announced usage = iota
	seedHost
	mapped
)

// usages are the words of --cluster-addresses.
var usages = []string{announced: "announced", seedHost: "seed-host", mapped: "map"}

// addressRule replaces one announced address, or all of one host.
type addressRule struct {
	text           string // as it was given
	host, port     string // canonical; port is "": any
	toHost, toPort string // toPort is "": as announced
}

const (
	usageHint = "announced: as they are; seed-host: the host of the region's URL with the announced port; map: by the rules of --address-map"
	ruleHint  = "a rule is FROM=TO, each a host or host:port, for example 10.0.0.7:7000=localhost:17000 or 10.0.0.7=node7.example; write an IPv6 address in brackets"
)

// ParseAddresses takes the value of --cluster-addresses, "announced", "seed-host"
// or "map", where "" is "announced", and the values of --address-map, FROM=TO
// each or several of them with commas between, of which one or more imply "map". A rule with a port counts before one
// that is for the whole host. What no rule is for is used as it is announced. A TO
// without a port keeps the announced one.
func ParseAddresses(use string, rules []string) (Addresses, error) {
	word := cmp.Or(use, usages[announced])
	i := slices.Index(usages, word)
	switch {
	case i < 0:
		return Addresses{}, hint.Wrap(fmt.Errorf("cluster-addresses %q: neither announced, seed-host nor map", use), usageHint)
	case usage(i) == seedHost && len(rules) > 0:
		return Addresses{}, hint.Wrap(errors.New("both cluster-addresses seed-host and an address-map are given"), "give one of them")
	case usage(i) == mapped && len(rules) == 0:
		return Addresses{}, hint.Wrap(errors.New("cluster-addresses map: no rule is given"), "give --address-map FROM=TO; "+ruleHint)
	case len(rules) == 0:
		return Addresses{use: usage(i)}, nil
	}
	a := Addresses{use: mapped}
	// A variable, or a list of the file, is one value with commas in it.
	for _, text := range strings.Split(strings.Join(rules, ","), ",") {
		r, err := parseRule(text)
		if err != nil {
			return Addresses{}, hint.Wrap(fmt.Errorf("address-map %q: %w", text, err), ruleHint)
		}
		if same := slices.IndexFunc(a.rules, func(o addressRule) bool { return o.host == r.host && o.port == r.port }); same >= 0 {
			return Addresses{}, hint.Wrap(fmt.Errorf("address-map %q: there is %q for the same address", text, a.rules[same].text), "give one rule for each address")
		}
		a.rules = append(a.rules, r)
	}
	slices.SortStableFunc(a.rules, func(x, y addressRule) int { return cmp.Compare(min(len(y.port), 1), min(len(x.port), 1)) })
	return a, nil
}

// String is the word of --cluster-addresses.
func (a Addresses) String() string { return usages[a.use] }

func parseRule(text string) (addressRule, error) {
	from, to, ok := strings.Cut(text, "=")
	if !ok {
		return addressRule{}, errors.New("there is no '='")
	}
	r := addressRule{text: text}
	var err error
	if r.host, r.port, err = splitAddress(from); err != nil {
		return addressRule{}, fmt.Errorf("in front of the '=': %w", err)
	}
	if r.toHost, r.toPort, err = splitAddress(to); err != nil {
		return addressRule{}, fmt.Errorf("behind the '=': %w", err)
	}
	r.host = canonicalHost(r.host)
	return r, nil
}

// splitAddress takes host, host:port, [IPv6] or [IPv6]:port.
func splitAddress(address string) (host, port string, err error) {
	host = address
	if inside, ok := strings.CutPrefix(address, "["); ok && strings.HasSuffix(address, "]") {
		host = strings.TrimSuffix(inside, "]")
	} else if strings.Contains(address, ":") {
		if host, port, err = net.SplitHostPort(address); err != nil {
			return "", "", errors.New("not a host, and not host:port")
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", "", errors.New("the port is not a number from 1 to 65535")
		}
	}
	_, notIP := netip.ParseAddr(host)
	if host == "" || notIP != nil && strings.ContainsAny(host, " /[]:@=") {
		return "", "", errors.New("not a host, and not host:port")
	}
	return host, port, nil
}

// canonicalHost is a host in the form in which two are compared.
func canonicalHost(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// Used returns the address to connect to for an announced one. seed is host:port
// of the server that announced it.
func (a Addresses) Used(address, seed string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	switch a.use {
	case seedHost:
		return net.JoinHostPort(hostOf(seed), port)
	case mapped:
		if r, ok := a.ruleFor(host, port); ok {
			return r.target(port)
		}
	}
	return address
}

// located returns the address to connect to for what a discovery service has
// answered. That is no announcement of a shard: only a rule replaces it.
func (a Addresses) located(address string) string {
	if a.use != mapped {
		return address
	}
	return a.Used(address, "")
}

// ruleFor returns the rule for an announced address.
func (a Addresses) ruleFor(host, port string) (addressRule, bool) {
	host = canonicalHost(host)
	for _, r := range a.rules {
		if r.host == host && (r.port == "" || r.port == port) {
			return r, true
		}
	}
	return addressRule{}, false
}

func (r addressRule) target(port string) string {
	return net.JoinHostPort(r.toHost, cmp.Or(r.toPort, port))
}

// apply puts the address to be used in the place of each that is announced. Two
// shards that come to lie at one address are ErrConfiguration: what is published
// for one would go to the other.
func (a Addresses) apply(shards []slots.Shard, seed string) error {
	if a.use == announced {
		return nil
	}
	from := make(map[string]string, len(shards)) // announced, by the address used
	for i := range shards {
		was := shards[i].Address
		shards[i].Address = a.Used(was, seed)
		if other, taken := from[shards[i].Address]; taken && other != was {
			return hint.Wrap(misconfiguration{fmt.Errorf("the shards announced at %s and %s would both be at %s", other, was, shards[i].Address)},
				"this is what cluster-addresses "+a.String()+" makes of them: give each an address of its own with --address-map FROM=TO")
		}
		from[shards[i].Address] = was
	}
	return nil
}

// origin returns the rule that leads to an address, "" when none does.
func (a Addresses) origin(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	for _, r := range a.rules {
		if canonicalHost(r.toHost) == canonicalHost(host) && (r.toPort == "" || r.toPort == port) {
			return r.text
		}
	}
	return ""
}

// addressHint is for an address that is not of the configuration and that was
// never reached, where the endpoint that named it was.
func (d *door) addressHint(address string, cause probe.Cause) string {
	switch cause {
	case probe.Refused, probe.Timeout, probe.Unreachable, probe.NameNotFound:
	default:
		return ""
	}
	if d.reached.has(address) {
		return ""
	}
	return d.originHint(address)
}

// originHint says where an address comes from that is not of the configuration, and what to do where it is wrong; "" for one
// that is.
func (d *door) originHint(address string) string {
	if address == d.region.Address || slices.Contains(d.region.Discovery, address) {
		return ""
	}
	name := d.region.Name
	if rule := d.addresses.origin(address); rule != "" {
		return fmt.Sprintf("this address comes from --address-map %s: check what it should be", rule)
	}
	switch d.addresses.use {
	case seedHost:
		return "this is the host of the URL with the port that region " + name + " announces for a shard (--cluster-addresses seed-host): " +
			"if the shards are elsewhere, use --cluster-addresses announced, or --address-map FROM=TO"
	case mapped:
		return "region " + name + " announces this address, and no --address-map is for it: add one, FROM=TO"
	}
	return "region " + name + " announces this address, and it cannot be reached from here: " +
		"--cluster-addresses seed-host takes the host of the URL instead, --address-map FROM=TO (--cluster-addresses map) any other, and announced stays with it; " +
		"Redis Enterprise announces internal addresses until rladmin tune db db:ID oss_cluster_api_preferred_ip_type external"
}
