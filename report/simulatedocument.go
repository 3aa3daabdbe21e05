package report

import (
	"cmp"

	"github.com/aafailover/aafailover/simulate"
)

// SimulateSchema is the schema of [SimulateDocument].
const SimulateSchema = "aafailover.simulate/v1"

// SimulateDocument is the result of `probe simulate`.
type SimulateDocument struct {
	Schema     string         `json:"schema"`
	Deployment Deployment     `json:"deployment"` // always "simulated"
	Policy     PolicyDocument `json:"policy"`
	// Proposed are the flags of a policy that was proposed; empty when none was asked for.
	Proposed []string        `json:"proposed"`
	Network  NetworkDocument `json:"network"`
	Regions  int             `json:"regions"`
	Shards   int             `json:"shards"` // of each region
	Runs     int             `json:"runs"`
	Asked    int             `json:"runs_asked"` // more than runs when so many would have taken too long
	Seed     uint64          `json:"seed"`
	Cost     CostDocument    `json:"cost"`
	// Deadline is the deadline of links that was worked with, of those that adapt the median.
	Deadline Milliseconds `json:"deadline_ms"`
	// FalseAlarms is the sum of what could be solved.
	FalseAlarms float64             `json:"false_alarms_per_year"`
	Hazards     []HazardDocument    `json:"hazards"`
	Detections  []DetectionDocument `json:"detections"`
	Return      *ReturnDocument     `json:"return"`    // null when nothing was simulated
	Agreement   *AgreementDocument  `json:"agreement"` // null when nothing was simulated
	Clients     []ClientDocument    `json:"clients"`   // empty when not asked for
}

// NetworkDocument is the model of the network: see [simulate.Network].
type NetworkDocument struct {
	Delay          Milliseconds     `json:"delay_ms"`
	Sigma          float64          `json:"sigma"`
	Loss           float64          `json:"loss"`
	Burst          Milliseconds     `json:"burst_ms"`
	Retransmit     float64          `json:"retransmit"`
	ServerPause    OccasionDocument `json:"server_pause"`
	ObserverPause  OccasionDocument `json:"observer_pause"`
	Slowdown       OccasionDocument `json:"slowdown"`
	SlowdownFactor float64          `json:"slowdown_factor"`
}

// OccasionDocument is something that happens now and then; zeros when it never does.
type OccasionDocument struct {
	Length Milliseconds `json:"length_ms"`
	Every  Milliseconds `json:"every_ms"`
}

// HazardDocument is something that false alarms come from: see [simulate.Hazard].
type HazardDocument struct {
	Kind    simulate.HazardKind `json:"kind"`
	Each    int                 `json:"each"`
	PerYear float64             `json:"occasions_per_year"`
	Solved  *float64            `json:"false_alarms_per_year"` // null where it cannot be solved
	AtMost  bool                `json:"at_most"`
	Counted *CountDocument      `json:"simulated"` // null where nothing was simulated
}

// CountDocument is what a simulation has counted. Upper is what the share is less than with 95 % confidence.
type CountDocument struct {
	Occasions int     `json:"occasions"`
	Alarms    int     `json:"alarms"`
	Upper     float64 `json:"share_upper_95"`
}

// DetectionDocument is how soon a fault is named, by formula and in simulations.
type DetectionDocument struct {
	Fault   simulate.Fault     `json:"fault"`
	Formula DistributionMillis `json:"formula_ms"`
	// Simulated is null when nothing was.
	Simulated *DistributionMillis `json:"simulated_ms"`
	Runs      int                 `json:"runs"`
	Missed    int                 `json:"missed"`
	Wrong     int                 `json:"wrong"`
}

// DistributionMillis is how times are distributed; Max is null where there is none.
type DistributionMillis struct {
	P50 Milliseconds  `json:"p50"`
	P99 Milliseconds  `json:"p99"`
	Max *Milliseconds `json:"max"`
}

// ReturnDocument is what became of regions that came back: see [simulate.Return].
type ReturnDocument struct {
	Runs     int          `json:"runs"`
	TooEarly int          `json:"too_early"`
	Never    int          `json:"never"`
	Median   Milliseconds `json:"median_ms"`
	Max      Milliseconds `json:"max_ms"`
}

