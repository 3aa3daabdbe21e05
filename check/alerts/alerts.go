// Package alerts holds alert rules for Prometheus: the signals by which a deployment of Redis says that it will not bear its
// next failure, or is not bearing this one.
//
//	exporters ──> Prometheus ──> Alert.Expr for Alert.For ──> somebody is called
//	                                  └─ Alert.Rule: what package check says about the same thing
//
// A check looks once, at how a deployment is set up; an alert watches what changes. Which of these signals are watched already
// is not ours to know: the rules are to be chosen from.
//
// The names of the metrics are those of the exporters: of redis_exporter and node_exporter as they serve them for a server, a
// replica, a sentinel and a node of a cluster of Redis 7.0, and of Redis Software by its documents. Nothing here asks anybody.
package alerts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
)

// Exporter is what serves the metrics that a rule is about.
type Exporter string

// The exporters.
const (
	// Redis is github.com/oliver006/redis_exporter, which asks servers, sentinels, and, with -is-cluster, the nodes of a
	// cluster. What is used here is served since 1.45.
	Redis Exporter = "redis_exporter"
	// Node is github.com/prometheus/node_exporter, on the machine of a server. Redis Software serves its metrics, too.
	Node Exporter = "node_exporter"
	// Enterprise is Redis Software itself, since 7.8, at https://CLUSTER:8070/v2.
	Enterprise Exporter = "redis-enterprise"
	// Probe is this program: aafailover probe --listen.
	Probe Exporter = "probe"
)

// Exporters are all of them, in their order.
func Exporters() []Exporter { return []Exporter{Redis, Node, Enterprise, Probe} }

// Severity is how soon somebody has to look.
type Severity string

// The severities.
const (
	Critical Severity = "critical" // now: it is not available, or loses writes when the next thing fails
	Warning  Severity = "warning"  // in working hours
)

// Alert is one rule.
type Alert struct {
	Name     string // in capitals and small letters, without blanks
	Exporter Exporter
	// Expr is PromQL: what it returns is what is wrong.
	Expr string
	// For is how long it must be so; 0: at once.
	For      time.Duration
	Severity Severity
	// Summary is what is wrong, and Description what that means and what to do; both are templates of Prometheus.
	Summary, Description string
	// Rule is the ID of the rule of package check that is about the same thing; "": none is.
	Rule string
}

// All are all rules, by exporter.
func All() []Alert {
	return slices.Concat(serverAlerts(), replicationAlerts(), persistenceAlerts(), memoryAlerts(), sentinelAlerts(), clusterAlerts(),
		machineAlerts(), enterpriseAlerts(), probeAlerts())
}

// Of are the rules over what some exporters serve.
func Of(exporters []Exporter) []Alert {
	return slices.DeleteFunc(All(), func(a Alert) bool { return !slices.Contains(exporters, a.Exporter) })
}

// ParseExporters returns the exporters of these names, in their order, each once. Errors: a name is none of one, with a hint.
func ParseExporters(names []string) ([]Exporter, error) {
	var known []string
	for _, e := range Exporters() {
		known = append(known, string(e))
	}
	var errs []error
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		advice := "the exporters are " + strings.Join(known, ", ")
		if near, ok := words.Nearest(name, known); ok {
			advice = "did you mean " + near + "?"
		}
		errs = append(errs, hint.Wrap(fmt.Errorf("there are no alerts for the exporter %q", name), advice))
	}
	if len(names) == 0 {
		errs = append(errs, hint.Wrap(errors.New("no exporter is named"), "the exporters are "+strings.Join(known, ", ")))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(Exporters(), func(e Exporter) bool { return !slices.Contains(names, string(e)) }), nil
}
