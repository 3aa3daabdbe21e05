package docs_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/check/alerts"
)

// Every metric that is declared is explained, and every one that is recorded.
func TestMonitoringIsExplained(t *testing.T) {
	t.Parallel()
	document := readDocument(t, "monitoring.md")
	source := readDocument(t, "../report/metrics.go") + readDocument(t, "../report/metricsstate.go") + readDocument(t, "../report/metricslinks.go")
	declared := regexp.MustCompile(`= +(gauge|counter)\("([a-z_]+)"|(gauge|counter|description)\(prefix\+"([a-z_]+)"`).FindAllStringSubmatch(source, -1)
	if len(declared) < 40 {
		t.Errorf("only %d metrics found", len(declared))
	}
	var named []string
	for _, d := range declared {
		name := "aafailover_" + d[2]
		if d[2] == "" {
			name = "aafailover_link_" + d[4]
		}
		if d[1] == "counter" || d[3] == "counter" {
			name += "_total"
		}
		named = append(named, name)
	}
	for _, r := range alerts.Recordings(alerts.Probe) {
		named = append(named, r.Name)
	}
	for _, name := range named {
		if !strings.Contains(document, "`"+name+"`") {
			t.Errorf("monitoring.md does not speak of %s", name)
		}
	}
	// And none that is not there.
	for _, m := range regexp.MustCompile("`(aafailover_[a-z_]+)`").FindAllStringSubmatch(document, -1) {
		found := false
		for _, name := range named {
			found = found || name == m[1]
		}
		if !found {
			t.Errorf("monitoring.md speaks of %s, which is not there", m[1])
		}
	}
	for _, m := range regexp.MustCompile("`(Aafailover[A-Za-z]+)`").FindAllStringSubmatch(document, -1) {
		found := false
		for _, a := range alerts.Of([]alerts.Exporter{alerts.Probe}) {
			found = found || a.Name == m[1]
		}
		if !found {
			t.Errorf("monitoring.md speaks of %s, which is no alert", m[1])
		}
	}
}
