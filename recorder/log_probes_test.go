package recorder_test

import (
	"slices"
	"testing"

	"github.com/aafailover/aafailover/recorder"
)

// What a client library tries on a new connection, and does without, is no error that the service was given.
func TestWhatALibraryTriesIsNoError(t *testing.T) {
	for _, test := range []struct {
		name, command, reply string
		told                 bool
	}{
		{"a subcommand of CLIENT that is newer than the server", "CLIENT MAINT_NOTIFICATIONS ON", "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.", false},
		{"the same as Redis 6 says it", "CLIENT SETINFO LIB-NAME x", "-ERR Unknown subcommand or wrong number of arguments for 'SETINFO'. Try CLIENT HELP.", false},
		{"HELLO of a server that is older", "HELLO 3", "-ERR unknown command `HELLO`, with args beginning with: `3`, ", false},
		{"HELLO that is refused", "HELLO 3 AUTH a b", "-WRONGPASS invalid username-password pair or user is disabled.", true},
		{"CLIENT that may not be run", "CLIENT SETNAME x", "-NOPERM this user has no permissions to run the 'client|setname' command", true},
		{"a command that the server does not know", "FROB k", "-ERR unknown command 'FROB', with args beginning with: 'k' ", true},
		{"a subcommand of another", "OBJECT FROB k", "-ERR unknown subcommand 'FROB'. Try OBJECT HELP.", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLog(t, nil)
			open(l, us).does(10, 20, test.command, test.reply)
			if errors := l.Errors(); len(errors) > 0 != test.told {
				t.Errorf("it was told %v", errors)
			}
			steps := l.Traffic(us).Steps
			want := recorder.Step{Commands: 1, Opened: 1}
			if test.told {
				want.Failed = 1
			}
			if !slices.Equal(steps, []recorder.Step{want}) {
				t.Errorf("%+v", steps)
			}
		})
	}
}
