package cmd

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/report"
)

// Set by the linker when a release is built.
var version, commit, date string

// versionName is the command that says which program it is.
const versionName = "version"

// newVersion reads no settings: the version can be told when they are wrong.
func newVersion(Process) *cobra.Command {
	c := &cobra.Command{
		Use:  versionName,
		Args: noArguments,
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

// pseudoVersion ends the version of a module of which a commit was asked for that has no tag: the time of the commit in UTC,
// and the first 12 digits of its hash (https://go.dev/ref/mod#pseudo-versions).
var pseudoVersion = lazy.Regexp{Text: `[-.](\d{14})-([0-9a-f]{12})(?:\+.*)?$`}

// ofPseudoVersion is what the version of a module says where `go install` took it from a proxy, which tells nothing else: the
// commit, and its date in RFC 3339. Of a tag it says neither.
func ofPseudoVersion(version string) (commit, date string) {
	found := pseudoVersion.Get().FindStringSubmatch(version)
	if found == nil {
		return "", ""
	}
	at, err := time.Parse("20060102150405", found[1])
	if err != nil {
		return "", ""
	}
	return found[2], at.Format(time.RFC3339)
}

// builtFrom prefers what the linker was told over what the Go tool noted: a release is built from a tag that the Go tool
// need not have seen.
func builtFrom(build *debug.BuildInfo, ok bool) origin {
	o := origin{version: version, commit: commit, date: date}
	if ok {
		noted := make(map[string]string)
		for _, s := range build.Settings {
			noted[s.Key] = s.Value
		}
		commit, date := ofPseudoVersion(build.Main.Version)
		o.version = cmp.Or(o.version, build.Main.Version)
		o.commit = cmp.Or(o.commit, noted["vcs.revision"], commit)
		o.date = cmp.Or(o.date, noted["vcs.time"], date)
	}
	return origin{version: cmp.Or(o.version, "(devel)"), commit: cmp.Or(o.commit, "unknown"), date: cmp.Or(o.date, "unknown")}
}
