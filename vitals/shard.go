package vitals

import (
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Shard is what is known of the server of one shard of a region.
type Shard struct {
	Region  string
	Index   int // in the slot map of the region
	ID      string
	Address string
	Last    *Server // the last reading; nil: none yet. Not to be changed
	// Failed is why there was no later one, in words, and FailedAt since when; "" when the
	// last attempt gave a reading.
	Failed   string
	FailedAt time.Time
	Rates    Rates
	Remarks  []Remark
	Copies   []Copy
}

// place is where a server is found in a deployment.
type place struct {
	region, shard int // indexes
	address       string
}

func placesOf(maps []slots.Map) []place {
	var places []place
	for r, m := range maps {
		for i, s := range m.Shards {
			places = append(places, place{r, i, s.Address})
		}
	}
	return places
}
