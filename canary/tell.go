package canary

import (
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// tell tells what has become of incidents since the last call.
func (c *Canary) tell() {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.mu.Lock()
	changed := c.book.settle(c.now())
	c.mu.Unlock()
	for i := range changed {
		one := &changed[i]
		c.config.OnEvent(probe.Event{At: time.Now(), Kind: EventIncident, From: c.names[one.From], To: c.names[one.To], Shard: -1, Slot: -1,
			State: string(one.stage), Detail: one.sentence(one.stage)}, one.Incident)
	}
}

// sentence says in words what an incident has come to.
func (i *Incident) sentence(stage Stage) string {
	from, to := i.Maps[i.From].Region, i.Maps[i.To].Region
	switch stage {
	case FailedOver:
		text := fmt.Sprintf("an application would write in %s now (%s)", to, i.Why)
		if silence, known := i.Silence(); known {
			text += fmt.Sprintf(", %v after the last write that %s acknowledged where it fails", silence.Round(time.Millisecond), from)
		}
		return text + ": " + notReadable(i.Missed()) + " there" + unread(i.Unread)
	case Returned:
		return fmt.Sprintf("an application would write in %s now: %s there%s", i.Maps[i.Return.To].Region, notReadable(i.Return.Missing), unread(i.Return.Unread))
	}
	var parts []string
	for fate, n := range i.Fates {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %v", n, drill.Fate(fate)))
		}
	}
	return fmt.Sprintf("of the writes that were missed in %s: %s", to, strings.Join(parts, ", "))
}

// notReadable says how many acknowledged writes are not readable.
func notReadable(n int) string {
	switch n {
	case 0:
		return "no acknowledged canary write is missing"
	case 1:
		return "1 acknowledged canary write is not readable"
	}
	return fmt.Sprintf("%d acknowledged canary writes are not readable", n)
}

func unread(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d could not be looked for", n)
}
