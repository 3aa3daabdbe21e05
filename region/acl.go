package region

import (
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
)

// Use is what connections to a region are for; several can be joined with |.
type Use uint16

// The uses that an access rule can be asked for.
const (
	// ToProbe is to observe: ping, publish and subscribe.
	ToProbe Use = 1 << iota
	// ToBeat is to write heartbeat keys, and to read them.
	ToBeat
	// ToDrill is to be the application of a drill.
	ToDrill
	// ToInspect is to look before a drill whether it could do harm, and to keep other
	// drills out while it runs.
	ToInspect
	// ToWatch is to fence what a drill writes by WATCH and a transaction.
	ToWatch
	// ToWait is to wait until replicas have what a drill wrote.
	ToWait
	// ToCanary is to be the canary of a probe: it deletes nothing.
	ToCanary
	// ToRead is to ask servers how they are.
	ToRead
	// ToFailOver is to watch a failover inside one deployment, and to follow it.
	ToFailOver
	// ToCheck is to examine servers before anything fails. It writes, publishes and
	// subscribes nothing.
	ToCheck
	// ToVerify is to read what a service has written, whatever its keys are called. It writes nothing.
	ToVerify
	toDiscover // to ask a Sentinel where a database is
	toGuard    // to hear from a Sentinel of a failover
	toConsult  // to ask a Sentinel how it watches over a database
)

// permission is one command that may be sent. The table of them is the list that the
// guard enforces and the access rule (ACL) that the server needs: what is not in it
// can be neither sent nor granted.
type permission struct {
	command string // as access rules write it: "cluster|slots" is a subcommand
	allows  rule   // for its arguments
	uses    Use
	extra   extra // noExtra: without it the use is not possible
}

// extra is what a command gives that can be done without.
type extra uint8

const (
	noExtra    extra = iota
	noGrant          // every user may send it
	hashing          // proof that the region hashes as we do
	sharded          // sharded pub/sub
	otherThan0       // a database by number
	headroom         // how much of it is used, and what the limit is
	standing         // what servers say of themselves, but for the next
	settings         // a few of their settings
	deciding         // the settings that decide on a failover
	failing          // when a cluster holds a node down
	judged           // the settings that are judged
	functions        // the functions that a server has
	table            // its commands
	everyExtra       // their number
)

var extraGives = [everyExtra]string{
	hashing:    "proves that the region hashes channels as Redis Cluster does; without it that is assumed",
	sharded:    "sharded pub/sub (--pubsub sharded or auto), for Redis 7.0 and later; without it messages are published the classic way",
	otherThan0: "a database other than 0 in the URL",
	standing:   "tells what servers say of themselves (--vitals): replication, persistence, memory, what took long",
	settings:   "tells a few settings of theirs (--vitals); CONFIG GET cannot be granted for some settings only, and others may be secret",
	deciding:   "tells with drill --topology the settings that decide on a failover; CONFIG GET cannot be granted for some settings only, and others may be secret",
	failing:    "tells with drill --topology cluster when the nodes hold a primary down; without it that part of the RTO is not known",
	judged:     "tells the settings that check judges; CONFIG GET cannot be granted for some settings only, and others may be secret",
	functions:  "tells check the functions of Redis 7.0 and later, which are not replicated between regions; their code is compared, and not kept",
	table:      "tells drill app which commands of a service write, and which keys; without it, what Redis 7.0 has is assumed",
	headroom:   "tells before a drill whether its keys have room; without it that has to be accepted with --accept unknown-memory",
}

// withKeys are the uses that read or write keys, and ofRegion is all that are of a
// region itself: a discovery service is asked its one question, and is sent neither
// AUTH nor HELLO, which could carry a password.
const (
	withKeys = ToBeat | ToDrill | ToInspect | ToWatch | ToWait | ToCanary
	ofRegion = ToProbe | ToRead | ToFailOver | ToCheck | ToVerify | withKeys
)

