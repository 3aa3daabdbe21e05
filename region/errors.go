package region

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/internal/handshake"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/neterror"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// Error says what was being done, to which region and address, and why it did
// not work.
type Error struct {
	Region  string
	Address string // host:port
	Action  string // "connect", "subscribe", …
	Err     error  // without the password, also where a server repeats it
	// Announced says that the region announced this address, or a rule led to it, and that no connection to it was ever
	// made: it may be the wrong one.
	Announced bool
}

// Error returns `us (10.0.0.1:6379): subscribe: connection refused`.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (%s): %s: %s", e.Region, e.Address, e.Action, short(e.Err))
}

// Unwrap returns the cause of the error.
func (e *Error) Unwrap() error { return e.Err }

// fail makes the error for an action at an address of the region, with the
// hints that fit.
func (d *door) fail(address, action string, err error) error {
	var already *Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	if text, ok := serverText(err); ok && text != presentable(text) {
		err = resp.ServerError(presentable(text))
	}
	e := &Error{Region: d.region.Name, Address: address, Action: action, Err: err}
	e.Announced = d.addressHint(address, CauseOf(err)) != ""
	return hint.Wrap(e, d.hintFor(address, action, err))
}

// mostText is how much of a server's error is shown, in bytes.
const mostText = 300

// presentable is the text of an error reply as people may see it: without the
// arguments that an unknown command is answered with, which of AUTH are the
// password.
func presentable(text string) string {
	text, _, _ = strings.Cut(text, ", with args beginning with")
	text, _, _ = strings.Cut(text, " because protected mode is enabled") // and 800 bytes on how to end that
	return words.Printable(text, mostText)
}

// short is the text of an error without the operation and the addresses that
// package net puts before it: they stand in the Error already.
func short(err error) string {
	switch {
	case isSecret(err):
		return err.Error()
	case isTLS(err):
		return handshake.Text(err)
	case errors.Is(err, redis.ErrPoolTimeout):
		return "no answer in time"
	}
	return neterror.Text(err)
}

// The actions of a handshake, as errors name them; hints depend on them.
const (
	connecting     = "connect"
	encrypting     = "TLS handshake"
	authenticating = "authenticate"
	greeting       = "ping"
	askingSlot     = "ask for the slot of a channel"
	askingMemory   = "ask for its memory"
	readingVitals  = "read its vitals"
)

// hintFor returns what the user can do about an error, or "". What is known of a host and its port counts more than how
// what listens there behaves, except for a server that gives a reason of its own.
func (d *door) hintFor(address, action string, err error) string {
	switch cause := CauseOf(err); cause {
	case probe.Refused, probe.Timeout, probe.Unreachable, probe.Reset, probe.TLS, probe.Protocol, probe.ServerRefused:
		if advice := d.placeHint(address, action, cause); advice != "" {
			return advice
		}
	}
	return d.hintByBehaviour(address, action, err)
}

// hintByBehaviour is hintFor by what the other side did alone.
func (d *door) hintByBehaviour(address, action string, err error) string {
	var foreign *resp.ProtocolError
	switch {
	case action == locating:
		return d.discoveryHint(err)
	case strings.HasPrefix(action, readingVitals) && CauseOf(err) == probe.Permission:
		return "to have it told: ACL SETUSER " + d.user() + " " + strings.Join(append(grants(ToRead, standing), grants(ToRead, settings)...), " ")
	case strings.HasPrefix(action, readingVitals) && CauseOf(err) == probe.ServerRefused:
		return "this server does not have it: what it would tell stays unknown"
	case errors.Is(err, errNoCluster):
		return "" // Discover says what to do
	case protectedMode(err):
		return "the server has no password and takes only its own machine: give its user one (requirepass, or ACL SETUSER), or run this there"
	case speaksTLS(err):
		return "this port speaks TLS: use rediss:// in the URL"
	case handshake.IsPlain(err):
		return "this port does not speak TLS: use redis:// in the URL"
	case errors.As(err, &foreign) && (action == greeting || action == authenticating) && d.originHint(address) != "":
		return d.originHint(address) // somebody else has this address here
	case errors.As(err, &foreign) && foreign.Looks != "":
		return fmt.Sprintf("an %s server listens here: check the port of the URL", foreign.Looks)
	case errors.As(err, &foreign) && (action == greeting || action == authenticating):
		return "no Redis server listens here: check the host and the port of the URL"
	case errors.As(err, &foreign):
		return "what answers here does not behave as a Redis server does: check the host and the port of the URL"
	case errors.Is(err, errNoSlots):
		return "a cluster has to be created before it can be used: redis-cli --cluster create"
	case errors.Is(err, errForbidden):
		return "nothing was sent; this is a mistake in aafailover, please report it"
	}
	cause := CauseOf(err)
	name := d.region.Name
	if advice := d.addressHint(address, cause); advice != "" {
		return advice
	}
	switch cause {
	case probe.TLS:
		return handshake.Hint(err, name)
	case probe.NameNotFound:
		return "check the host name of region " + name + ", and the DNS of this machine"
	case probe.Permission:
		if action == askingSlot {
			return "that the region hashes channels as Redis Cluster does is assumed; to have it proven: ACL SETUSER " + d.user() + " " + strings.Join(grants(d.uses, hashing), " ")
		}
		if action == askingMemory {
			return "to have it told: ACL SETUSER " + d.user() + " " + strings.Join(grants(d.uses, headroom), " ")
		}
		return "grant what is missing: ACL SETUSER " + d.user() + " " + d.grant()
	case probe.Authentication:
		return d.authenticationHint(err)
	case probe.MaxClients:
		return "the server has no connection left: raise its maxclients or close clients"
	case probe.Moved:
		if c := d.region.Clustered; c != nil && !*c {
			return "the region is a cluster: leave out clustered=false, so that its shards are found"
		}
		return "the slots have moved since they were read: the cluster is resharded, or a shard has failed over"
	case probe.Loading:
		return "the server reads its data from the disk: wait until it is done"
	case probe.ClusterDown:
		return "the cluster refuses to serve: look at its state with CLUSTER INFO in region " + name
	case probe.ServerRefused:
		if action == greeting || action == authenticating {
			return "what answers here refuses even this: check the host and the port of the URL, and the log of the server"
		}
		return "the server does not take this command: check that the URL leads to a database, and look at the log of the server"
	}
	return d.silenceHint(action, cause)
}

