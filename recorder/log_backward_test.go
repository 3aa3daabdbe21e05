package recorder_test

import (
	"hash/maphash"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/recorder"
)

// Backward is Writes the other way round, over more writes than are copied at a time.
func TestBackward(t *testing.T) {
	l, err := recorder.NewLog(recorder.LogOptions{Regions: 1, Start: time.Now(), Seed: maphash.MakeSeed()})
	if err != nil {
		t.Fatal(err)
	}
	for range l.Backward() {
		t.Fatal("an empty log has a write")
	}
	word := func(text string) commands.Argument {
		return commands.Argument{Text: []byte(text), Length: len(text)}
	}
	set, _ := commands.Default().Lookup([]commands.Argument{word("SET")})
	session := l.Open(0, 0)
	const writes = 50_000
	for n := range writes {
		session.Begin(set, []commands.Argument{word("SET"), word("key:" + strconv.Itoa(n%20_000)), word("v")}, drill.Moment(n)) // in flight
	}
	want := slices.Collect(l.Writes())
	slices.Reverse(want)
	if got := slices.Collect(l.Backward()); len(got) != writes || !slices.Equal(got, want) {
		t.Errorf("%d writes backward, and %d forward", len(got), len(want))
	}
	seen := 0
	for w := range l.Backward() {
		if seen++; w.Sent != writes-1 {
			t.Errorf("the last write was sent at %v", w.Sent)
		}
		break
	}
	if seen != 1 {
		t.Errorf("%d writes after a break", seen)
	}
}
