package check_test

import (
	"errors"
	"testing"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/redisconf"
)

// What a profile sets keeps to the target that is named after it: by itself, and with replicas of which one is asked for.
func TestAProfileKeepsToItsTarget(t *testing.T) {
	for _, name := range redisconf.Profiles() {
		t.Run(name, func(t *testing.T) {
			conf, err := redisconf.Profile(name)
			if err != nil {
				t.Fatal(err)
			}
			var pairs []string
			for d := range conf.All() {
				switch value, _ := conf.Get(d.Name); d.Name {
				case "repl-backlog-size", "auto-aof-rewrite-min-size": // CONFIG GET has them in bytes
				case "client-output-buffer-limit":
				default:
					pairs = append(pairs, d.Name, value)
				}
			}
			target := profile(t, name)
			if target.Profile != name || target.RPO == nil || target.RTO == nil || target.Outage == 0 || target.CertificateFor == 0 {
				t.Errorf("it is %+v", target)
			}
			pairs = append(pairs, "maxmemory", "1073741824")
			alone := facts(region("us", defaults(pairs...), followed()))
			if name != redisconf.LowLatency {
				pairs = append(pairs, "min-replicas-to-write", "1")
			}
			replicated := facts(region("us", defaults(pairs...), replica(nil, pairs...), watchedBy(3), followed(follower("10.0.0.2:6379"), follower("10.0.0.3:6379"))))
			for what, f := range map[string]*check.Facts{"a file of it": fromFile(facts(region("us", defaults(pairs...)))), "with replicas": replicated, "alone": alone} {
				bad := outcomes(t, f, target, check.Passed, check.NotApplicable, check.Untold)
				switch what {
				case "alone":
					delete(bad, "replicas")          // it has none, which is said
					delete(bad, "promised-recovery") // so that nothing takes over
					delete(bad, "min-replicas")
				case "with replicas":
					if name == redisconf.LowLatency {
						delete(bad, "promised-loss") // nothing bounds what a promotion takes, and an hour is asked for
					}
				}
				delete(bad, "appendonly") // of low latency: the hour of its snapshots is within its RPO
				if len(bad) > 0 {
					t.Errorf("%s: %v", what, bad)
				}
			}
		})
	}
	if _, err := check.TargetOf("none"); !errors.Is(err, redisconf.ErrNoProfile) {
		t.Errorf("a profile that is none: %v", err)
	}
}
