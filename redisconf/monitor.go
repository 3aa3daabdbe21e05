package redisconf

import (
	"net"
	"slices"
	"strings"
	"time"
)

// Monitor is a primary that a Sentinel with these settings watches over.
type Monitor struct {
	Name    string
	Address string // host:port
	Line    int    // of the file; 0 where it was not read
	Quorum  int    // how many Sentinels have to hold it down
	// DownAfter is how long it has to be silent, FailoverTimeout how long an attempt may take, ParallelSyncs how many replicas
	// are pointed to the new primary at a time. Set are the names of those that the settings name: others are defaults.
	DownAfter, FailoverTimeout time.Duration
	ParallelSyncs              int
	Set                        map[string]bool
	// Replicas and Peers are the replicas and the other Sentinels that it has found, and has written into its file.
	Replicas, Peers []string
}

// The defaults of a Sentinel, as sentinel.c of Redis 7.0 has them.
const (
	defaultDownAfter       = 30 * time.Second
	defaultFailoverTimeout = 3 * time.Minute
	defaultParallelSyncs   = 1
)

// Monitors returns what a Sentinel with these settings watches over, in the order of the lines. A line that a Sentinel refuses
// says nothing.
func (c Config) Monitors() []Monitor {
	var monitors []Monitor
	at := map[string]int{}
	for _, d := range c.Lines("sentinel") {
		args := d.Args()
		if len(args) != 5 || lower(args[0]) != "monitor" {
			continue
		}
		at[args[1]] = len(monitors)
		monitors = append(monitors, Monitor{Name: args[1], Address: net.JoinHostPort(args[2], args[3]), Line: d.Line, Quorum: int(atoi(args[4])),
			DownAfter: defaultDownAfter, FailoverTimeout: defaultFailoverTimeout, ParallelSyncs: defaultParallelSyncs, Set: map[string]bool{}})
	}
	for _, d := range c.Lines("sentinel") {
		args := d.Args()
		if len(args) < 3 {
			continue
		}
		if i, ok := at[args[1]]; ok {
			monitors[i].set(lower(args[0]), args[2:])
		}
	}
	return monitors
}

func (m *Monitor) set(name string, args []string) {
	switch name {
	case "down-after-milliseconds":
		m.DownAfter = time.Duration(atoi(args[0])) * time.Millisecond
	case "failover-timeout":
		m.FailoverTimeout = time.Duration(atoi(args[0])) * time.Millisecond
	case "parallel-syncs":
		m.ParallelSyncs = int(atoi(args[0]))
	case "known-replica", "known-slave":
		if len(args) >= 2 {
			m.Replicas = append(m.Replicas, net.JoinHostPort(args[0], args[1]))
		}
	case "known-sentinel":
		if len(args) >= 3 {
			m.Peers = append(m.Peers, net.JoinHostPort(args[0], args[1]))
		}
	}
	m.Set[name] = true
}

// IsSentinel tells whether a text is the settings of a Sentinel rather than of a server: lines of it begin with sentinel, at least
// as many as those that say something to a server alone. A redis.conf into which one of them has strayed is none.
func IsSentinel(text string) bool {
	sentinels, servers := 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		name, _, err := first(strings.TrimLeft(line, blanks))
		if err != nil {
			continue
		}
		s, known := specs.Get()[lower(name)]
		switch {
		case lower(name) == "sentinel":
			sentinels++
		case known && !slices.Contains(ofSentinels, s.name) && !strings.HasPrefix(s.name, "tls-"):
			servers++
		}
	}
	return sentinels > 0 && sentinels >= servers
}
