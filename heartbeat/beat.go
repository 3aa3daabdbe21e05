package heartbeat

import (
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Key returns the name of the heartbeat key that is written in a region to try a slot: the channel of both and ":beat", so
// that it hashes to the slot and lies under the prefix. See [slots.Channel].
func Key(prefix string, slot int, region string) string {
	return slots.Channel(prefix, slot, region) + ":beat"
}

// beat is what a heartbeat key holds. On the wire it is text, so that whoever comes across the key can read what it is:
//
//	aafb1 OBSERVER NUMBER TIME
//
// with the number in decimal, and the time at which it was written, by the clock of the observer, as RFC 3339 in UTC.
type beat struct {
	observer string
	number   uint64
}

const (
	beatMark    = "aafb1 "
	beatTime    = time.RFC3339Nano
	maxObserver = 32
	// maxBeat is the longest text of a beat: mark, observer, 20 digits, the time and two spaces.
	maxBeat = len(beatMark) + maxObserver + 1 + 20 + 1 + len(beatTime)
)

// text returns the beat as it is written at a time.
func (b beat) text(at time.Time) string {
	return beatMark + b.observer + " " + strconv.FormatUint(b.number, 10) + " " + at.UTC().Format(beatTime)
}

// parseBeat takes a text apart. It accepts only what text makes, but for the time, which is not looked at.
func parseBeat(text string) (beat, bool) {
	if len(text) > maxBeat {
		return beat{}, false
	}
	rest, marked := strings.CutPrefix(text, beatMark)
	observer, rest, named := strings.Cut(rest, " ")
	digits, _, timed := strings.Cut(rest, " ")
	if !marked || !named || !timed || !validObserver(observer) {
		return beat{}, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || strconv.FormatUint(number, 10) != digits {
		return beat{}, false
	}
	return beat{observer, number}, true
}

// validObserver tells whether a text can be the id of an observer: the rule of package probe.
func validObserver(id string) bool {
	odd := func(c rune) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '-' }
	return id != "" && len(id) <= maxObserver && !strings.ContainsFunc(id, odd)
}
