package cmd

import (
	"testing"

	"github.com/aafailover/aafailover/internal/config"
)

// The settings that packages bring to begin with are settings of the program.
func TestTheSettingsToBeginWithAreTaken(t *testing.T) {
	t.Parallel()
	root := newRoot(Process{})
	file, err := config.Load("../docs/examples/aafailover.yaml", allFlagNames(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Regions) != 2 || len(file.Settings) == 0 {
		t.Errorf("%d regions, settings %+v", len(file.Regions), file.Settings)
	}
	for _, r := range file.Regions {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
	}
	probe, _, err := root.Find([]string{"probe"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range file.Settings {
		if err := probe.Flags().Set(s.Flag, s.Value); err != nil {
			t.Errorf("%s: %v", s.Place, err)
		}
	}
}
