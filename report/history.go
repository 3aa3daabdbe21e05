package report

import (
	"fmt"
	"io"
	"time"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// HistorySchema is that of a HistoryDocument.
const HistorySchema = "aafailover.history/v1"

// HistoryDocument is the result of `drill history`.
type HistoryDocument struct {
	Schema string                 `json:"schema"`
	Folder string                 `json:"folder"`
	Runs   []HistoryEntryDocument `json:"runs"` // the newest first
}

// HistoryEntryDocument is one run. What was not measured is null: the run was killed, or the application never moved.
type HistoryEntryDocument struct {
	Run        string         `json:"run"`
	Started    Timestamp      `json:"started"`
	State      archive.State  `json:"state"`
	Scenario   string         `json:"scenario"`
	Deployment string         `json:"deployment"`
	Regions    []string       `json:"regions"`
	User       string         `json:"user"`
	Host       string         `json:"host"`
	Version    string         `json:"version"`
	Verdict    *drill.Verdict `json:"verdict"`
	RTO        *Milliseconds  `json:"rto_ms"`
	RPO        RPODocument    `json:"rpo_ms"`
	Missed     *int           `json:"missed"`
	Lost       *int           `json:"lost"`
}

// NewHistoryDocument makes the document of the runs that are kept in a folder.
func NewHistoryDocument(folder string, runs []archive.Entry) HistoryDocument {
	return HistoryDocument{Schema: HistorySchema, Folder: folder, Runs: convert(runs, func(e archive.Entry) HistoryEntryDocument {
		b := e.Begin
		d := HistoryEntryDocument{Run: e.Run, Started: Timestamp(b.At), State: e.State, Scenario: b.Scenario, Deployment: b.Deployment,
			Regions: list(b.Names()), User: b.User, Host: b.Host, Version: b.Version}
		if end := e.End; end != nil {
			d.Verdict, d.Missed, d.Lost, d.RTO = &end.Verdict, end.Missed, end.Lost, milliseconds(end.RTO)
			d.RPO = RPODocument{Missed: milliseconds(end.RPOMissed), Lost: milliseconds(end.RPOLost)}
		}
		return d
	})}
}

// HistoryText writes a row for each run, the newest first.
func HistoryText(w io.Writer, style Style, folder string, runs []archive.Entry) error {
	if len(runs) == 0 {
		_, err := fmt.Fprintf(w, "No drill is kept in %s.\n", words.Clean(folder))
		return err
	}
	rows := convert(runs, func(e archive.Entry) []string {
		row := []string{words.Clean(e.Run), e.Begin.At.In(style.zone()).Format("2006-01-02 15:04:05"), words.Clean(e.Begin.Scenario),
			style.paint(historyWord(e), tone.Of(historyWord(e)))}
		row = append(row, historyNumbers(e.End)...)
		return append(row, words.Clean(historyPlace(e.Begin)))
	})
	columns := append(left("run", "when ("+words.Clean(zoneName(style, runs[0].Begin.At))+")", "scenario", "verdict"), right("RTO", "RPO", "missed", "lost")...)
	text, err := style.table(append(columns, prose("on")), rows)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

func zoneName(style Style, at time.Time) string { return at.In(style.zone()).Format("MST") }

// historyWord is the verdict, or how it is with a run that has none.
func historyWord(e archive.Entry) string {
	if e.End == nil {
		return string(e.State)
	}
	return string(e.End.Verdict)
}

// historyNumbers are RTO, RPO of the missed writes, missed and lost; "-" where they were not measured.
func historyNumbers(end *archive.Result) []string {
	cells := []string{"-", "-", "-", "-"}
	if end == nil {
		return cells
	}
	if end.RTO != nil {
		cells[0] = words.Rough(*end.RTO)
	}
	if end.RPOMissed != nil {
		cells[1] = words.Rough(*end.RPOMissed)
	}
	for i, n := range []*int{end.Missed, end.Lost} {
		if n != nil {
			cells[2+i] = words.Thousands(*n)
		}
	}
	return cells
}

func historyPlace(b archive.Begin) string {
	if b.Deployment == string(Lab) {
		return "the lab"
	}
	return words.Enumerate(b.Names())
}
