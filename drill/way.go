package drill

// Way is how the faults of a drill are made. Its texts are part of the JSON
// contract.
type Way string

// The ways. "" is that of a drill which does not say: its faults are as real as
// those of the lab.
const (
	ByLab     Way = "lab"     // by the lab itself
	ByProxy   Way = "proxy"   // between the drill and the regions: the servers notice nothing, and replication goes on
	ByManual  Way = "manual"  // by somebody who is asked to: what was done is known from what was seen alone
	ByCommand Way = "command" // by the user's commands, of which as little is known
)
