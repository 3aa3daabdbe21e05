package probe

// Cause is why something cannot be used: the machine-readable half of every
// finding. The zero Cause is none.
type Cause uint8

// The causes, and what on the wire they are concluded from. The texts are part
// of the JSON contract.
const (
	NoCause        Cause = iota
	Refused              // connect: connection refused
	Timeout              // connect, handshake or reply not within its deadline
	Reset                // the connection was reset, or closed by the peer
	NameNotFound         // the endpoint's name does not resolve
	Unreachable          // no route to host or network
	TLS                  // handshake or certificate
	Authentication       // WRONGPASS, NOAUTH, ERR invalid password
	Permission           // NOPERM
	Protocol             // the peer does not speak RESP
	Loading              // LOADING
	ClusterDown          // CLUSTERDOWN
	ReadOnly             // READONLY
	OutOfMemory          // OOM
	MasterDown           // MASTERDOWN
	NoReplicas           // NOREPLICAS
	MaxClients           // ERR max number of clients reached
	Moved                // MOVED or ASK: the slot is elsewhere now
	ServerRefused        // any other error reply
	Partitioned          // the region answers others but not this observer
	Stalled              // the connection is up and delivers nothing
)

var causeTexts = [...]string{
	NoCause: "", Refused: "refused", Timeout: "timeout", Reset: "reset", NameNotFound: "name_not_found",
	Unreachable: "unreachable", TLS: "tls", Authentication: "authentication", Permission: "permission",
	Protocol: "protocol", Loading: "loading", ClusterDown: "cluster_down", ReadOnly: "read_only",
	OutOfMemory: "out_of_memory", MasterDown: "master_down", NoReplicas: "no_replicas", MaxClients: "max_clients",
	Moved: "moved", ServerRefused: "server_error", Partitioned: "partitioned", Stalled: "stalled",
}

// String returns the text of the JSON contract; "" for NoCause.
func (c Cause) String() string {
	if int(c) < len(causeTexts) {
		return causeTexts[c]
	}
	return "unknown"
}

// MarshalText returns String.
func (c Cause) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts what MarshalText returns; any other text is
// ServerRefused.
func (c *Cause) UnmarshalText(text []byte) error {
	*c = ServerRefused
	for i, t := range causeTexts {
		if t == string(text) {
			*c = Cause(i)
		}
	}
	return nil
}
