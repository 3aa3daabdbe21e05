//go:build !linux

package powercut

import (
	"context"
	"errors"
	"runtime"
)

var errElsewhere = errors.New("simulate a power cut: not possible on " + runtime.GOOS + ", it needs Linux")

// Run is what [Command] does with its arguments: on this system nothing but an error.
func Run([]string) error { return errElsewhere }

// Cut makes the folder what a power cut would have left of it: on this system it returns an error.
func (w Witness) Cut(context.Context, Names) (Loss, error) { return Loss{}, errElsewhere }

// Discard has nothing to do on this system.
func (w Witness) Discard(context.Context) error { return nil }

// Supported returns why a power cut cannot be simulated: on this system it never can be.
func Supported(context.Context, string, string) error { return errElsewhere }
