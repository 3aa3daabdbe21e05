package lab

import (
	"fmt"
	"slices"
)

// State is how a shard or a region is: up, hung or down, from good to bad.
type State int32

const (
	// Up serves.
	Up State = iota
	// Hung takes connections and bytes, and says nothing, like a stopped process.
	Hung
	// Down refuses connections.
	Down
)

var stateNames = []string{Up: "up", Hung: "hung", Down: "down"}

func (s State) String() string { return stateNames[s] }

// MarshalText returns the state in a word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads such a word.
func (s *State) UnmarshalText(text []byte) error {
	i := slices.Index(stateNames, string(text))
	if i < 0 {
		return fmt.Errorf("unknown state %q of a region", text)
	}
	*s = State(i)
	return nil
}

// LinkState is how a link or one of its streams is, from good to bad.
type LinkState int

const (
	// LinkUp delivers after the usual delay.
	LinkUp LinkState = iota
	// LinkEchoing delivers everything twice.
	LinkEchoing
	// LinkLossy loses published messages.
	LinkLossy
	// LinkSlow delivers after another delay.
	LinkSlow
	// LinkStalled looks up and delivers nothing until it is healed; then everything, in order. So does a stream to or
	// from a hung shard.
	LinkStalled
	// LinkCut has no connection: what was in flight is lost.
	LinkCut
	// LinkDown has a shard at one end that is down.
	LinkDown
)

var linkStateNames = []string{LinkUp: "up", LinkEchoing: "echoing", LinkLossy: "lossy", LinkSlow: "slow",
	LinkStalled: "stalled", LinkCut: "cut", LinkDown: "down"}

func (s LinkState) String() string { return linkStateNames[s] }

// MarshalText returns the state in a word.
func (s LinkState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads such a word.
func (s *LinkState) UnmarshalText(text []byte) error {
	i := slices.Index(linkStateNames, string(text))
	if i < 0 {
		return fmt.Errorf("unknown state %q of a link", text)
	}
	*s = LinkState(i)
	return nil
}
