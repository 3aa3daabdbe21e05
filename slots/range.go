package slots

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Range is a run of slots, both ends included. Its JSON is [first,last].
type Range struct{ First, Last int }

// String returns "0-5460", or "7" for a single slot.
func (r Range) String() string {
	if r.First == r.Last {
		return strconv.Itoa(r.First)
	}
	return strconv.Itoa(r.First) + "-" + strconv.Itoa(r.Last)
}

// MarshalJSON returns [first,last].
func (r Range) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]int{r.First, r.Last})
}

// UnmarshalJSON reads [first,last]. Any other number of elements is an error; whether they are slots, and in order, is
// for [Map.Check] to say.
func (r *Range) UnmarshalJSON(text []byte) error {
	var ends []int
	if err := json.Unmarshal(text, &ends); err != nil {
		return fmt.Errorf("range of slots: %w", err)
	}
	if len(ends) != 2 {
		return fmt.Errorf("range of slots: want [first,last], got %d numbers", len(ends))
	}
	r.First, r.Last = ends[0], ends[1]
	return nil
}

// contains tells whether the slot is in the range.
func (r Range) contains(slot int) bool {
	return r.First <= slot && slot <= r.Last
}
