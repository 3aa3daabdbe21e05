package drill

import "context"

// Mistakes are the wrong turns of the analysis that tests switch on.
type Mistakes = mistakes

// The deliberate mistakes, each by its name.
var DeliberateMistakes = map[string]Mistakes{
	"the cut-over is off by one":   {cutOverOffByOne: true},
	"late is counted as lost":      {lateIsLost: true},
	"the missing fence is ignored": {fenceIgnored: true},
}

// RunMistaken is Run with a mistake in the analysis.
func RunMistaken(ctx context.Context, c Config, wrong Mistakes) (*Record, error) {
	return runWith(ctx, c, wrong)
}

// AnalyseMistaken is Analyse with a mistake in it.
func AnalyseMistaken(e Evidence, wrong Mistakes) []Missed { return analyse(e, wrong) }
