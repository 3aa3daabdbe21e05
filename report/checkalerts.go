package report

import (
	"github.com/aafailover/aafailover/check/alerts"
)

// AlertsSchema is that of an AlertsDocument.
const AlertsSchema = "aafailover.alerts/v1"

// AlertsDocument is the result of `check alerts -o json`.
type AlertsDocument struct {
	Schema     string              `json:"schema"`
	Recordings []RecordingDocument `json:"recordings"` // to be evaluated before the alerts, which go by them
	Alerts     []AlertDocument     `json:"alerts"`
}

// RecordingDocument is an expression that is evaluated under a name.
type RecordingDocument struct {
	Name     string          `json:"name"`
	Exporter alerts.Exporter `json:"exporter"`
	Expr     string          `json:"expr"`
}

// AlertDocument is one alert rule for Prometheus.
type AlertDocument struct {
	Name        string          `json:"name"`
	Exporter    alerts.Exporter `json:"exporter"`
	Expr        string          `json:"expr"`
	For         Milliseconds    `json:"for_ms"`
	Severity    alerts.Severity `json:"severity"`
	Summary     string          `json:"summary"`
	Description string          `json:"description"`
	Rule        string          `json:"rule"` // of a check, about the same thing; ""
}

// NewAlertsDocument makes the document of the rules over what some exporters serve.
func NewAlertsDocument(exporters []alerts.Exporter) AlertsDocument {
	recordings := []RecordingDocument{}
	for _, e := range exporters {
		for _, r := range alerts.Recordings(e) {
			recordings = append(recordings, RecordingDocument{r.Name, e, r.Expr})
		}
	}
	return AlertsDocument{Schema: AlertsSchema, Recordings: recordings, Alerts: convert(alerts.Of(exporters), func(a alerts.Alert) AlertDocument {
		return AlertDocument{Name: a.Name, Exporter: a.Exporter, Expr: a.Expr, For: Milliseconds(a.For), Severity: a.Severity,
			Summary: a.Summary, Description: a.Description, Rule: a.Rule}
	})}
}
