package faults_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
)

func TestWhatAKilledDrillHasLeftIsHealedByTheUsersCommand(t *testing.T) {
	said := filepath.Join(t.TempDir(), "said")
	left := faults.LeftToCommand(`echo "$AAFAILOVER_FROM $AAFAILOVER_RUN" >> `+said, []string{"AAFAILOVER_FROM=us", "AAFAILOVER_RUN=run1"})
	for range 2 { // as often as it is asked for
		if err := left.Heal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(said); err != nil || string(text) != "us run1\nus run1\n" {
		t.Errorf("%v: %q", err, text)
	}
	if err := left.Do(t.Context(), drill.Action{Kind: drill.Kill, Region: "us"}); err == nil {
		t.Error("a drill that is over made another fault")
	}
}

func TestAHealCommandThatFailsIsAnError(t *testing.T) {
	err := faults.LeftToCommand("echo no such host >&2; exit 3", nil).Heal(t.Context())
	if err == nil || err.Error() != "the heal command: exit status 3: no such host" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := faults.LeftToCommand("sleep 60", nil).Heal(ctx); err == nil || !strings.HasPrefix(err.Error(), "the heal command: ") {
		t.Errorf("a command that hangs: %v", err)
	}
}

func TestWhatWasBrokenByHandIsToldAndNotWaitedFor(t *testing.T) {
	told := 0
	if err := faults.LeftToPeople(func() { told++ }).Heal(t.Context()); err != nil || told != 1 {
		t.Errorf("%v, told %d times", err, told)
	}
	if err := faults.LeftNowhere().Heal(t.Context()); err != nil {
		t.Error(err)
	}
}