// AgreementDocument compares the two methods: see [simulate.Agreement].
type AgreementDocument struct {
	Loss    float64      `json:"loss"`
	Down    int          `json:"down"`
	Solved  float64      `json:"solved_per_hour"`
	Counted float64      `json:"simulated_per_hour"`
	Error   float64      `json:"standard_error"`
	Alarms  int          `json:"alarms"`
	Time    Milliseconds `json:"simulated_ms"`
}

// ClientDocument is a client library by its published defaults: see [simulate.ClientAssessment].
type ClientDocument struct {
	Name        string             `json:"name"`
	Refused     DistributionMillis `json:"refused_ms"`
	Hung        DistributionMillis `json:"hung_ms"`
	FalseAlarms float64            `json:"false_alarms_per_year"`
	FirstReturn Milliseconds       `json:"first_return_ms"`
	LastReturn  Milliseconds       `json:"last_return_ms"`
}

// NewSimulateDocument makes the document.
func NewSimulateDocument(r SimulateResult) SimulateDocument {
	a, q := r.Assessment, &r.Assessment.Question
	d := SimulateDocument{
		Schema: SimulateSchema, Deployment: Simulated, Policy: policyDocument(q.Policy), Proposed: list(r.Proposed),
		Network: networkDocument(q.Network), Regions: q.Regions, Shards: q.Shards, Runs: q.Runs, Asked: cmp.Or(a.Asked, q.Runs), Seed: q.Seed,
		Cost: costDocument(a.Cost), Deadline: Milliseconds(a.Deadline), FalseAlarms: finite(a.FalseAlarms()),
		Hazards: convert(a.Hazards, hazardDocument), Clients: convert(r.Clients, clientDocument),
	}
	for i, e := range a.Solved {
		one := DetectionDocument{Fault: e.Fault, Formula: DistributionMillis{P50: Milliseconds(e.Median), P99: Milliseconds(e.P99)}}
		if i < len(a.Detections) {
			s := a.Detections[i]
			one.Simulated, one.Runs, one.Missed, one.Wrong = new(distribution(s)), s.Runs, s.Missed, s.Wrong
		}
		d.Detections = append(d.Detections, one)
	}
	if s := a.Return; s != nil {
		d.Return = &ReturnDocument{Runs: s.Runs, TooEarly: s.TooEarly, Never: s.Never, Median: Milliseconds(s.Median), Max: Milliseconds(s.Max)}
	}
	if g := a.Agreement; g != nil {
		d.Agreement = &AgreementDocument{Loss: g.Loss, Down: g.Down, Solved: finite(g.Solved), Counted: finite(g.Counted),
			Error: finite(g.Error), Alarms: g.Alarms, Time: Milliseconds(g.Time)}
	}
	return d
}

func distribution(d simulate.Detection) DistributionMillis {
	return DistributionMillis{P50: Milliseconds(d.Median), P99: Milliseconds(d.P99), Max: milliseconds(&d.Max)}
}

func networkDocument(n simulate.Network) NetworkDocument {
	occasion := func(o simulate.Occasion) OccasionDocument {
		return OccasionDocument{Length: Milliseconds(o.Length), Every: Milliseconds(o.Every)}
	}
	return NetworkDocument{Delay: Milliseconds(n.Delay), Sigma: n.Sigma, Loss: n.Loss, Burst: Milliseconds(n.Burst), Retransmit: n.Retransmit,
		ServerPause: occasion(n.ServerPause), ObserverPause: occasion(n.ObserverPause), Slowdown: occasion(n.Slowdown), SlowdownFactor: n.SlowdownFactor}
}

func hazardDocument(h simulate.Hazard) HazardDocument {
	d := HazardDocument{Kind: h.Kind, Each: h.Each, PerYear: finite(h.PerYear), AtMost: h.AtMost}
	if h.Solved != nil {
		d.Solved = new(finite(*h.Solved))
	}
	if c := h.Counted; c != nil {
		d.Counted = &CountDocument{Occasions: c.Occasions, Alarms: c.Alarms, Upper: c.Upper()}
	}
	return d
}

func clientDocument(c simulate.ClientAssessment) ClientDocument {
	return ClientDocument{Name: c.Client.Name, Refused: distribution(c.Refused), Hung: distribution(c.Hung), FalseAlarms: finite(c.FalseAlarms),
		FirstReturn: Milliseconds(c.FirstReturn), LastReturn: Milliseconds(c.LastReturn)}
}
