package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/simulate"
)

// Simulated says that a result comes from a model: no region was touched, not even one of the lab.
const Simulated Deployment = "simulated"

// SimulateResult is what `probe simulate` found.
type SimulateResult struct {
	Assessment *simulate.Assessment // not nil
	// Policy is how the policy is called: a sensitivity, or how it was given.
	Policy string
	// Proposed are the flags of the policy that was proposed; nil when none was asked for. Wanted is then what for.
	Proposed []string
	Wanted   simulate.Wanted
	// Clients are client libraries beside it; nil when they were not asked for. Commands is how many commands a second
	// their application issues.
	Clients  []simulate.ClientAssessment
	Commands float64
}

// SimulateText writes how often the policy raises a false alarm and how soon it notices what is broken, what that is made of,
// and how it is known.
func SimulateText(w io.Writer, style Style, r SimulateResult) error {
	p := simulatePage{style: style, a: r.Assessment, result: r}
	p.answer()
	p.detections()
	p.hazards()
	p.evidence()
	p.clients()
	p.footer()
	if p.err != nil {
		return p.err
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// simulatePage is the report of a simulation as it is put together.
type simulatePage struct {
	style  Style
	a      *simulate.Assessment
	result SimulateResult
	out    strings.Builder
	err    error // the first
}

func (p *simulatePage) table(columns []column, rows [][]string) {
	text, err := p.style.table(columns, rows)
	p.err = cmp.Or(p.err, err)
	p.out.WriteString("\n" + text)
}

// say writes a paragraph.
func (p *simulatePage) say(text string) { p.out.WriteString(p.style.wrap(text, 1) + "\n") }

// answer writes how seldom a false alarm is, how soon a fault is named, and a proposal to copy.
func (p *simulatePage) answer() {
	q := &p.a.Question
	p.out.WriteString(p.style.answer(strings.ToUpper(seldom(p.a.FalseAlarms())), tone.Unknown, fmt.Sprintf("with %s on %s × %s.%s",
		words.Clean(p.result.Policy), words.Count(q.Regions, "region"), words.Count(q.Shards, "shard"), p.named())))
	if p.result.Proposed != nil {
		flags := cmp.Or(strings.Join(p.result.Proposed, " "), "nothing to give: it is the default policy")
		p.out.WriteString("\n" + p.style.wrap(flags, 1) + "\n")
	}
}

// named says how soon each fault is named, if it is in 99 of 100 cases, and otherwise how often it is not.
func (p *simulatePage) named() string {
	var soon, missed []string
	runs, wrong := 0, 0
	for _, e := range p.a.Solved {
		d := p.detection(e.Fault)
		runs, wrong = runs+d.Runs, wrong+d.Wrong
		if rare(d.Missed, d.Runs) {
			soon = append(soon, faultText(e.Fault, len(soon) > 0)+" within "+words.Rough(p99(e, d)))
		} else {
			missed = append(missed, fmt.Sprintf("%s in %s runs", faultText(e.Fault, len(missed) > 0), outOf(d.Missed, d.Runs)))
		}
	}
	text := ""
	if len(soon) > 0 {
		text += fmt.Sprintf(" Named, in 99 of 100 cases: %s.", words.Enumerate(soon))
	}
	if len(missed) > 0 {
		text += fmt.Sprintf(" Not named at all: %s.", words.Enumerate(missed))
	}
	if !rare(wrong, runs) {
		text += fmt.Sprintf(" Something that was not broken was named in %s runs.", outOf(wrong, runs))
	}
	return text
}

// rare tells whether something is so no more often than in one of 100 cases.
func rare(n, all int) bool { return 100*n <= all }

// detection is what was simulated of a fault; the zero Detection when nothing was.
func (p *simulatePage) detection(f simulate.Fault) simulate.Detection {
	for _, d := range p.a.Detections {
		if d.Fault == f {
			return d
		}
	}
	return simulate.Detection{}
}

// p99 is what was simulated, where something was. The longest of few runs is not yet that of 99 in 100.
func p99(e simulate.Expectation, d simulate.Detection) time.Duration {
	switch {
	case d.Runs == 0:
		return e.P99
	case d.Runs < 100:
		return max(e.P99, d.P99)
	}
	return d.P99
}

// seldom says how often something happens that happens so many times a year.
func seldom(perYear float64) string {
	const almostNever = 1e-6
	switch {
	case perYear < almostNever:
		return "less than 1 false alarm in a million years"
	case perYear < 0.5:
		return fmt.Sprintf("1 false alarm in %s years", significant(1/perYear))
	}
	return fmt.Sprintf("%s false alarms a year", significant(perYear))
}

// significant returns a number to two digits, with commas.
func significant(x float64) string {
	x = finite(x)
	switch {
	case x == 0:
		return "0"
	case math.Abs(x) < 0.0001:
		return fmt.Sprintf("%.1e", x)
	case math.Abs(x) < 10:
		return fmt.Sprintf("%.2g", x)
	case math.Abs(x) > 1e15:
		return fmt.Sprintf("%.1e", x)
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(x)))-1)
	return words.Thousands(int64(math.Round(x/unit) * unit))
}

