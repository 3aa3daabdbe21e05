package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// CleanedSchema is that of a CleanedDocument.
const CleanedSchema = "aafailover.cleaned/v1"

// CleanedResult is what `drill clean` did.
type CleanedResult struct {
	Deployment Deployment
	Run        string
	Regions    []drill.Cleaned
	Expires    time.Time // when the last key of the run has expired, wherever it is; zero: not known
}

// Clean tells whether nothing is left anywhere, as far as every region could tell.
func (r CleanedResult) Clean() bool {
	for _, region := range r.Regions {
		if region.Failed > 0 || region.Left != 0 {
			return false
		}
	}
	return true
}

// CleanedDocument is the result of `drill clean`.
type CleanedDocument struct {
	Schema     string                  `json:"schema"`
	Deployment Deployment              `json:"deployment"`
	Run        string                  `json:"run"`
	Clean      bool                    `json:"clean"`
	Expires    Timestamp               `json:"expires"`
	Regions    []CleanedRegionDocument `json:"regions"`
}

// CleanedRegionDocument is what was done in one region.
type CleanedRegionDocument struct {
	Region  string `json:"region"`
	Removed int    `json:"removed"`
	Absent  int    `json:"absent"`
	Failed  int    `json:"failed"`
	Error   string `json:"error"`
	Left    *int   `json:"left"` // keys of the run, whoever wrote them; null where nobody could look
}

// NewCleanedDocument makes the document.
func NewCleanedDocument(r CleanedResult) CleanedDocument {
	return CleanedDocument{Schema: CleanedSchema, Deployment: r.Deployment, Run: r.Run, Clean: r.Clean(), Expires: Timestamp(r.Expires),
		Regions: convert(r.Regions, func(c drill.Cleaned) CleanedRegionDocument {
			d := CleanedRegionDocument{Region: c.Region, Removed: c.Removed, Absent: c.Absent, Failed: c.Failed}
			if c.Failed > 0 && c.Err != nil {
				d.Error = words.Said(c.Err.Error())
			}
			if c.Left >= 0 {
				d.Left = &c.Left
			}
			return d
		})}
}

// CleanedText writes what was removed in each region, and what is left there to expire.
func CleanedText(w io.Writer, style Style, r CleanedResult) error {
	rows := convert(r.Regions, func(c drill.Cleaned) []string {
		leftThere := "not known"
		if c.Left >= 0 {
			leftThere = words.Thousands(c.Left)
		}
		why := ""
		if c.Failed > 0 && c.Err != nil {
			why = words.Said(c.Err.Error())
		}
		return []string{words.Clean(c.Region), words.Thousands(c.Removed), words.Thousands(c.Absent), words.Thousands(c.Failed), leftThere, why}
	})
	columns := append(left("region"), right("removed", "not there", "failed", "left")...)
	text, err := style.table(append(columns, prose("")), rows)
	if err != nil {
		return err
	}
	var out strings.Builder
	word, t := "CLEAN", tone.Good
	sentence := fmt.Sprintf("nothing of run %s is left.", words.Clean(r.Run))
	if !r.Clean() {
		word, t = "LEFT", tone.Poor
		sentence = fmt.Sprintf("keys of run %s are left, or may be; they expire by themselves", words.Clean(r.Run))
		if !r.Expires.IsZero() {
			sentence += ", the last at " + style.date(r.Expires)
		}
		sentence += "."
	}
	out.WriteString(style.answer(word, t, sentence) + "\n" + text)
	_, err = io.WriteString(w, out.String())
	return err
}
