package promtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/aafailover/aafailover/check/alerts"
	"github.com/aafailover/aafailover/cmd"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// deploy is the folder of what is there to be deployed.
const deploy = "../../docs/deploy"

// dashboard is what a dashboard of Grafana has, as far as this one uses it. The model is that of schema version 39:
// https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/.
type dashboard struct {
	Title, UID, Description, Refresh, Timezone string
	Tags                                       []string
	SchemaVersion, Version, GraphTooltip       int
	Editable                                   bool
	Time                                       struct{ From, To string }
	Annotations                                struct{ List []any }
	Links                                      []any
	Templating                                 struct {
		List []struct {
			Name, Label, Type, Definition string
			Datasource                    *datasource
			Query                         any
			Hide, Refresh, Sort           int
			IncludeAll, Multi             bool
			Current                       map[string]any
		}
	}
	Panels []struct {
		ID                       int
		Type, Title, Description string
		Datasource               datasource
		GridPos                  struct{ X, Y, W, H int }
		FieldConfig              struct {
			Defaults  field
			Overrides []any
		}
		Options panelOptions
		Targets []struct {
			RefID, Expr, LegendFormat string
			Datasource                datasource
			Instant, Range            bool
		}
	}
}

type datasource struct{ Type, UID string }

// field is how the values of a panel are shown.
type field struct {
	Unit     string
	Min, Max *float64
	Color    *struct{ Mode string }
	Mappings []struct {
		Type    string
		Options map[string]struct {
			Text, Color string
			Index       int
		}
	}
	Thresholds *struct {
		Mode  string
		Steps []struct {
			Color string
			Value *float64
		}
	}
}

// panelOptions are those of all kinds of panels.
type panelOptions struct {
	ShowValue   string
	MergeValues bool
	Legend      *struct {
		ShowLegend             bool
		DisplayMode, Placement string
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, "grafana-dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d
}

// expressions are those of the panels, with what Grafana would put in place of its variables.
func (d dashboard) expressions() map[string]string {
	put := strings.NewReplacer("$__rate_interval", "1m", "$job", "aafailover")
	all := map[string]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all["panel "+p.Title+" "+target.RefID] = put.Replace(target.Expr)
		}
	}
	return all
}

