package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/words"
)

// CompareSchema is that of a CompareDocument.
const CompareSchema = "aafailover.drill-compare/v1"

// CompareResult is what one scenario came to with several clients.
type CompareResult struct {
	Scenario drill.Scenario
	Rate     float64 // writes a second that were asked for
	Seed     uint64
	// Times are those of the clients that are not the policy, and Usual what they are by default.
	Times, Usual ClientTimes
	Runs         []ComparedRun
}

// ClientTimes are how long a client stays away from a region that has failed, and how often it looks for the way back.
type ClientTimes struct{ Grace, Return time.Duration }

// ComparedRun is the drill with one client.
type ComparedRun struct {
	Client string
	Result DrillResult
	Err    error // why it did not come to its end; nil when it did
}

// CompareDocument is the result of `drill compare`.
type CompareDocument struct {
	Schema     string             `json:"schema"`
	Deployment Deployment         `json:"deployment"`
	Scenario   string             `json:"scenario"`
	Rate       float64            `json:"rate"`
	Seed       uint64             `json:"seed"`
	Grace      Milliseconds       `json:"client_grace_ms"`
	Return     Milliseconds       `json:"client_return_ms"`
	Clients    []ComparedDocument `json:"clients"`
}

// ComparedDocument is what one client came to.
type ComparedDocument struct {
	Client string `json:"client"`
	// Moved says that the application got to another region; without, nothing of what follows was measured.
	Moved bool `json:"moved"`
	// Moves, as "us->eu", in their order.
	Moves []string `json:"moves"`
	// RTO is null without a failover.
	RTO    *Milliseconds `json:"rto_ms"`
	Missed int           `json:"missed"`
	Lost   int           `json:"lost"`
	// BackAfter is from the heal to the first write in the first region; null when nobody returned.
	BackAfter *Milliseconds `json:"back_after_ms"`
	// WrongFailbacks counts the returns to a region that took no write, or lacked writes which were there to be had; Early counts
	// the latter.
	WrongFailbacks int `json:"wrong_failbacks"`
	Early          int `json:"early"`
	// Unacknowledged counts writes that the application could not make: refused, unanswered, unsent, or never begun.
	Unacknowledged int           `json:"unacknowledged"`
	Error          string        `json:"error"` // "" when the drill came to its end
	Drill          DrillDocument `json:"drill"`
}

// NewCompareDocument makes the document.
func NewCompareDocument(r CompareResult) CompareDocument {
	d := CompareDocument{Schema: CompareSchema, Scenario: r.Scenario.Name, Rate: finite(r.Rate), Seed: r.Seed,
		Grace: Milliseconds(r.Times.Grace), Return: Milliseconds(r.Times.Return), Clients: convert(r.Runs, comparedDocument)}
	if len(r.Runs) > 0 {
		d.Deployment = r.Runs[0].Result.Deployment
	}
	return d
}

func comparedDocument(r ComparedRun) ComparedDocument {
	rec := r.Result.Record
	v := drillView{rec}
	d := ComparedDocument{Client: r.Client, Moved: rec.CutOverAt != nil, Missed: rec.AtFailover(), Lost: rec.Count(drill.Lost),
		BackAfter: milliseconds(rec.Failback.Done), WrongFailbacks: wrongFailbacks(rec), Early: rec.Early,
		Unacknowledged: rec.Writes.Rejected + rec.Writes.Indeterminate + rec.Writes.Unsent + rec.HeldBack,
		Drill:          NewDrillDocument(r.Result)}
	d.Moves = convert(rec.Moves, func(m drill.Move) string { return v.region(m.From) + "->" + v.region(m.To) })
	if rto, ok := rec.RTO(); ok {
		d.RTO = milliseconds(&rto.Total)
	}
	if r.Err != nil {
		d.Error = r.Err.Error()
	}
	return d
}

