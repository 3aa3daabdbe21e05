package report

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aafailover/aafailover/probe"
)

// Metrics serves a probe to Prometheus: a collector that reads the newest snapshot when it is asked, and counts events. It keeps
// nothing else, so that it is as small after a year as after a minute. It is safe for concurrent use.
//
//	probe.Run ─ snapshots ─> Put ──> newest ─┐
//	          ─ events ────> Count ──────────┴─> Collect <── a scrape
//
// What it serves, and what the names promise, stands in docs/monitoring.md. Times are in seconds. A state is a metric for each
// value that it can have, of which one is 1 and the others are 0. What is not known is not there: no evidence is not 0.
type Metrics struct {
	config MetricsConfig
	newest atomic.Pointer[probe.Snapshot]

	mu     sync.Mutex
	events map[probe.EventKind]uint64
	kinds  []probe.EventKind
}

// MetricsConfig is what a snapshot does not tell.
type MetricsConfig struct {
	Deployment      Deployment
	Version, Commit string // of this program
	// CellSeries is how many series of single cells are served at most. Where the cells have more, there are none of them, and
	// aafailover_cells_omitted says so; those of links and regions are there always. 0: none.
	CellSeries int
}

var _ prometheus.Collector = (*Metrics)(nil)

// NewMetrics returns the metrics of a probe that has said nothing yet.
func NewMetrics(c MetricsConfig) *Metrics {
	m := &Metrics{config: c, events: map[probe.EventKind]uint64{}}
	// Those of which a rule asks whether they have grown are there from the start, since what appears with 1 has not grown.
	for _, k := range []probe.EventKind{probe.EventVerdict, probe.EventRegion, probe.EventShard, probe.EventLink, probe.EventCell, probe.EventObserver, probe.EventTopology} {
		m.kinds, m.events[k] = append(m.kinds, k), 0
	}
	return m
}

// Put replaces the snapshot that is served.
func (m *Metrics) Put(s *probe.Snapshot) { m.newest.Store(s) }

// Count counts an event.
func (m *Metrics) Count(e probe.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.events[e.Kind]; !known {
		m.kinds = append(m.kinds, e.Kind)
	}
	m.events[e.Kind]++
}

// Describe tells of no metric beforehand, which is how a collector says that what it sends depends on what there is.
func (m *Metrics) Describe(chan<- *prometheus.Desc) {}

// Collect sends what is known now.
func (m *Metrics) Collect(metrics chan<- prometheus.Metric) {
	to := series{metrics}
	to.put(buildInfo, 1, m.config.Version, m.config.Commit)
	to.put(observerInfo, 1, string(m.config.Deployment))
	m.mu.Lock()
	for _, k := range m.kinds {
		to.count(events, m.events[k], string(k))
	}
	m.mu.Unlock()
	s := m.newest.Load()
	if s == nil {
		return
	}
	to.verdict(s)
	to.observer(s)
	for i := range s.Regions {
		to.region(&s.Regions[i], i == 0)
	}
	for i := range s.Links {
		to.link(&s.Links[i])
	}
	to.cells(s, m.config.CellSeries)
}

// family is one metric, with all its labels. It is described when it is first served: most commands serve nothing.
type family struct {
	name, help string // as told, without what all names begin with
	labels     []string
	kind       prometheus.ValueType // of a histogram: not used

	once      sync.Once
	described *prometheus.Desc
}

// gauge and counter do nothing but to fill in a family, which the compiler does where all of it is written down.
func gauge(name, help string, labels ...string) *family {
	return &family{name: name, help: help, labels: labels, kind: prometheus.GaugeValue}
}

func counter(name, help string, labels ...string) *family {
	return &family{name: name, help: help, labels: labels, kind: prometheus.CounterValue}
}

// desc describes the metric.
func (f *family) desc() *prometheus.Desc {
	f.once.Do(func() {
		name := "aafailover_" + f.name
		if f.kind == prometheus.CounterValue {
			name += "_total"
		}
		f.described = prometheus.NewDesc(name, f.help, f.labels, nil)
	})
	return f.described
}

// series are sent one by one.
type series struct{ to chan<- prometheus.Metric }

// put sends a value.
func (s series) put(f *family, value float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(f.desc(), f.kind, value, clean(labels)...)
}

// clean returns labels that are text: a label that is not makes Prometheus refuse all.
func clean(labels []string) []string {
	return convert(labels, func(l string) string { return strings.ToValidUTF8(l, "\uFFFD") })
}

func (s series) count(f *family, n uint64, labels ...string) { s.put(f, float64(n), labels...) }

func (s series) truth(f *family, is bool, labels ...string) {
	value := 0.0
	if is {
		value = 1
	}
	s.put(f, value, labels...)
}