// silenceHint is for peers that do not answer in a way that tells what they are.
func (d *door) silenceHint(action string, cause probe.Cause) string {
	switch {
	case action == connecting && cause == probe.Refused:
		return "nothing listens there: check the host and the port, and that the server runs"
	case action == connecting && (cause == probe.Timeout || cause == probe.Unreachable):
		return "check the host, and the firewalls between here and it"
	case action == encrypting && cause != probe.NoCause:
		return "if this port does not speak TLS, use redis:// in the URL"
	case d.security != nil && (action == greeting || action == authenticating) && cause == probe.Reset:
		return "the connection was closed before the first answer: look at the log of the server, and whether it wants a client certificate (--tls-cert)"
	case d.security != nil && (action == greeting || action == authenticating) && cause == probe.Timeout:
		return "something listens there but does not answer as Redis does: check the host and the port of the URL"
	case action == greeting && cause == probe.Timeout, action == authenticating && cause == probe.Timeout:
		return "something listens there and is silent: a server that hangs or is stopped, or another one: check the port, and rediss:// if it speaks TLS"
	case action == greeting && cause == probe.Reset, action == authenticating && cause == probe.Reset:
		return "the connection was closed before the first answer: if this port speaks TLS, use rediss:// in the URL"
	case cause == probe.Timeout:
		return "it was connected and does not answer now: look at its load, and at the network between here and it"
	case cause == probe.Reset:
		return "the connection was closed in the middle: look at the log of the server"
	}
	return ""
}

func (d *door) authenticationHint(err error) string {
	text, _ := serverText(err)
	switch {
	case isSecret(err):
		return "" // the error of package config carries its own
	case strings.Contains(text, "without any password configured"), strings.Contains(text, "no password is set"):
		return "the default user of the server has no password: leave it out of the configuration of region " + d.region.Name + ", or name the user that it is for: redis://USER@HOST:PORT"
	case d.region.Password.IsZero() && d.region.User == "":
		return "the server wants a password, and perhaps a user: put it into passwordFile or passwordEnv of region " + d.region.Name + ", as in redis://USER@HOST:PORT?passwordEnv=VARIABLE"
	case d.region.Password.IsZero():
		return "user " + d.user() + " has no password here: put it into passwordFile or passwordEnv of region " + d.region.Name + ", as in redis://USER@HOST:PORT?passwordEnv=VARIABLE"
	}
	return "check the user and the password of region " + d.region.Name
}

// user is the name of the user, for ACL SETUSER.
func (d *door) user() string { return words.Printable(cmp.Or(d.region.User, "default"), mostText) }

// grant is the access rule that lets a user do what is done here as well. It takes
// nothing away: the user may be one of other programs, too.
func (d *door) grant() string {
	rules := AccessFor(d.uses, d.prefix).Rules
	rules = slices.DeleteFunc(rules, func(rule string) bool { return strings.HasPrefix(rule, "reset") })
	if d.pubsub != Classic {
		rules = append(rules, grants(d.uses, sharded)...)
	}
	if d.region.Database != 0 {
		rules = append(rules, grants(d.uses, otherThan0)...)
	}
	return strings.Join(rules, " ")
}
