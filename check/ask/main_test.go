package ask_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/redistest"
)

// short is the time between two readings of a server that nothing is written to.
const short = 20 * time.Millisecond

func TestMain(m *testing.M) {
	redistest.Quiet()
	goleak.VerifyTestMain(m)
}
