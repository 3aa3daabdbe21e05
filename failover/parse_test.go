package failover_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

func TestParse(t *testing.T) {
	weights := func(text string) (any, error) { return failover.ParseWeights(text) }
	flap := func(text string) (any, error) { return failover.ParseFlapLimit(text) }
	reactions := func(text string) (any, error) { return failover.ParseReactions(strings.Fields(text)) }
	type react = map[probe.Cause]failover.Reaction
	for _, test := range []struct {
		name  string
		parse func(string) (any, error)
		text  string
		want  any
		err   string
	}{
		{"no weights", weights, "", map[string]int(nil), ""},
		{"weights", weights, "eu=10,ap=5", map[string]int{"eu": 10, "ap": 5}, ""},
		{"a weight without a name", weights, "=5", nil, `weight "=5": must be NAME=WEIGHT`},
		{"a name without a weight", weights, "eu", nil, `weight "eu": must be NAME=WEIGHT`},
		{"a weight that is no number", weights, "eu=much", nil, `weight "much" of eu: must be a whole number`},
		{"a weight twice", weights, "eu=1,eu=1", nil, "weight of eu: given twice"},
		{"no flap limit", flap, "", failover.FlapLimit{}, ""},
		{"a flap limit", flap, "3/10m", failover.FlapLimit{Moves: 3, Within: 10 * time.Minute}, ""},
		{"a flap limit of nothing", flap, "0/0s", nil, `flap limit "0/0s": must be MOVES/DURATION, as in 3/10m`},
		{"a flap limit without moves", flap, "0/10m", nil, "flap limit of 0 moves: must be 1 to 100"},
		{"a flap limit that is no duration", flap, "3/10", nil, `flap limit "3/10": must be MOVES/DURATION, as in 3/10m`},
		{"a flap limit that is no number", flap, "x/10m", nil, `flap limit "x/10m": must be MOVES/DURATION, as in 3/10m`},
		{"a flap limit without a time", flap, "3", nil, `flap limit "3": must be MOVES/DURATION, as in 3/10m`},
		{"no reactions", reactions, "", react(nil), ""},
		{"a reaction", reactions, "timeout=stay", react{probe.Timeout: failover.Stay}, ""},
		{"a class, and one of its causes", reactions, "tls=failover settings=alert", react{probe.TLS: failover.Move,
			probe.Authentication: failover.Raise, probe.Permission: failover.Raise, probe.Protocol: failover.Raise}, ""},
		{"a cause twice, the same", reactions, "timeout=stay timeout=stay", react{probe.Timeout: failover.Stay}, ""},
		{"a cause twice, not the same", reactions, "timeout=stay timeout=alert", nil, "cause timeout: both stay and alert are given"},
		{"a cause that there is not", reactions, "tired=stay", nil, `cause "tired": is none, and none of the classes connection, settings, writes`},
		{"no cause", reactions, "=stay", nil, `cause "": is none, and none of the classes connection, settings, writes`},
		{"a reaction that there is not", reactions, "timeout=run", nil, `cause timeout: reaction "run": must be failover, stay or alert`},
		{"a cause alone", reactions, "timeout", nil, `reaction "timeout": must be CAUSE=REACTION, as in timeout=stay`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.parse(test.text)
			if fmt.Sprint(err) != test.err && (err != nil || test.err != "") {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); test.err == "" && diff != "" {
				t.Error(diff)
			}
		})
	}
}
