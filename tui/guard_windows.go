package tui

import "context"

// Guard is not offered here: the console gives a new prompt its own settings. The error is ErrNoGuard.
func (t Terminal) Guard(context.Context, []string) (Ending, error) { return Ending{}, ErrNoGuard }

// Guarded is for a process that Guard has started, which it never does here. The error is ErrNotGuarded.
func Guarded(context.Context) (context.Context, func(), error) { return nil, nil, ErrNotGuarded }