// Panels are of kinds that Grafana has, say what they show, ask the chosen Prometheus, and lie beside each other.
func TestTheDashboardIsOneOfGrafana(t *testing.T) {
	d := readDashboard(t)
	if d.Title == "" || d.UID == "" || d.SchemaVersion != 39 || len(d.Panels) < 8 {
		t.Errorf("%+v", d)
	}
	variables := map[string]bool{}
	for _, v := range d.Templating.List {
		variables[v.Name] = true
	}
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range d.Panels {
		if !map[string]bool{"stat": true, "timeseries": true, "state-timeline": true}[p.Type] || p.Title == "" || !strings.HasSuffix(p.Description, ".") || ids[p.ID] || len(p.Targets) == 0 {
			t.Errorf("panel %d %q lacks something", p.ID, p.Title)
		}
		ids[p.ID] = true
		if f := p.FieldConfig.Defaults; f.Color != nil && f.Color.Mode != "thresholds" || f.Thresholds != nil && (f.Thresholds.Mode != "absolute" || f.Thresholds.Steps[0].Value != nil) ||
			!map[string]bool{"": true, "short": true, "s": true, "ops": true, "bytes": true, "percentunit": true}[f.Unit] || len(f.Mappings) > 0 && f.Mappings[0].Type != "value" {
			t.Errorf("%s is shown as Grafana cannot: %+v", p.Title, f)
		}
		refs := map[string]bool{}
		for _, target := range p.Targets {
			if target.Datasource != (datasource{"prometheus", "${datasource}"}) || refs[target.RefID] || target.Instant == target.Range || target.LegendFormat == "" {
				t.Errorf("%s: %+v", p.Title, target)
			}
			refs[target.RefID] = true
			for _, v := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(target.Expr, -1) {
				if v[1] != "__rate_interval" && !variables[v[1]] {
					t.Errorf("%s: there is no variable %s", p.Title, v[0])
				}
			}
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, there := taken[[2]int{x, y}]; there || x >= 24 {
					t.Fatalf("%s lies on %q, or beside the page", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// The timeline of verdicts has a row for each observer, which says the verdict in words.
func TestTheDashboardTellsEachVerdict(t *testing.T) {
	d := readDashboard(t)
	said := d.Panels[0].FieldConfig.Defaults.Mappings[0].Options
	for _, verdict := range probe.Verdicts() {
		got := values(t, d.expressions()["panel "+d.Panels[0].Title+" A"], verdicts("a", verdict))
		if len(got) != 1 || said[fmt.Sprint(got[0])].Text != strings.ReplaceAll(string(verdict), "_", " ") {
			t.Errorf("%s is shown as %v: %v", verdict, got, said)
		}
	}
}

// A link that delivers is shown as one, also when the last scrape is a minute old.
func TestTheDashboardDoesNotTakeTheAgeOfAScrapeForSilence(t *testing.T) {
	for _, p := range readDashboard(t).Panels {
		if !strings.Contains(p.Targets[0].Expr, "aafailover_link_last_delivered_timestamp_seconds") {
			continue
		}
		got := values(t, readDashboard(t).expressions()["panel "+p.Title+" A"], "aafailover_snapshot_timestamp_seconds{"+observer("a")+"} 0+60x399\n"+
			"aafailover_link_last_delivered_timestamp_seconds{"+observer("a")+",from=\"us\",to=\"eu\"} -0.5+60x399\n")
		if len(got) != 1 || got[0] != 0.5 {
			t.Errorf("%s: %v, want 0.5", p.Title, got)
		}
		return
	}
	t.Error("no panel shows it")
}

// The file of rules is what the program prints.
func TestTheFileOfRulesIsNotStale(t *testing.T) {
	var want bytes.Buffer
	if err := alerts.Write(&want, []alerts.Exporter{alerts.Probe}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(deploy, "prometheus-rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("make it anew: aafailover check alerts --exporter probe > docs/deploy/prometheus-rules.yaml")
	}
}

// Everything that a rule or a panel asks for is served by a real probe, or recorded, and has the labels that are asked for.
func TestWhatIsAskedForIsServed(t *testing.T) {
	have := scrape(t)
	maps.Copy(have, ofARegionThatIsDown(t))
	for _, r := range alerts.Recordings(alerts.Probe) {
		have[r.Name] = map[string]map[string]bool{}
		for _, l := range []string{"region", "from", "to"} {
			have[r.Name][l] = nil
		}
	}
	asked := readDashboard(t).expressions()
	for _, r := range alerts.Recordings(alerts.Probe) {
		asked[r.Name] = r.Expr
	}
	for _, a := range alerts.Of([]alerts.Exporter{alerts.Probe}) {
		asked[a.Name] = a.Expr
	}
	for where, expr := range asked {
		parsed, err := parser.ParseExpr(expr)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
			if selector, ok := node.(*parser.VectorSelector); ok {
				served(t, where, selector, have)
			}
			return nil
		})
	}
}

// ofARegionThatIsDown is what is served only then.
func ofARegionThatIsDown(t *testing.T) map[string]map[string]map[string]bool {
	t.Helper()
	m := report.NewMetrics(report.MetricsConfig{Deployment: report.Lab})
	m.Put(&probe.Snapshot{Regions: []probe.Region{{Name: "us", State: probe.RegionDown, Cause: probe.Authentication}}})
	registry := prometheus.NewRegistry()
	registry.MustRegister(m)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "aafailover_region_cause" {
			return stored(map[string]*dto.MetricFamily{f.GetName(): f})
		}
	}
	t.Fatal("a region that is down has no cause")
	return nil
}

// served checks that there is what a selector selects from; the labels job and instance are Prometheus' own.
func served(t *testing.T, where string, selector *parser.VectorSelector, have map[string]map[string]map[string]bool) {
	t.Helper()
	there, ok := have[selector.Name]
	if !ok {
		t.Errorf("%s: nobody serves %s", where, selector.Name)
		return
	}
	for _, m := range selector.LabelMatchers {
		if m.Name == labels.MetricName || m.Name == "job" || m.Name == "instance" {
			continue
		}
		values, ok := there[m.Name]
		matched := false
		for value := range values {
			matched = matched || m.Matches(value)
		}
		if !ok || !matched {
			t.Errorf("%s: %s has no %s", where, selector.Name, m)
		}
	}
}

// scrape runs a probe on a lab of its own, scrapes it once it has a verdict, and returns the names of what it serves, as Prometheus
// stores them, with the values of their labels.
func scrape(t *testing.T) map[string]map[string]map[string]bool {
	t.Helper()
	for _, variable := range []string{"XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"} {
		t.Setenv(variable, t.TempDir())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	stderr := &watched{seen: make(chan struct{})}
	ended := make(chan int, 1)
	go func() {
		ended <- cmd.Run(ctx, cmd.Process{Args: []string{"probe", "--lab", "--listen", "127.0.0.1:0", "-o", "json"}, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: stderr})
	}()
	defer func() {
		cancel()
		if code := <-ended; code != 130 {
			t.Errorf("the probe ended with %d: %s", code, stderr.all())
		}
	}()
	select {
	case <-stderr.seen:
	case <-ctx.Done():
		t.Fatal(stderr.all())
	}
	address := "http://" + regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(stderr.all())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) *http.Response {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	for look := time.NewTicker(20 * time.Millisecond); ; <-look.C {
		answer := get("/readyz")
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			look.Stop()
			break
		}
	}
	answer := get("/metrics")
	defer answer.Body.Close()
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return stored(families)
}

// stored are the names and labels of families as Prometheus stores them.
func stored(families map[string]*dto.MetricFamily) map[string]map[string]map[string]bool {
	have := map[string]map[string]map[string]bool{}
	for name, f := range families {
		names := []string{name}
		if f.GetType() == dto.MetricType_HISTOGRAM {
			names = []string{name + "_bucket", name + "_count", name + "_sum"}
		}
		for _, name := range names {
			have[name] = map[string]map[string]bool{}
			for _, m := range f.Metric {
				for _, l := range m.Label {
					if have[name][l.GetName()] == nil {
						have[name][l.GetName()] = map[string]bool{}
					}
					have[name][l.GetName()][l.GetValue()] = true
				}
			}
		}
	}
	return have
}

// watched is what the probe says, and closes seen when it serves.
type watched struct {
	mu   sync.Mutex
	text strings.Builder
	seen chan struct{}
	done bool
}

// Write adds to what was said.
func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if !w.done && strings.Contains(w.text.String(), "there is no authentication\n") {
		w.done = true
		close(w.seen)
	}
	return len(p), nil
}

func (w *watched) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
