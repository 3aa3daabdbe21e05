//go:build unix

package faults_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
)

func TestCommandsAreTold(t *testing.T) {
	s := newScene(t)
	w := s.watchdog()
	var told []string
	c := faults.NewCommand(faults.CommandOptions{
		Inject: `env | grep ^AAFAILOVER_ | sort >>$DID; echo "made \033[31mit"`,
		Heal:   `echo heal $AAFAILOVER_ACTION_KIND $AAFAILOVER_ACTION_REGION $AAFAILOVER_ACTION_FROM $AAFAILOVER_RUN >>$DID`,
		From:   "us", To: "eu", Run: "r1", Scenario: "mine", Tell: func(text string) { told = append(told, text) },
	}, w)
	for _, a := range []drill.Action{
		{Kind: drill.Slow, From: "us", To: "ap", OneWay: true, Shard: 2, Delay: 1500 * time.Millisecond},
		killUS,
		{Kind: drill.Start, Region: "us", Empty: true},
	} {
		if err := c.Do(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.expect(strings.Join([]string{
		"AAFAILOVER_ACTION_DELAY_MS=1500", "AAFAILOVER_ACTION_EMPTY=false", "AAFAILOVER_ACTION_FRESH=false", "AAFAILOVER_ACTION_FROM=us",
		"AAFAILOVER_ACTION_KIND=slow", "AAFAILOVER_ACTION_ONE_WAY=true", "AAFAILOVER_ACTION_REGION=", "AAFAILOVER_ACTION_SCENARIO=mine",
		"AAFAILOVER_ACTION_SHARD=2", "AAFAILOVER_ACTION_TO=ap", "AAFAILOVER_FROM=us", "AAFAILOVER_RUN=r1", "AAFAILOVER_TO=eu",
		"AAFAILOVER_ACTION_DELAY_MS=0", "AAFAILOVER_ACTION_EMPTY=false", "AAFAILOVER_ACTION_FRESH=false", "AAFAILOVER_ACTION_FROM=",
		"AAFAILOVER_ACTION_KIND=kill", "AAFAILOVER_ACTION_ONE_WAY=false", "AAFAILOVER_ACTION_REGION=us", "AAFAILOVER_ACTION_SCENARIO=mine",
		"AAFAILOVER_ACTION_SHARD=0", "AAFAILOVER_ACTION_TO=", "AAFAILOVER_FROM=us", "AAFAILOVER_RUN=r1", "AAFAILOVER_TO=eu",
		"heal start us r1", "heal slow us r1", "",
	}, "\n"))
	if diff := cmp.Diff([]string{
		`inject command: slow shard 2 of us->ap by 1.5s: done: it printed "made [31mit"`,
		`inject command: kill us: done: it printed "made [31mit"`,
		`heal command: start us empty: done`,
		`heal command: mend shard 2 of us->ap: done`,
	}, told); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedInjectionIsHealed(t *testing.T) {
	s := newScene(t)
	w := s.watchdog()
	c := faults.NewCommand(faults.CommandOptions{Inject: `echo half >>$DID; echo no permission >&2; exit 3`, Heal: `echo heal >>$DID`}, w)
	if err := c.Do(t.Context(), killUS); err == nil || err.Error() != "inject command: kill us: exit status 3: no permission" {
		t.Error(err)
	}
	if err := c.Heal(t.Context()); err != nil {
		t.Error(err)
	}
	s.expect("half\nheal\n")
}

func TestBothCommandsAreNeeded(t *testing.T) {
	for _, o := range []faults.CommandOptions{{Inject: "true"}, {Heal: "true"}, {Inject: " ", Heal: "true"}} {
		if err := faults.NewCommand(o, nil).Check(drill.Scenario{Name: "mine"}); !errors.Is(err, faults.ErrCannot) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := faults.NewCommand(faults.CommandOptions{Inject: "true", Heal: "true"}, nil).Check(drill.Scenario{}); err != nil {
		t.Error(err)
	}
}
