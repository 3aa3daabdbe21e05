package cmd_test

import (
	"context"
	"testing"
	"time"
)

// A simulation ends at once when it is interrupted, whatever it is at, and gives no half an answer.
func TestASimulationIsInterrupted(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"while it simulates":              {"--runs", "100000"},
		"while deadlines settle":          {"--interval", "5ms", "--delay", "5s", "--jitter", "3", "--solved"},
		"while it simulates slow regions": {"--interval", "20ms", "--deadline", "20s", "--horizon", "5m", "--delay", "20s", "--jitter", "3", "--runs", "20"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context()) // as a signal does it
			defer time.AfterFunc(200*time.Millisecond, stop).Stop()
			o := runContext(ctx, nil, new(watched), append([]string{"probe", "simulate"}, args...)...)
			if o.code != 130 || o.stdout != "" {
				t.Errorf("exit code %d, %s", o.code, o.stdout)
			}
			if most := 30 * time.Second; o.took > most {
				t.Errorf("it took %v, want at most %v", o.took, most)
			}
		})
	}
}
