// Package tone is how good a state is, and how that is shown: by a symbol and by a colour, both of which only repeat what a
// word beside them says.
package tone

import "github.com/charmbracelet/lipgloss"

// No colour here depends on the background, so nobody has to ask the terminal for it. A library of dashboards does so when it is
// initialised, which would cost every command on a terminal a question and the time of its answer. This package is initialised
// before it: of packages whose imports are done, Go takes the first by import path.
func init() { lipgloss.SetHasDarkBackground(true) }

// Tone is how good something is.
type Tone uint8

// The tones. What is not known is neither good nor bad.
const (
	Unknown Tone = iota
	Good
	Poor
	Bad
)

// Of returns the tone of a state or verdict, by its word in the contract.
func Of[S ~string](word S) Tone {
	switch string(word) {
	case "up", "available", "healthy", "yes", "pass", "proven":
		return Good
	case "late", "degraded", "impaired", "inconclusive", "slow", "stalled", "hung", "warning":
		return Poor
	case "down", "never", "no", "fail", "refused", "cut", "local_failure", "replication_failure", "remote_failure", "failure":
		return Bad
	}
	return Unknown
}

// Symbol is one character, one column wide, that no other tone has.
func (t Tone) Symbol() string { return [...]string{"?", "●", "▲", "✖"}[t] }

// Colour is one of the terminal's own colours, so that it suits a light background and a dark one.
func (t Tone) Colour() lipgloss.TerminalColor {
	return [...]lipgloss.TerminalColor{lipgloss.NoColor{}, lipgloss.Color("2"), lipgloss.Color("3"), lipgloss.Color("1")}[t]
}
