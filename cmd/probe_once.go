package cmd

import (
	"slices"

	"github.com/spf13/pflag"
)

// chosen tells which flags were given, once those are left out that are of no use beside the others. The command line says what is
// meant, so what it has is never left out; the environment and the file are for many runs:
//
//   - --once excludes --for, --listen and --canary. If one side stands on the command line, the other is left out; of two that do
//     not, --once stays.
//   - What belongs to a flag, as --listen-cell-series does to --listen, counts only on the command line.
func (f *probeFlags) chosen(flags *pflag.FlagSet, onLine []string) (given func(flag string) bool) {
	excluded := []string{"for", "listen", "canary"}
	if !slices.Contains(onLine, "once") && slices.ContainsFunc(excluded, func(flag string) bool { return slices.Contains(onLine, flag) }) {
		f.once = false
	}
	left := []string{"listen-cell-series", "canary-expiry", "vitals-every"}
	if f.once {
		left = append(left, excluded...)
		if !slices.Contains(onLine, "for") {
			f.lasting = 0
		}
		if !slices.Contains(onLine, "listen") {
			f.listen = ""
		}
		if !slices.Contains(onLine, "canary") {
			f.canary = 0
		}
	}
	return func(flag string) bool {
		return slices.Contains(onLine, flag) || flags.Changed(flag) && !slices.Contains(left, flag)
	}
}
