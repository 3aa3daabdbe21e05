package region

import (
	"slices"
	"strings"
	"testing"
)

func TestTheAccessRules(t *testing.T) {
	for _, row := range []struct {
		name string
		uses Use
		want string
	}{
		{"to probe", ToProbe, "resetchannels &p:q:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards"},
		{"to write heartbeats too", ToProbe | ToBeat,
			"resetkeys ~p:q:* resetchannels &p:q:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards +set +get"},
		{"to drill", ToProbe | ToDrill,
			"resetkeys ~p:q:* resetchannels &p:q:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards +set +get +exists +del"},
		{"to drill with fencing by WATCH, waiting for replicas", ToProbe | ToDrill | ToWatch | ToWait,
			"resetkeys ~p:q:* resetchannels &p:q:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards +set +get +exists +del +watch +unwatch +multi +exec +wait"},
		{"to drill a service: every key, and no command that writes", ToProbe | ToVerify,
			"resetkeys ~* resetchannels &p:q:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards +get +hget +sismember +zscore +xrange +exists"},
		{"to check: no key, no channel", ToCheck,
			"resetchannels +ping +hello +cluster|slots +cluster|shards +cluster|info +cluster|nodes +info +role +latency|latest +time"},
	} {
		if got := AccessFor(row.uses, "p:q").Rule(); got != row.want {
			t.Errorf("%s: %s", row.name, got)
		}
	}
}

// What the guard lets through is what the rules grant, with the extras, and nothing else.
func TestTheListAndTheAccessRulesAreTheSame(t *testing.T) {
	for _, row := range []struct {
		name string
		list *list
		uses Use
	}{{"observing", observing("p"), ToProbe}, {"writing", writing("p"), ToProbe | ToBeat | ToDrill},
		{"writing with manners", newList("p", rulesFor(ToProbe|ToDrill|ToWatch|ToWait)), ToProbe | ToDrill | ToWatch | ToWait},
		{"reading", newList("p", rulesFor(ToProbe|ToRead)), ToProbe | ToRead}, {"checking", newList("p", checkRules.Get()), ToCheck},
		{"observing a service, and reading what it wrote", newList("p", rulesFor(ToProbe|ToVerify)), ToProbe | ToVerify}} {
		access := AccessFor(row.uses, "p")
		granted := []string{"auth"} // of which no user has to be granted the right
		for _, rules := range append([]Extra{{Rules: access.Rules}}, access.Extras...) {
			for _, rule := range rules.Rules {
				if command, ok := strings.CutPrefix(rule, "+"); ok {
					granted = append(granted, command)
				}
			}
		}
		var allowed []string
		for command, rules := range row.list.rules {
			for _, r := range rules {
				allowed = append(allowed, strings.ToLower(strings.TrimSuffix(command+"|"+r.subcommand, "|")))
			}
		}
		slices.Sort(granted)
		slices.Sort(allowed)
		if !slices.Equal(granted, allowed) {
			t.Errorf("%s: granted %q, allowed %q", row.name, granted, allowed)
		}
	}
}

func TestEveryExtraSaysWhatItGives(t *testing.T) {
	for _, e := range AccessFor(ToProbe|ToBeat|ToDrill|ToRead|ToFailOver|ToCheck|ToVerify, "p").Extras {
		if e.Gives == "" || len(e.Rules) == 0 {
			t.Errorf("%+v", e)
		}
	}
}

func TestAskingADiscoveryService(t *testing.T) {
	for command, want := range map[string]bool{
		"SENTINEL get-master-addr-by-name db": true, "sentinel GET-MASTER-ADDR-BY-NAME db@internal": true, "AUTH p": false, "HELLO 2 AUTH u p": false, "PING": false,
		"SENTINEL get-master-addr-by-name": false, "SENTINEL": false, "SENTINEL FAILOVER db": false, "SENTINEL SET db quorum 1": false,
		"PUBLISH " + k + " m": false, "CLUSTER SLOTS": false, "SET " + k + " v EX 1": false,
	} {
		var args [][]byte
		for _, arg := range strings.Fields(command) {
			args = append(args, []byte(arg))
		}
		if err := discovering("aafailover").check(args); (err == nil) != want {
			t.Errorf("%s: %v", command, err)
		}
	}
}
