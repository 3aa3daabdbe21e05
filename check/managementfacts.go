package check

import (
	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/vitals"
)

// ManagementFacts are what the REST API of a region says of the database that the region is.
type ManagementFacts struct {
	Address string // host:port of the API
	// Insecure says that nothing checks who answers.
	Insecure bool
	// Unreachable is why it could not be asked, in words; "": it could. Advice is what can be done about it, where something
	// can. The management plane is not the database.
	Unreachable, Advice string

	// Database is the one that has the endpoint of the region. Where it is not known, Missing is why.
	Database vitals.Field[enterprise.Database]
	Missing  string

	// What follows is of that database.
	Shards       Answer[[]enterprise.Shard]
	ActiveActive Answer[enterprise.ActiveActive]
	Peers        Answer[[]enterprise.Peer]
	// Available is whether the database serves; CaughtUp, whether it has besides taken in what the others wrote, within the
	// cluster's own tolerance; Nearly, within enterprise.ClientTolerance, which is asked where it has not caught up.
	Available, CaughtUp, Nearly Answer[enterprise.Availability]
}

// Answer is the answer to one question. The zero Answer was not asked.
type Answer[T any] struct {
	vitals.Field[T]
	Failed string // why there is none, in words
}

// reason is why there is no answer.
func (a Answer[T]) reason() string {
	switch {
	case a.Failed != "":
		return a.Failed
	case a.Standing == vitals.NotAllowed:
		return "its user may not ask"
	}
	return "it was not asked"
}
