package report

import (
	"github.com/aafailover/aafailover/check/alerts"
)

// AlertsSchema is that of an AlertsDocument.
const AlertsSchema = "aafailover.alerts/v1"

// AlertsDocument is the result of `check alerts -o json`.
type AlertsDocument struct {
	Schema string          `json:"schema"`
	Alerts []AlertDocument `json:"alerts"`
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

// NewAlertsDocument makes the document.
func NewAlertsDocument(all []alerts.Alert) AlertsDocument {
	return AlertsDocument{Schema: AlertsSchema, Alerts: convert(all, func(a alerts.Alert) AlertDocument {
		return AlertDocument{Name: a.Name, Exporter: a.Exporter, Expr: a.Expr, For: Milliseconds(a.For), Severity: a.Severity,
			Summary: a.Summary, Description: a.Description, Rule: a.Rule}
	})}
}
