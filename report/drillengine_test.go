package report

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

// A drill on a lab of real servers says which they were, since it measured those.
func TestADrillTellsTheEngineOfItsLab(t *testing.T) {
	for engine, want := range map[string]string{"": " on the lab: ", "redis-server 7.0.15": " on the lab, with processes of redis-server 7.0.15: "} {
		r := DrillResult{Deployment: Lab, Record: &drill.Record{Engine: engine, Verdict: drill.Pass, To: -1, Maps: []slots.Map{{Region: "us"}, {Region: "eu"}}}}
		p := drillPage{drillView: drillView{r.Record}, deployment: Lab}
		p.headline()
		if got := strings.Join(strings.Fields(p.out.String()), " "); !strings.Contains(got+" ", want) {
			t.Errorf("%q: %s", engine, got)
		}
		if got := NewDrillDocument(r).Engine; got != engine {
			t.Errorf("%q: the document has %q", engine, got)
		}
	}
}
