package check

import (
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// Facts are what is known of a deployment: by asking it, or from files of settings.
type Facts struct {
	At time.Time
	// Lab says that the regions are those of a lab: it has no names, no certificates and no cluster manager.
	Lab bool
	// Regions are the local one first. Files are looked at instead of regions, or none of both.
	Regions []Region
	Files   []File
	// Interrupted says that the asking was ended before everything was asked: whoever did not answer may not have been
	// given the time to.
	Interrupted bool
	// Here is the machine that this process runs on, which may be that of a server.
	Here Machine
}

// unanswered is how bad it is that something gave no answer: o, or Untold where it was not given the time to.
func (f *Facts) unanswered(o Outcome) Outcome {
	if f.Interrupted {
		return Untold
	}
	return o
}

// Machine is what is known of a machine.
type Machine struct {
	// Synchronised says that its clock follows a time service, as its kernel tells.
	Synchronised vitals.Field[bool]
}

// Region is what is known of one region.
type Region struct {
	Name string // "" where it was read from files, unless these are of several
	// Address is host:port of the endpoint as it is configured; Discovery those of its sentinels, or of its discovery
	// service, of which Service is then asked for; empty where there are none. Where there are, Address is
	// SERVICE@HOST:PORT, a name for people.
	Address   string
	Discovery []string
	Service   string
	// TLS says that the URL asks for it, Insecure that nothing checks who answers.
	TLS, Insecure bool

	// Unreachable is why the endpoint could not be asked anything, in words; "": it could. Cause is its machine-readable
	// half. What servers would have told is unknown then.
	Unreachable string
	Cause       probe.Cause
	// Advice is what can be done about it, where more can be said than that it should be reachable; else "".
	Advice string

	// Lookups are what the name of the endpoint, and of each of Discovery, led to, several times each, in the order of
	// the time. Empty where addresses are configured.
	Lookups []Lookup
	// Ports are those that were tried besides the ones that were needed for the rest: where a name stands for several
	// addresses, each of them.
	Ports []Port
	// Certificates are what the servers showed, each once, the leaf of each chain first.
	Certificates []Certificate
	// Clock is how far the clock of the region is from that of the observer: that of its first server that tells.
	Clock vitals.Field[Clock]
	// Map is how the region is sharded. Hashing is false where CLUSTER KEYSLOT answers with other slots than CRC16, and
	// not known where it is not answered.
	Map     vitals.Field[slots.Map]
	Hashing vitals.Field[bool]
	// Servers are those of its shards: primaries first, then their replicas.
	Servers []Server
	// Cluster is what an open-source cluster says of itself; not known where it is none.
	Cluster vitals.Field[Cluster]
	// Sentinels are those that watch over it: the configured ones, and those that these know of.
	Sentinels []Sentinel
	// Management is what the REST API of Redis Enterprise says; nil: none is configured.
	Management *ManagementFacts
}

// Lookup is what a name led to once.
type Lookup struct {
	Name      string
	Addresses []string // sorted
	Failed    string   // why it could not be resolved; ""
}

// Port is an attempt to connect to a port of a configured host.
type Port struct {
	Address string // host:port
	Use     string // what it is for: "REST API", "database", "shard 2", "sentinel"
	Failed  string // why it is not open; ""
}

// Certificate is one that a server showed.
type Certificate struct {
	Address string // that showed it first
	Subject string // the name in it
	Issuer  string
	From    time.Time
	Until   time.Time
	Leaf    bool // else it is one of those between it and the root
}

// Clock is the difference of two clocks, by TIME: the server's minus the observer's, in the middle of the round trip.
// The truth is within Offset ± Within: half of the shortest round trip.
type Clock struct {
	Offset, Within time.Duration
	Samples        int
}

// Server is what is known of one server.
type Server struct {
	Address string // or the name of the file that is all that is known of it
	Shard   int    // index into the map of the region; of a replica that of its primary
	// Failed is why it could not be asked, in words; "": it could. Advice is what can be done about it; "" where no more is known.
	Failed, Advice string
	// Untried says that nobody tried to ask it: there was no time left, or there are too many.
	Untried bool
	// Vitals hold INFO, ROLE, and the settings of SettingNames. Of one that failed they hold nothing.
	Vitals vitals.Server
	// Rates are what it did between two readings.
	Rates vitals.Rates
	// Measured is how far apart these were; 0: there was one.
	Measured time.Duration
	// Clock is how far its clock is from that of the observer.
	Clock vitals.Field[Clock]
	// Unset are the Settings that its file does not name, so that their value is the default of Redis 7.0; nil of a running
	// server, which does not tell where its settings are from.
	Unset     map[string]bool
	Modules   vitals.Field[[]Module]
	Libraries vitals.Field[[]Library]
	Scripts   vitals.Field[int64] // that are in its cache
}

// Setting is a setting of the server, as CONFIG GET says it, or would say it of a server with that file.
func (s Server) Setting(name string) vitals.Field[string] { return s.Vitals.Settings[name] }

// Module is a module that a server has loaded.
type Module struct {
	Name    string
	Version string
}

// Library is a library of functions that a server has.
type Library struct {
	Name      string
	Digest    string // of its code
	Functions []string
}

// Cluster is what the nodes of an open-source cluster say of it.
type Cluster struct {
	State     string // "ok", "fail"
	Assigned  int    // slots that somebody owns
	Primaries []ClusterPrimary
}

// ClusterPrimary is a primary of a cluster that owns slots.
type ClusterPrimary struct {
	Address  string
	Failed   bool     // the nodes hold it down
	Replicas []string // addresses of those that are not held down
}

// Sentinel is one that watches over a primary.
type Sentinel struct {
	Address string
	Failed  string // why it could not be asked; "": it could
	Primary string // the address that it names
	Quorum  int
	Known   int // sentinels that it knows, with itself
	Down    int // of those, which it holds down
	// DownAfter is how long a primary must be silent, FailoverTimeout how long an attempt may take.
	DownAfter, FailoverTimeout time.Duration
	ParallelSyncs              int
	Replicas                   []SentinelReplica
}

// SentinelReplica is a replica as a sentinel sees it.
type SentinelReplica struct {
	Address  string
	Down     bool // or cut off from its primary
	Priority int  // 0: it is never promoted
}

// SettingNames are the settings that servers are asked for. None holds a secret. What may be sent is decided below this
// package, so that a name is added there.
func SettingNames() []string { return vitals.ExaminedSettings() }
