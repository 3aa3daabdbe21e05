package recorder

import "github.com/aafailover/aafailover/commands"

// kind is what a command does to how replies are paired with requests.
type kind uint8

// The kinds. Most commands are ordinary: one request, one reply.
const (
	ordinary kind = iota

	multi   // opens a transaction: what follows is answered with QUEUED
	exec    // carries it out: one reply that has those of all
	discard // gives it up
	reset   // gives everything up that a connection can be in
	monitor // is followed by lines that nobody asked for

	replication // what follows is no RESP
	silence     // no command: where the service asked for silence, an error may come

	// Subscriptions are answered once for each channel.
	subscribe
	subscribePattern
	subscribeShard
	unsubscribe
	unsubscribePattern
	unsubscribeShard

	// The replies to these name addresses.
	clusterSlots
	clusterShards
	clusterNodes
	clusterReplicas
	sentinelAddress
	sentinelNode
	sentinelNodes
)

// confirmed tells whether it is answered once for each channel.
func (k kind) confirmed() bool { return k >= subscribe && k <= unsubscribeShard }

// queues tells whether it may be queued for EXEC.
func (k kind) queues() bool { return k < multi || k > reset }

// locates tells whether the reply names addresses.
func (k kind) locates() bool { return k >= clusterSlots }

// longestWord is that of all that kinds are told by, in bytes.
const longestWord = 32

// lowered writes a word in lower case into a; a longer one is none.
func lowered(a *[longestWord]byte, word []byte) []byte {
	if len(word) > len(a) {
		return nil
	}
	for i, c := range word {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		a[i] = c
	}
	return a[:len(word)]
}

// kindOf tells the kind of a request, by its first words.
func kindOf(args []commands.Argument) kind {
	var a [longestWord]byte
	switch string(lowered(&a, args[0].Text)) {
	case "multi":
		return multi
	case "exec":
		return exec
	case "discard":
		return discard
	case "reset":
		return reset
	case "monitor":
		return monitor
	case "sync", "psync":
		return replication
	case "cluster":
		return clusterKind(args)
	case "sentinel":
		return sentinelKind(args)
	}
	return confirmation(a[:min(len(args[0].Text), len(a))])
}

// confirmation tells the kind of a subscription by its name, or by the word with which its confirmations begin.
func confirmation(word []byte) kind {
	switch string(word) {
	case "subscribe":
		return subscribe
	case "psubscribe":
		return subscribePattern
	case "ssubscribe":
		return subscribeShard
	case "unsubscribe":
		return unsubscribe
	case "punsubscribe":
		return unsubscribePattern
	case "sunsubscribe":
		return unsubscribeShard
	}
	return ordinary
}

func clusterKind(args []commands.Argument) kind {
	if len(args) < 2 {
		return ordinary
	}
	var a [longestWord]byte
	switch string(lowered(&a, args[1].Text)) {
	case "slots":
		return clusterSlots
	case "shards":
		return clusterShards
	case "nodes":
		return clusterNodes
	case "replicas", "slaves":
		return clusterReplicas
	}
	return ordinary
}

func sentinelKind(args []commands.Argument) kind {
	if len(args) < 2 {
		return ordinary
	}
	var a [longestWord]byte
	switch string(lowered(&a, args[1].Text)) {
	case "get-master-addr-by-name", "get-primary-addr-by-name":
		return sentinelAddress
	case "master", "primary":
		return sentinelNode
	case "masters", "primaries", "replicas", "slaves", "sentinels":
		return sentinelNodes
	}
	return ordinary
}

// secretIn returns from which word on the words of a command are, or may be, secrets, by its name.
func secretIn(name []byte) int {
	var a [longestWord]byte
	switch string(lowered(&a, name)) {
	case "auth", "hello", "migrate":
		return 1
	case "acl", "config", "sentinel":
		return 2
	}
	return mostWords
}