// wrongFailbacks counts the returns to a region that took no write, and those at which writes were missing, where some
// were there to be had.
func wrongFailbacks(r *drill.Record) int {
	n := 0
	for _, m := range r.Moves {
		if m.Kind == failover.FailBack && (m.CutOverAt == nil || m.Missing > 0 && r.Early > 0) {
			n++
		}
	}
	return n
}

// strandedAtHome tells whether a return ended in a region that took no write.
func strandedAtHome(r *drill.Record) bool {
	return slices.ContainsFunc(r.Moves, func(m drill.Move) bool { return m.Kind == failover.FailBack && m.CutOverAt == nil })
}

// CompareText writes what the clients came to, one in a row.
func CompareText(w io.Writer, style Style, r CompareResult) error {
	rows := convert(r.Runs, func(run ComparedRun) []string {
		d := comparedDocument(run)
		row := []string{d.Client, "-", "-", "-", words.Thousands(d.Unacknowledged), "-", "-", compareWords(run, d)}
		if d.Moved {
			row[2], row[3] = words.Thousands(d.Missed), words.Thousands(d.Lost)
		}
		if d.RTO != nil {
			row[1] = roughMilliseconds(d.RTO)
		}
		if d.BackAfter != nil {
			row[5], row[6] = roughMilliseconds(d.BackAfter), words.Thousands(d.Early)
		}
		return row
	})
	columns := append(left("client"), right("RTO", "missed", "lost", "unwritten", "back after", "early")...)
	text, err := style.table(append(columns, prose("course")), rows)
	if err != nil {
		return err
	}
	head := fmt.Sprintf("%s: %s; %s writes/s; the same faults for each client", words.Clean(r.Scenario.Name), words.Clean(r.Scenario.Summary),
		strconv.FormatFloat(r.Rate, 'g', -1, 64))
	width := style.columns()
	_, err = fmt.Fprintf(w, "%s\n\n%s\n%s\n", words.Fold(head, 0, width), text, words.Fold(compareLegend+r.unlikeUsual(), 0, width))
	return err
}

const compareLegend = "missed: acknowledged, and not readable where the application went. lost: proven to be nowhere any more. " +
	"unwritten: refused, unanswered, or never begun. early: writes that were not readable in the first region when the " +
	"application came back, and were elsewhere or came later."

// unlikeUsual says what the clients would do by default; "" where that is what they did.
func (r CompareResult) unlikeUsual() string {
	if r.Times == r.Usual {
		return ""
	}
	return fmt.Sprintf(" back after: ping and timeout stayed away for %s and looked for the way back every %s here; by default that is %s and %s.",
		words.Typed(r.Times.Grace), words.Typed(r.Times.Return), words.Typed(r.Usual.Grace), words.Typed(r.Usual.Return))
}

// compareWords says what a client did.
func compareWords(run ComparedRun, d ComparedDocument) string {
	switch {
	case run.Err != nil && errors.Is(run.Err, drill.ErrNotHealthy):
		return "did not begin: the deployment was not healthy"
	case run.Err != nil:
		return "did not come to its end: " + words.Clean(run.Err.Error())
	case len(run.Result.Record.Moves) == 0:
		return "stayed in " + words.Clean(drillView{run.Result.Record}.region(run.Result.Record.From))
	}
	rec := run.Result.Record
	v := drillView{rec}
	text := words.Clean(v.region(rec.Moves[0].From))
	for _, m := range rec.Moves {
		text += "→" + words.Clean(v.region(m.To))
	}
	switch back := rec.Made(failover.FailBack); {
	case strandedAtHome(rec):
		text += ", back to a region that took no write"
	case d.WrongFailbacks > 0:
		text += ", back to a region that lacked " + words.Count(d.Early, "write")
	case back == 0:
		text += ", and did not return"
	}
	return text
}

// roughMilliseconds is a duration of a document, for people.
func roughMilliseconds(m *Milliseconds) string { return words.Rough(time.Duration(*m)) }
