package alerts

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Runbook is where the rules of package check are explained; the ID of one is a heading there.
const Runbook = "https://github.com/aafailover/aafailover/blob/main/docs/checks.md"

// The file of rules as Prometheus reads it: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/.
type (
	ruleFile struct {
		Groups []ruleGroup `yaml:"groups"`
	}
	ruleGroup struct {
		Name  string `yaml:"name"`
		Rules []any  `yaml:"rules"` // recordRule, alertRule
	}
	recordRule struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	alertRule struct {
		Alert       string          `yaml:"alert"`
		Expr        string          `yaml:"expr"`
		For         string          `yaml:"for,omitempty"`
		Labels      alertLabels     `yaml:"labels"`
		Annotations alertAnnotation `yaml:"annotations"`
	}
	alertLabels struct {
		Severity Severity `yaml:"severity"`
	}
	alertAnnotation struct {
		Summary     string `yaml:"summary"`
		Description string `yaml:"description"`
		Runbook     string `yaml:"runbook_url,omitempty"`
	}
)

// Write writes the rules over what some exporters serve as a file for rule_files of Prometheus, a group for each exporter.
func Write(w io.Writer, exporters []Exporter) error {
	var file ruleFile
	for _, e := range exporters {
		group := ruleGroup{Name: "aafailover " + string(e)}
		// In their order: an alert sees what was recorded before it at the same moment.
		for _, r := range Recordings(e) {
			group.Rules = append(group.Rules, recordRule{r.Name, r.Expr})
		}
		for _, a := range Of([]Exporter{e}) {
			group.Rules = append(group.Rules, a.rule())
		}
		file.Groups = append(file.Groups, group)
	}
	text, err := yaml.Marshal(file)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range exporters {
		names = append(names, string(e))
	}
	_, err = fmt.Fprintf(w, "# Alert rules for Redis by the metrics of %s, made by: aafailover check alerts --exporter %s\n"+
		"# For rule_files of Prometheus. Take what fits: limits are starting points. The labels that are relied on are job and instance, and of Redis Enterprise cluster and db.\n%s",
		strings.Join(names, ", "), strings.Join(names, ","), text)
	return err
}

func (a Alert) rule() alertRule {
	r := alertRule{Alert: a.Name, Expr: a.Expr, Labels: alertLabels{a.Severity},
		Annotations: alertAnnotation{Summary: a.Summary, Description: a.Description}}
	if a.For > 0 {
		r.For = promDuration(a.For)
	}
	if a.Rule != "" {
		r.Annotations.Runbook = Runbook + "#" + a.Rule
	}
	return r
}

// promDuration is a duration of whole seconds as Prometheus writes it, which knows no 1m0s.
func promDuration(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
