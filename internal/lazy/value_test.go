package lazy_test

import (
	"sync"
	"testing"

	"github.com/aafailover/aafailover/internal/lazy"
)

func TestAValueIsMadeOnce(t *testing.T) {
	made := 0
	table := lazy.Value[map[string]int]{Make: func() map[string]int {
		made++
		return map[string]int{"one": 1}
	}}
	if made != 0 {
		t.Error("it is made before it is used")
	}
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			if table.Get()["one"] != 1 {
				t.Error("it is used before it is made")
			}
		})
	}
	users.Wait()
	if made != 1 {
		t.Errorf("made %d times", made)
	}
	if n := testing.AllocsPerRun(100, func() { table.Get() }); n != 0 {
		t.Errorf("to use it allocates %g times", n)
	}
}
