package ask_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/redistest"
)

func TestMain(m *testing.M) {
	redistest.Quiet()
	goleak.VerifyTestMain(m)
}