// faultText names a fault, in short when one of an endpoint was named before.
func faultText(f simulate.Fault, again bool) string {
	switch f {
	case simulate.Refused:
		return "a refused endpoint"
	case simulate.Hung:
		if !again {
			return "a hung endpoint"
		}
		return "a hung one"
	case simulate.Silent:
		return "a silent link"
	}
	return words.Clean(string(f))
}

func (p *simulatePage) detections() {
	simulated := len(p.a.Detections) > 0
	columns := append(left("fault"), right("formula: median", "99%")...)
	if simulated {
		columns = append(columns, right("simulated: median", "99%", "longest", "named", "wrong")...)
	}
	var rows [][]string
	for i, e := range p.a.Solved {
		row := []string{string(e.Fault), words.Rough(e.Median), words.Rough(e.P99)}
		if simulated {
			d := p.a.Detections[i]
			row = append(row, words.Rough(d.Median), words.Rough(d.P99), words.Rough(d.Max), outOf(d.Runs-d.Missed, d.Runs), words.Thousands(d.Wrong))
		}
		rows = append(rows, row)
	}
	p.table(columns, rows)
}

func outOf(n, all int) string {
	return fmt.Sprintf("%s of %s", words.Thousands(n), words.Thousands(all))
}

func (p *simulatePage) hazards() {
	columns := append(left("false alarms from"), right("occasions a year", "false alarms a year")...)
	p.table(append(columns, prose("how it is known")), convert(p.a.Hazards, func(h simulate.Hazard) []string {
		alarms := "-"
		if h.Solved != nil {
			alarms = significant(*h.Solved)
			if h.AtMost {
				alarms = "at most " + alarms
			}
		} else if h.Counted != nil && h.Counted.Alarms > 0 {
			alarms = "about " + significant(h.Counted.Share()*h.PerYear)
		}
		return []string{p.hazardText(h.Kind), significant(h.PerYear), alarms, known(h)}
	}))
}

func (p *simulatePage) hazardText(k simulate.HazardKind) string {
	n := &p.a.Question.Network
	switch k {
	case simulate.LossHazard:
		return "messages lost or late"
	case simulate.AnswerHazard:
		return "answers late"
	case simulate.ServerPauseHazard:
		return "pauses of a shard, " + words.Rough(n.ServerPause.Length)
	case simulate.ObserverPauseHazard:
		return "pauses of the observer, " + words.Rough(n.ObserverPause.Length)
	case simulate.SlowdownHazard:
		return fmt.Sprintf("delays growing to %g times", n.SlowdownFactor)
	}
	return words.Plain(k)
}

// known says how what is said of a hazard is known.
func known(h simulate.Hazard) string {
	var said []string
	if h.Solved != nil {
		of := "shard"
		if h.Kind == simulate.LossHazard {
			of = "cell"
		}
		said = append(said, "solved, for "+words.Count(h.Each, of))
	}
	if c := h.Counted; c != nil {
		said = append(said, fmt.Sprintf("simulated, %s: 95%% sure that less than %s", outOf(c.Alarms, c.Occasions), percent(c.Upper())))
	}
	return cmp.Or(strings.Join(said, "; "), "only simulated, and --solved leaves that out")
}

// percent returns a share to two digits.
func percent(share float64) string { return significant(100*share) + "%" }

