package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/check/alerts"
	"github.com/aafailover/aafailover/report"
)

func newCheckAlerts(p Process) *cobra.Command {
	var known []string
	for _, e := range alerts.Exporters() {
		known = append(known, string(e))
	}
	c := &cobra.Command{
		Use:   "alerts",
		Short: "Print Prometheus alert rules for the signals that are worth one",
		Long: `Prints a file for rule_files of Prometheus. A check looks once, at how a deployment is set up; these rules watch what changes:
replication links and their lag, persistence, memory, sentinels and clusters, failovers, and the machines below. Which of them you
have already is not for this command to know: take what you lack, and fit the limits.

The names of metrics are those of the exporters. redis_exporter is to be pointed at every server and sentinel, and run with
-is-cluster for a cluster; redis-enterprise is the endpoint /v2 of Redis Software 7.8 and later, which serves node_exporter's too;
probe is aafailover probe --listen, of which several observers vote on what is down.`,
		Example: `  aafailover check alerts > redis-alerts.yaml
  aafailover check alerts --exporter redis-enterprise,node_exporter`,
		Args: noArguments,
	}
	addSettings(c)
	output := addOutput(c, asYAML, asJSON)
	var names []string
	c.Flags().StringSliceVar(&names, "exporter", []string{string(alerts.Redis), string(alerts.Node)}, "print alerts on the metrics of these `EXPORTERS`: "+strings.Join(known, ", "))
	_ = c.RegisterFlagCompletionFunc("exporter", inList(known))
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		exporters, err := alerts.ParseExporters(names)
		if err != nil {
			return usage(err)
		}
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewAlertsDocument(exporters))
		}
		return alerts.Write(p.Stdout, exporters)
	}
	return c
}
