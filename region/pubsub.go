package region

import (
	"fmt"

	"github.com/aafailover/aafailover/internal/hint"
)

// PubSub is how messages are published and subscribed to.
type PubSub uint8

// The ways of --pubsub.
const (
	// Classic is PUBLISH and SUBSCRIBE. In an open-source cluster each message is
	// broadcast to every node, and says nothing about a shard.
	Classic PubSub = iota
	// Sharded is SPUBLISH and SSUBSCRIBE, of Redis 7 and later: a message stays in
	// the shard that owns the channel. Whether it crosses regions is a property
	// of the deployment.
	Sharded
	// Auto is whichever of the two ChoosePubSub finds to fit.
	Auto
)

var pubSubWords = []string{Classic: "classic", Sharded: "sharded", Auto: "auto"}

// String is the word of --pubsub.
func (p PubSub) String() string {
	if int(p) < len(pubSubWords) {
		return pubSubWords[p]
	}
	return fmt.Sprintf("PubSub(%d)", uint8(p))
}

// MarshalText is String.
func (p PubSub) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText takes "classic", "sharded" or "auto".
func (p *PubSub) UnmarshalText(text []byte) error {
	for i, word := range pubSubWords {
		if word == string(text) {
			*p = PubSub(i)
			return nil
		}
	}
	return hint.Wrap(fmt.Errorf("pubsub %q: neither classic, sharded nor auto", text),
		"auto tries both and says which it uses; sharded takes Redis 7 or later in every region")
}

// wording is the commands of a way, and what a server calls its messages.
type wording struct {
	publish, subscribe                string
	message, subscribed, unsubscribed string
}

func (p PubSub) words() *wording {
	if p == Sharded {
		return &shardedWords
	}
	return &classicWords
}

var (
	classicWords = wording{publish: "PUBLISH", subscribe: "SUBSCRIBE", message: "message", subscribed: "subscribe", unsubscribed: "unsubscribe"}
	shardedWords = wording{publish: "SPUBLISH", subscribe: "SSUBSCRIBE", message: "smessage", subscribed: "ssubscribe", unsubscribed: "sunsubscribe"}
)