// evidence writes what else was simulated.
func (p *simulatePage) evidence() {
	if r := p.a.Return; r != nil {
		p.out.WriteString("\n")
		text := fmt.Sprintf("Regions that came back while their links were dead: %s were called safe to return to before the links were mended", outOf(r.TooEarly, r.Runs))
		if r.Never < r.Runs {
			text += fmt.Sprintf(", the others %s after (median; %s at the most)", words.Rough(r.Median), words.Rough(r.Max))
		}
		if r.Never > 0 {
			text += fmt.Sprintf("; %s never were", outOf(r.Never, r.Runs))
		}
		text += "."
		p.say(text)
	}
	if g := p.a.Agreement; g != nil {
		p.say(fmt.Sprintf("Formula and simulation: with --down %d and %s of the messages lost a link raises %s false alarms an hour by formula; "+
			"%s ± %s were counted (%s in %s).", g.Down, percent(g.Loss), significant(g.Solved), significant(g.Counted), significant(g.Error),
			words.Thousands(g.Alarms), words.Rough(g.Time)))
	}
}

// clients writes the defaults of client libraries beside the policy.
func (p *simulatePage) clients() {
	if p.result.Clients == nil {
		return
	}
	columns := append(left("who watches"), right("refused: median", "99%", "hung: median", "99%")...)
	columns = append(columns, left("silent link")...)
	columns = append(columns, right("false alarms a year")...)
	own := []string{"aafailover probe"}
	for _, e := range p.a.Solved {
		median, p99 := e.Median, e.P99
		for _, d := range p.a.Detections {
			if d.Fault == e.Fault {
				median, p99 = d.Median, d.P99
			}
		}
		if e.Fault == simulate.Silent {
			own = append(own, words.Rough(p99))
			continue
		}
		own = append(own, words.Rough(median), words.Rough(p99))
	}
	rows := [][]string{append(own, significant(p.a.FalseAlarms()), "when its links carry messages again")}
	for _, c := range p.result.Clients {
		back := "after " + words.Typed(c.FirstReturn) + " to " + words.Typed(c.LastReturn) + " of PINGs, whatever its data"
		rows = append(rows, []string{c.Client.Name, words.Rough(c.Refused.Median), words.Rough(c.Refused.P99), words.Rough(c.Hung.Median), words.Rough(c.Hung.P99),
			"never", significant(c.FalseAlarms), back})
	}
	p.table(append(columns, prose("goes back to a region")), rows)
	p.say(fmt.Sprintf("Client libraries by their published defaults, checks simulated from those, with an application of %s commands a second. "+
		"One PING that fails counts; retries and what an application does beside are left out.", words.Amount(p.result.Commands)))
}

// footer says what was modelled, and what to do next.
func (p *simulatePage) footer() {
	q := &p.a.Question
	n := &q.Network
	text := fmt.Sprintf("Simulated: nothing was sent to any region. Model: every path takes %s at the median, log-normal with sigma %g, in order; %s of the messages between regions are lost",
		words.Rough(n.Delay), n.Sigma, percent(n.Loss))
	if n.Burst > 0 {
		text += fmt.Sprintf(", in bursts of %s on average", words.Rough(n.Burst))
	}
	if n.Retransmit > 0 {
		text += fmt.Sprintf("; %s of everything is sent again by TCP", percent(n.Retransmit))
	}
	text += "; paths are independent of one another."
	if p.a.Asked > 0 {
		text += fmt.Sprintf(" Simulated with %s of the %s asked for: more would take longer than some 30 s of CPU.",
			words.Count(q.Runs, "run"), words.Thousands(p.a.Asked))
	}
	text += fmt.Sprintf(" The probe publishes %s messages/s and pings %s times/s; a message on a link may take %s.",
		words.Amount(p.a.Cost.MessagesPerSecond), words.Amount(p.a.Cost.PingsPerSecond), words.Rough(p.a.Deadline))
	p.out.WriteString("\n" + p.style.faint(p.style.wrap(text, 0)) + "\n")
	if p.result.Proposed == nil {
		p.out.WriteString(p.style.wrap("To look for another policy: aafailover probe simulate --propose --false-alarms-every 10y --within 3s", 0) + "\n")
	}
}
