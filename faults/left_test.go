package faults_test

import (
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
	made := []drill.Action{{Kind: drill.Kill, Region: "us"}, {Kind: drill.Cut, From: "us", To: "eu"}}
	left := faults.LeftToCommand(faults.CommandOptions{From: "us", To: "eu", Run: "run1",
		Heal: `echo "$AAFAILOVER_FROM $AAFAILOVER_RUN $AAFAILOVER_ACTION_KIND $AAFAILOVER_ACTION_REGION" >> ` + said}, made)
	for range 2 { // as often as it is asked for
		if err := left.Heal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(said); err != nil || string(text) != strings.Repeat("us run1 cut \nus run1 kill us\n", 2) {
		t.Errorf("%v: %q", err, text)
	}
	if err := left.Do(t.Context(), drill.Action{Kind: drill.Kill, Region: "us"}); err == nil {
		t.Error("a drill that is over made another fault")
	}
}

func TestAHealCommandThatFailsIsAnError(t *testing.T) {
	made := []drill.Action{{Kind: drill.Kill, Region: "us"}}
	err := faults.LeftToCommand(faults.CommandOptions{Heal: "echo no such host >&2; exit 3"}, made).Heal(t.Context())
	if err == nil || err.Error() != "heal command: start us: exit status 3: no such host" {
		t.Errorf("%v", err)
	}
	err = faults.LeftToCommand(faults.CommandOptions{Heal: "sleep 60", Limit: 50 * time.Millisecond}, made).Heal(t.Context())
	if err == nil || !strings.Contains(err.Error(), "took too long") {
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
