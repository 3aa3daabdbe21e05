package recorder_test

import (
	"testing"

	"github.com/aafailover/aafailover/commands"
)

// What was in flight while it was read is indeterminate only if it stays so.
func TestWhatWasFoundBeforeItWasAnswered(t *testing.T) {
	found := commands.State{Kind: commands.Is, Digest: digest("3")}
	for _, test := range []struct {
		name string
		ends func(l line)
		want bool
	}{
		{"still in flight", func(l line) { l.sends(20, "SET k 3") }, false},
		{"acknowledged later", func(l line) { l.does(20, 40, "SET k 3", "+OK") }, false},
		{"never answered", func(l line) { l.gives(20, 40, "SET k 3") }, true},
		{"refused later", func(l line) { l.does(20, 40, "SET k 3", "-READONLY it is") }, false},
		{"another value that was never answered", func(l line) { l.gives(20, 40, "SET k 4") }, false},
		{"sent again and acknowledged", func(l line) { l.gives(20, 40, "SET k 3"); l.does(41, 45, "SET k 3", "+OK") }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLog(t, nil)
			c := open(l, us)
			c.does(10, 12, "SET k 2", "+OK")
			test.ends(c)
			if got := l.IsIndeterminate(itemOf(t, l, "k", ""), found, ms(30)); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
