package cmd

import (
	"fmt"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
)

// otherFiles is room for all that a probe opens besides its connections to the regions.
const otherFiles = 32

// enoughFiles says whether this process may open as many files as the connections of a probe take, out of most. Those that it could not
// open would be taken for the fault of regions, while it is the observer that is short of something.
func enoughFiles(cost probe.Cost, most uint64) error {
	needs := uint64(cost.Connections) + otherFiles
	if needs <= most {
		return nil
	}
	return hint.Wrap(fmt.Errorf("the probe would open %d connections, and this process may have %d files open", cost.Connections, most),
		fmt.Sprintf("raise its limit to %d at the least: ulimit -n %d, or LimitNOFILE=%d in the unit of a service", needs, needs, needs))
}