var permissions = lazy.Value[[]permission]{Make: func() []permission {
	return []permission{
		{"auth", count(1, 2), ofRegion, noGrant},
		{"publish", publishRule, ToProbe, noExtra},
		{"subscribe", namesRule, ToProbe, noExtra},
		{"unsubscribe", unsubscribeRule, ToProbe, noExtra},
		{"ping", count(0, 1), ofRegion, noExtra},
		{"hello", count(0, 7), ofRegion, noExtra}, // version, AUTH user password, SETNAME name
		{"cluster|slots", count(0, 0), ToProbe | ToFailOver | ToCheck, noExtra},
		{"cluster|shards", count(0, 0), ToProbe | ToCheck, noExtra},
		{"set", setRule, withKeys, noExtra},
		{"get", nameRule, withKeys &^ ToCanary, noExtra},
		{"exists", namesRule, ToDrill | ToInspect | ToCanary, noExtra},
		{"del", namesRule, ToDrill | ToInspect, noExtra},
		{"get", count(1, 1), ToVerify, noExtra},
		{"hget", count(2, 2), ToVerify, noExtra},
		{"sismember", count(2, 2), ToVerify, noExtra},
		{"zscore", count(2, 2), ToVerify, noExtra},
		{"xrange", entryRule, ToVerify, noExtra},
		{"exists", count(1, 1), ToVerify, noExtra},
		{"command", count(0, 0), ToVerify, table},
		{"watch", namesRule, ToWatch, noExtra},
		{"unwatch", count(0, 0), ToWatch, noExtra},
		{"multi", count(0, 0), ToWatch, noExtra},
		{"exec", count(0, 0), ToWatch, noExtra},
		{"wait", waitRule, ToWait, noExtra},
		{"cluster|info", count(0, 0), ToCheck, noExtra},
		{"cluster|nodes", count(0, 0), ToCheck, noExtra},
		{"info", everythingRule, ToCheck, noExtra},
		{"role", count(0, 0), ToCheck, noExtra},
		{"latency|latest", count(0, 0), ToCheck, noExtra},
		{"time", count(0, 0), ToCheck, noExtra},
		{"cluster|keyslot", nameRule, ToProbe | ToCheck, hashing},
		{"spublish", publishRule, ToProbe, sharded},
		{"ssubscribe", namesRule, ToProbe, sharded},
		{"sunsubscribe", unsubscribeRule, ToProbe, sharded},
		{"select", count(1, 1), withKeys, otherThan0},
		{"info", memoryRule, ToInspect, headroom},
		{"info", everythingRule, ToRead, standing},
		{"role", count(0, 0), ToFailOver, noExtra},
		{"command", count(0, 0), ToFailOver, noExtra},  // go-redis asks a cluster again before each write until it is told
		{"readonly", count(0, 0), ToFailOver, noExtra}, // a replica of a cluster is read from
		{"cluster|nodes", count(0, 0), ToFailOver, failing},
		{"config|get", decidingRule, ToFailOver, deciding},
		{"role", count(0, 0), ToRead, standing},
		{"latency|latest", count(0, 0), ToRead, standing},
		{"config|get", settingRule, ToRead, settings},
		{"config|get", judgedRule, ToCheck, judged},
		{"function|list", codeRule, ToCheck, functions},
		{"sentinel|get-master-addr-by-name", count(1, 1), toDiscover, noExtra},
		{"sentinel|master", count(1, 1), toGuard | toConsult, noExtra},
		{"sentinel|replicas", count(1, 1), toGuard | toConsult, noExtra},
		{"sentinel|sentinels", count(1, 1), toGuard | toConsult, noExtra},
		{"sentinel|myid", count(0, 0), toConsult, noExtra},
		{"hello", count(0, 1), toGuard, noExtra}, // no password
		{"ping", count(0, 1), toGuard, noExtra},
		{"subscribe", signsRule, toGuard, noExtra},
	}
}}

// Access is what a user of a region must be granted for a use, in the rules of
// ACL SETUSER.
type Access struct {
	// Rules are what the use is not possible without: the keys and the channels under
	// the prefix, and the commands.
	Rules []string
	// Extras are what it is poorer without.
	Extras []Extra
}

// Extra is some rules that belong together.
type Extra struct {
	Rules []string
	Gives string // what they give, for people
}

// AccessFor returns the access that the uses need under a prefix. Whoever does
// anything but check also probes.
func AccessFor(uses Use, prefix string) Access {
	if uses != ToCheck {
		uses |= ToProbe
	}
	var a Access
	switch {
	case uses&ToVerify != 0:
		a.Rules = append(a.Rules, "resetkeys", "~*")
	case uses&withKeys != 0:
		a.Rules = append(a.Rules, "resetkeys", "~"+prefix+":*")
	}
	a.Rules = append(a.Rules, "resetchannels")
	if uses&ToProbe != 0 {
		a.Rules = append(a.Rules, "&"+prefix+":*")
	}
	a.Rules = append(a.Rules, grants(uses, noExtra)...)
	for e := noGrant + 1; e < everyExtra; e++ {
		if rules := grants(uses, e); len(rules) > 0 {
			a.Extras = append(a.Extras, Extra{Rules: rules, Gives: extraGives[e]})
		}
	}
	return a
}

// grants are the commands for an extra, or those that a use is not possible without.
func grants(uses Use, e extra) []string {
	var rules []string
	for _, p := range permissions.Get() {
		if p.uses&uses != 0 && p.extra == e {
			rules = append(rules, "+"+p.command)
		}
	}
	return rules
}

// Rule is the rules in one line, as the ACL of a role or a user takes them.
func (a Access) Rule() string { return strings.Join(a.Rules, " ") }
