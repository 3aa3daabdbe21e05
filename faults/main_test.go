package faults_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
)

// The test binary is also the watchdog, and a drill that is there to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "watchdog":
			if faults.Watch(os.Stdin, os.Stdout, os.Stderr) != nil {
				os.Exit(1)
			}
			os.Exit(0)
		case "drill":
			fmt.Println(victim(os.Args[2:]))
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

// victim is a drill that makes a fault, says so, and waits for its end, or heals if it is told to.
func victim(args []string) error {
	inject, heal, log, then := args[0], args[1], args[2], args[3]
	ctx := context.Background()
	w, err := faults.StartWatchdog(ctx, faults.WatchdogOptions{Argv: []string{os.Args[0], "watchdog"}, Run: "r1", Log: log, Pause: time.Millisecond})
	if err != nil {
		return err
	}
	c := faults.NewCommand(faults.CommandOptions{Inject: inject, Heal: heal, Run: "r1"}, w)
	fmt.Println("injecting")
	if err := c.Do(ctx, drill.Action{Kind: drill.Kill, Region: "us"}); err != nil {
		return err
	}
	fmt.Println("injected")
	if then == "heal" {
		if err := c.Heal(ctx); err != nil {
			return err
		}
	}
	select {}
}
