package config

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/command"
	"github.com/aafailover/aafailover/internal/hint"
)

// passwordLimit is how long a password command may take.
const passwordLimit = 10 * time.Second

// passwordPause is the least time from one run of a password command to the next: hundreds of connections that are
// rejected at once must not start it hundreds of times.
const passwordPause = 2 * time.Second

// passwordCommand is a command that prints a password, and what it printed.
type passwordCommand struct {
	line string
	turn chan struct{} // holds an element while somebody reads, and perhaps runs it

	mu       sync.Mutex    // of what follows
	ran      time.Time     // when it ran last; zero: never
	password func() string // nil: none was printed
	err      error         // why not
	rejected bool          // a server did not accept it
}

func newPasswordCommand(line string) *passwordCommand {
	return &passwordCommand{line: line, turn: make(chan struct{}, 1)}
}

// read returns what the command printed last, or runs it if that is of no use any more.
func (c *passwordCommand) read(ctx context.Context) (string, error) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-c.turn }()
	if c.due() {
		if err := c.run(ctx); err != nil {
			return "", err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.password == nil {
		return "", c.err
	}
	return c.password(), nil
}

// due tells whether the command is to be run: there is no password that may be right, and the last run was long enough ago.
func (c *passwordCommand) due() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	usable := c.password != nil && !c.rejected
	return !usable && (c.ran.IsZero() || time.Since(c.ran) >= passwordPause)
}

// run runs the command and keeps what came of it. The error is that of ctx, which says nothing of the command.
func (c *passwordCommand) run(ctx context.Context) error {
	output, err := command.Command{Line: c.line, Limit: passwordLimit}.Run(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	line, _, _ := strings.Cut(string(output), "\n")
	line = strings.TrimSuffix(line, "\r")
	var failed *command.Error
	switch {
	case errors.As(err, &failed):
		err = fmt.Errorf("passwordCommand: %w", failed.Err) // what it said may hold the password
	case line == "":
		err = errors.New("passwordCommand: its first line is empty")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ran, c.rejected, c.password, c.err = time.Now(), false, nil, err
	if err == nil {
		c.password = func() string { return line } // for why it is a function, see Secret
	}
	return nil
}

// reject notes that a server did not accept the password, if it is still the one in use.
func (c *passwordCommand) reject(password string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.password != nil && c.password() == password {
		c.rejected = true
	}
}

const passwordCommandHint = "passwordCommand is a command that prints the password as its first line; nothing that it prints is shown here: run it by hand"

// commandFlags are the flags whose value is a command.
var commandFlags = []string{"on-change", "inject", "heal"}

// refuseCommands returns an error if a file that nobody named would run a command: a folder that somebody else filled may
// have one.
func (f *File) refuseCommands() error {
	refuse := func(place, key string) error {
		return at(place, hint.Wrap(fmt.Errorf("%s is run only from a file that is named, or is in the user's configuration folder", key),
			"if you trust this file, give --config "+f.Path))
	}
	for _, r := range f.Regions {
		if r.Password.command != nil || r.API.Password.command != nil {
			return refuse(r.Place, passwordCommandKey)
		}
	}
	for _, s := range f.Settings {
		if slices.Contains(commandFlags, s.Flag) {
			return refuse(s.Place, s.Key)
		}
	}
	return nil
}
