package redisconf

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/lazy"
)

// Server is what is to be said of a server beside its profile.
type Server struct {
	Profile string
	// Replicas are how many follow it, or follow the primary that it may become; 0 for none.
	Replicas int
	// MaxMemory is how much its keys may take, such as 4gb; "" leaves it without a limit.
	MaxMemory string
}

// mostReplicas bounds Replicas: more of one primary are a slip of the pen.
const mostReplicas = 100

// Settings returns the profile with what is said, each directive with its reason. Errors: ErrNoProfile; replicas or memory that
// cannot be.
func (s Server) Settings() (Config, error) {
	c, err := Profile(s.Profile)
	if err != nil {
		return Config{}, err
	}
	if s.Replicas < 0 || s.Replicas > mostReplicas {
		return Config{}, fmt.Errorf("replicas %d: must be 0 to %d", s.Replicas, mostReplicas)
	}
	if s.Replicas > 0 {
		least, why := s.leastReplicas()
		c = c.because(why, "min-replicas-to-write", strconv.Itoa(least))
	}
	if s.MaxMemory != "" {
		const least = 1 << 20
		n, ok := Size(s.MaxMemory)
		if !ok || n < least {
			return Config{}, fmt.Errorf("maxmemory %s: must be a size of 1mb or more, such as 4gb", s.MaxMemory)
		}
		c = c.because("Refuse writes beyond this, rather than have the kernel end the server. Leave room on the machine for what is not counted:\n"+
			"the copies that a fork makes while a snapshot is saved, output buffers of replicas, and fragmentation; a third is a good start.", "maxmemory", s.MaxMemory)
	}
	return c, nil
}

// leastReplicas is how many replicas must be there for a write, and why.
func (s Server) leastReplicas() (int, string) {
	switch {
	case s.Profile == LowLatency:
		return 0, "Acknowledge writes whether replicas are there or not: none is refused, and those that no replica has got are lost with the\nprimary."
	case s.Profile == MaxDurability && s.Replicas == 1:
		return 1, "Refuse writes while the one replica is away, or more than min-replicas-max-lag seconds behind: nothing is acknowledged that\n" +
			"stands in one place alone for longer than that. When the replica is lost, so are writes; a second replica would spare that."
	case s.Replicas == 1:
		return 0, "With one replica, go on without it: 1 would refuse every write as soon as the replica is lost. A primary that is cut off from\n" +
			"everybody goes on to take writes, which are lost when it returns; a second replica, and 1 here, would end that."
	case s.Profile == MaxDurability:
		return s.Replicas - 1, fmt.Sprintf("Refuse writes unless %d of the %d replicas are there, and at most min-replicas-max-lag seconds behind: one may be lost.", s.Replicas-1, s.Replicas)
	}
	return 1, fmt.Sprintf("Refuse writes that none of the %d replicas is there to take: a primary that is cut off from all of them ends to take writes\n"+
		"after min-replicas-max-lag seconds, instead of losing them when it returns.", s.Replicas)
}

// because is With, with the reason in place of the one that stood there.
func (c Config) because(why, name string, args ...string) Config {
	c = c.With(name, args...)
	for i := range c.directives {
		if c.directives[i].Name == lower(name) {
			c.directives[i].Why = why
		}
	}
	return c
}

// SentinelFor is what a Sentinel is to watch over.
type SentinelFor struct {
	Profile string
	// Name is what applications ask for; Primary is HOST:PORT of the primary at the start.
	Name, Primary string
	// Quorum is how many Sentinels have to hold the primary down; 0 for two, the majority of three.
	Quorum int
}

// waits are the times of a Sentinel by profile: how long a primary is silent before it is down, and how long an attempt takes
// at most. Until applications write again it takes some five seconds more than the first.
func waits(profile string) sentinelWaits {
	return map[string]sentinelWaits{
		Balanced: {10 * time.Second, 30 * time.Second,
			"Hold the primary down after ten seconds of silence: longer than a fork, a slow disk or a short loss of the network takes, since\neach failover loses the writes that no replica had got."},
		MaxDurability: {20 * time.Second, time.Minute,
			"Hold the primary down after twenty seconds of silence. A failover loses the writes that no replica had got: better to wait than\nto fail over from a primary that only hesitated."},
		LowLatency: {5 * time.Second, 20 * time.Second,
			"Hold the primary down after five seconds of silence. Shorter would be a failover at each fork of a large server."},
	}[profile]
}

// sentinelWaits are two times of a Sentinel, and the reason for them.
type sentinelWaits struct {
	down, attempt time.Duration
	why           string
}

// monitorName is what a Sentinel takes for a name.
var monitorName = lazy.Regexp{Text: `^[A-Za-z0-9._-]+$`}

// Settings returns the file of a Sentinel, each directive with its reason. Errors: ErrNoProfile; a name, an address or a quorum
// that cannot be.
func (s SentinelFor) Settings() (Config, error) {
	if _, err := Profile(s.Profile); err != nil {
		return Config{}, err
	}
	host, port, err := net.SplitHostPort(s.Primary)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 || host == "" || strings.ContainsAny(host, " \t\"'#") {
		return Config{}, fmt.Errorf("primary %q: must be HOST:PORT", s.Primary)
	}
	if ip, err := netip.ParseAddr(host); err == nil && (ip.IsLoopback() || ip.IsUnspecified()) || lower(host) == "localhost" {
		return Config{}, hint.Wrap(fmt.Errorf("primary %s: whom a Sentinel tells this address, connects to its own machine", s.Primary),
			"give the address by which replicas, other Sentinels and applications reach it")
	}
	if !monitorName.Get().MatchString(s.Name) {
		return Config{}, errors.New("name: must be letters, digits, dots, hyphens and underscores")
	}
	quorum := s.Quorum
	if quorum == 0 {
		quorum = 2
	}
	if quorum < 1 || quorum > mostReplicas {
		return Config{}, fmt.Errorf("quorum %d: must be 1 to %d", quorum, mostReplicas)
	}
	w := waits(s.Profile)
	var c Config
	add := func(why string, args ...string) {
		c.directives = append(c.directives, directive(args[0], args[1:]))
		c.directives[len(c.directives)-1].Why = why
	}
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	add("Give each Sentinel a file of its own, in a folder that it can write: it keeps in it what it finds out, and does not start with a\n"+
		"file that it cannot write. Run three of them, or five, each on a machine, best in a zone, of its own.", "port", "26379")
	if _, err := netip.ParseAddr(host); err != nil {
		add("The primary is given by name: look names up, and tell names rather than addresses. A name service that is down is then a\nprimary that is down.", "sentinel", "resolve-hostnames", "yes")
		add("", "sentinel", "announce-hostnames", "yes")
	}
	add(fmt.Sprintf("Watch over the primary, with all replicas and Sentinels that it leads to. It is down once %d of the Sentinels say so; that a\nreplica is promoted takes the majority of all in any case.", quorum),
		"sentinel", "monitor", s.Name, host, port, strconv.Itoa(quorum))
	add(w.why, "sentinel", "down-after-milliseconds", s.Name, milliseconds(w.down))
	add("Give an attempt up after this, and wait for twice as long before the next one.", "sentinel", "failover-timeout", s.Name, milliseconds(w.attempt))
	add("Point one replica after the other to the new primary: while it copies the data, a replica serves none.", "sentinel", "parallel-syncs", s.Name, "1")
	add("Let nobody set scripts over the network.", "sentinel", "deny-scripts-reconfig", "yes")
	return c, nil
}
