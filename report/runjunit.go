package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// WriteJUnit writes a recording for systems that run tests: of a drill, a case for each condition and one for its verdict; of a probe, one for each region and
// link and one for its verdict; of several drills, a suite of each. What could not be observed is an error, not a failure.
func WriteJUnit(w io.Writer, r Recorded) error {
	var suites []junitSuite
	switch {
	case r.Probe != nil:
		suites = append(suites, probeSuite(r.Probe))
	case r.Drill != nil:
		suites = append(suites, drillSuite(r.Drill, "drill"))
	case r.Promotion != nil:
		suites = append(suites, promotionSuite(r.Promotion))
	case r.Topology != nil:
		for i := range r.Topology.Results {
			suites = append(suites, promotionSuite(&r.Topology.Results[i]))
		}
	case r.Durability != nil:
		suites = append(suites, durabilitySuite(r.Durability))
	}
	for i := range suites {
		for k := range suites[i].cases {
			suites[i].cases[k].clean()
		}
	}
	return writeJUnit(w, "aafailover", suites)
}

// clean takes control characters out of what a server may have said.
func (c *junitCase) clean() {
	c.name, c.said = words.Clean(c.name), words.Clean(c.said)
	for _, r := range []*junitRemark{c.failed, c.errored, c.skipped} {
		if r != nil {
			r.message, r.text = words.Clean(r.message), words.Clean(r.text)
		}
	}
}

func promotionSuite(d *PromotionDocument) junitSuite {
	return drillSuite(&d.DrillDocument, "drill of a "+string(d.Topology))
}

func drillSuite(d *DrillDocument, kind string) junitSuite {
	class := "aafailover.drill." + d.Scenario
	s := junitSuite{name: words.Clean(kind + " " + d.Scenario), at: time.Time(d.Started)}
	for _, p := range d.Phases {
		s.took += max(time.Duration(p.Duration), 0)
	}
	verdict := junitCase{class: class, name: "verdict", took: s.took, said: d.Lesson}
	remark := &junitRemark{message: d.Reason, kind: string(d.Verdict), text: d.Lesson}
	switch d.Verdict {
	case drill.Pass:
	case drill.Fail:
		verdict.failed = remark
	default:
		verdict.errored = remark
	}
	s.cases = append(s.cases, verdict)
	for _, a := range d.Assertions {
		c := junitCase{class: class, name: a.Expr, said: "measured: " + a.Value}
		switch {
		case a.OK:
		case !d.disproved(a):
			c.skipped = &junitRemark{message: "the drill is inconclusive; measured: " + a.Value}
		default:
			c.failed = &junitRemark{message: "measured: " + a.Value, kind: "assertion", text: fmt.Sprintf("asserted: %s; measured: %s", a.Expr, a.Value)}
		}
		s.cases = append(s.cases, c)
	}
	return s
}

func probeSuite(d *ProbeDocument) junitSuite {
	s := junitSuite{name: "probe", at: time.Time(d.Started)}
	if !time.Time(d.Started).IsZero() {
		s.took = max(time.Time(d.At).Sub(time.Time(d.Started)), 0)
	}
	verdict := junitCase{class: "aafailover.probe", name: "verdict", took: s.took, said: d.Advice}
	var texts []string
	for _, f := range d.Findings {
		texts = append(texts, f.Text)
	}
	remark := &junitRemark{message: d.Sentence, kind: string(d.Verdict), text: strings.Join(texts, "; ")}
	switch d.Verdict {
	case probe.Healthy:
	case probe.Unobservable:
		verdict.errored = remark
	default:
		verdict.failed = remark
	}
	s.cases = append(s.cases, verdict)
	for _, r := range d.Regions {
		c := junitCase{class: "aafailover.probe.region", name: r.Name, said: string(r.State)}
		switch r.State {
		case probe.RegionAvailable:
		case probe.RegionUnobservable:
			c.errored = &junitRemark{message: "nothing is known of it", kind: string(r.State)}
		default:
			c.failed = &junitRemark{message: fmt.Sprintf("%s: %s", r.State, causeText(r.Cause)), kind: r.Cause, text: r.Detail}
		}
		s.cases = append(s.cases, c)
	}
	for _, l := range d.Links {
		if l.From != l.To {
			s.cases = append(s.cases, linkCase(l))
		}
	}
	return s
}

func linkCase(l LinkDocument) junitCase {
	c := junitCase{class: "aafailover.probe.link", name: l.From + "→" + l.To, said: fmt.Sprintf("%s, round trip p50 %s, p99 %s", l.State, roughly(l.RTT.P50, "not known"), roughly(l.RTT.P99, "not known"))}
	switch l.State {
	case probe.LinkUp:
	case probe.LinkUnknown:
		c.errored = &junitRemark{message: "no evidence, neither good nor bad", kind: string(l.State)}
	default:
		c.failed = &junitRemark{message: string(l.State), kind: string(l.State), text: c.said}
	}
	return c
}

// durabilitySuite has a case for each row, which fails where more was lost than is promised.
func durabilitySuite(d *DurabilityDocument) junitSuite {
	s := junitSuite{name: "durability"}
	for _, r := range d.Rows {
		c := junitCase{class: "aafailover.durability." + r.Configuration, name: r.Name, said: fmt.Sprintf("%s lost of %s acknowledged", words.Thousands(r.Lost), words.Thousands(r.Acknowledged))}
		switch {
		case !r.Measured:
			c.skipped = &junitRemark{message: r.Reason}
		case !r.kept():
			c.failed = &junitRemark{message: fmt.Sprintf("promised %s, measured %s", roughly(r.RPOPromised, "no bound"), roughly(r.RPOMeasured, "nothing")), kind: "promise", text: c.said}
		}
		s.cases = append(s.cases, c)
	}
	return s
}
