package cmd

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/report"
)

// Set by the linker when a release is built.
var version, commit, date string

// newVersion reads no settings: the version can be told when they are wrong.
func newVersion() *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cobra.NoArgs,
	}
	output := addOutput(c, asTable, asJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		v := builtFrom(debug.ReadBuildInfo())
		if output.chosen == asJSON {
			return report.WriteJSON(c.OutOrStdout(), versionDocument{"aafailover.version/v1", v.version, v.commit, v.date, runtime.Version()})
		}
		_, err := fmt.Fprintf(c.OutOrStdout(), "aafailover %s\ncommit %s\ndate %s\n%s %s/%s\n",
			v.version, v.commit, v.date, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	}
	return c
}

// versionDocument is the version in JSON.
type versionDocument struct {
	Schema  string `json:"schema"`
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"` // "unknown", or RFC 3339
	Go      string `json:"go"`
}

// origin is what a program was built from.
type origin struct{ version, commit, date string }

// builtFrom prefers what the linker was told over what the Go tool noted: a release is built from a tag that the Go tool
// need not have seen.
func builtFrom(build *debug.BuildInfo, ok bool) origin {
	o := origin{version: version, commit: commit, date: date}
	if ok {
		noted := make(map[string]string)
		for _, s := range build.Settings {
			noted[s.Key] = s.Value
		}
		o.version = cmp.Or(o.version, build.Main.Version)
		o.commit = cmp.Or(o.commit, noted["vcs.revision"])
		o.date = cmp.Or(o.date, noted["vcs.time"])
	}
	return origin{version: cmp.Or(o.version, "(devel)"), commit: cmp.Or(o.commit, "unknown"), date: cmp.Or(o.date, "unknown")}
}
