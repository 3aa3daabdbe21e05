package faults

import "time"

// Task is a command line of the user's, as the watchdog runs it.
type Task struct {
	Line  string        `json:"line"`
	Env   []string      `json:"env"`      // NAME=VALUE, added to the environment
	Limit time.Duration `json:"limit_ns"` // after which it is killed
}

// order is a line of JSON from the drill to its watchdog. The end of the orders, in whatever way the drill ended, is the order
// to undo what is in force.
type order struct {
	Do     string `json:"do"`
	Number int    `json:"number"` // of the order; stop has that of the one to be stopped

	Rules *rules `json:"rules,omitempty"` // of guard
	Task  *Task  `json:"task,omitempty"`  // of fault and undo
	Undo  *Task  `json:"undo,omitempty"`  // of fault: what takes it back
	Of    []int  `json:"of,omitempty"`    // of undo: the numbers of the orders that it takes back
}

// The orders.
const (
	doGuard = "guard" // the first
	doFault = "fault" // run Task; from now on Undo has to be run before the end
	doUndo  = "undo"  // run Task; when it succeeds, the undos of Of need not be run any more
	doStop  = "stop"  // kill what is being run
)

// rules are how the watchdog goes about the undos of a drill that has ended.
type rules struct {
	Run      string        `json:"run"`
	Log      string        `json:"log"`
	Attempts int           `json:"attempts"`
	Pause    time.Duration `json:"pause_ns"`
}

// reply is a line of JSON back. Every order but stop has one.
type reply struct {
	Number int    `json:"number"`
	Output string `json:"output"` // the beginning of what the command printed
	Error  string `json:"error"`  // "" when it succeeded
}

// What a watchdog says last in its log when nothing is in force any more.
const (
	saidHealed  = "healed"
	saidNothing = "there is nothing to undo"
)
