package topology

import (
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/slots"
)

// node is a line of CLUSTER NODES:
//
//	ID HOST:PORT@BUS[,NAME] FLAGS PRIMARY PING PONG EPOCH LINK [SLOT | FIRST-LAST | [MIGRATION]]…
type node struct {
	addr    string // host:port
	myself  bool
	opinion string // one of the Peer words
	epoch   int64
	slots   []slots.Range
}

// nodeFields is the number of fields before the slots.
const nodeFields = 8

// parseNodes reads CLUSTER NODES. What is no such line is left out.
func parseNodes(text string) []node {
	var all []node
	for line := range strings.Lines(text) {
		if n, ok := parseNode(strings.Fields(line)); ok {
			all = append(all, n)
		}
	}
	return all
}

func parseNode(fields []string) (n node, ok bool) {
	if len(fields) < nodeFields {
		return n, false
	}
	var err error
	if n.epoch, err = strconv.ParseInt(fields[6], 10, 64); err != nil {
		return n, false
	}
	n.addr, _, _ = strings.Cut(fields[1], "@")
	n.opinion = PeerOK
	for flag := range strings.SplitSeq(fields[2], ",") {
		switch flag {
		case "myself":
			n.myself = true
		case "fail?":
			n.opinion = PeerSuspected
		case "fail":
			n.opinion = PeerFailed
		case "handshake", "noaddr":
			n.opinion = PeerUnknown
		}
	}
	for _, field := range fields[nodeFields:] {
		if r, ok := parseRange(field); ok {
			n.slots = append(n.slots, r)
		}
	}
	return n, true
}

// parseRange reads "7" or "0-5460"; slots that migrate are neither.
func parseRange(text string) (slots.Range, bool) {
	first, last, several := strings.Cut(text, "-")
	if !several {
		last = first
	}
	a, err := strconv.Atoi(first)
	if err != nil {
		return slots.Range{}, false
	}
	b, err := strconv.Atoi(last)
	if err != nil || a < 0 || b < a || b >= slots.Count {
		return slots.Range{}, false
	}
	return slots.Range{First: a, Last: b}, true
}
