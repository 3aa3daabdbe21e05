package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
)

// Variable is the prefix of the environment variables that are settings: the name of the flag follows in upper case,
// with '_' for '-'.
const Variable = "AAFAILOVER_"

const allowWritesHint = "give --allow-writes on the command line: nothing else can allow writes to a region"

// Environment picks the settings out of environ, a list of NAME=VALUE as [os.Environ] gives it. The result has the
// names of flags as keys; known are the names of all flags of all commands. An empty variable counts as not
// set. An unknown variable with the prefix is an error that names the nearest known one. Not unknown, and
// not settings either, are the variables that are set for the commands that a drill runs (FROM, TO, RUN, ACTION_…, URL_…),
// those left to users for passwordEnv (PASSWORD, PASSWORD_…), and those by which completion is told what a shell can show
// (ACTIVE_HELP, COMPLETION_DESCRIPTIONS): the one for PowerShell sets ACTIVE_HELP for the rest of the session.
func Environment(environ, known []string) (map[string]string, error) {
	flags := slices.DeleteFunc(slices.Concat([]string{"config", "region", apiFlag}, settable(known)), func(flag string) bool {
		return isReserved(variableName(flag))
	})
	settings := map[string]string{}
	// In order, so that of several mistakes it is always the same one that is reported.
	for _, pair := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, Variable) || isReserved(name) {
			continue
		}
		if name == variableName(allowWrites) {
			return nil, hint.Wrap(fmt.Errorf("%s cannot be set in the environment", name), allowWritesHint)
		}
		i := slices.IndexFunc(flags, func(flag string) bool { return variableName(flag) == name })
		if i < 0 {
			advice := "unset it: all variables that begin with " + Variable + " are settings, one for each flag"
			if near, ok := words.Nearest(strings.TrimPrefix(name, Variable), flags); ok {
				advice = "did you mean " + variableName(near) + "?"
			}
			return nil, hint.Wrap(fmt.Errorf("unknown environment variable %s", name), advice)
		}
		if flags[i] == "regions" && strings.Contains(value, "://") {
			return nil, hint.Wrap(fmt.Errorf("%s: the names of a lab's regions belong there, and there is a URL", name), "did you mean "+variableName("region")+"?")
		}
		if value != "" {
			settings[flags[i]] = value
		}
	}
	return settings, nil
}

// allowWrites is the flag that stands on the command line or nowhere.
const allowWrites = "allow-writes"

// settable are the known flags that can be set by a variable or a key of the same name. --region, --api and --config are
// not among them: the file has `regions`, each with its `api`, and cannot name itself.
func settable(known []string) []string {
	var flags []string
	for _, flag := range known {
		switch flag {
		case "region", apiFlag, "config", allowWrites, "help", "version":
		default:
			flags = append(flags, flag)
		}
	}
	return flags
}

func variableName(flag string) string {
	return Variable + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func isReserved(name string) bool {
	rest := strings.TrimPrefix(name, Variable)
	switch rest {
	case "FROM", "TO", "RUN", "PASSWORD", "ACTIVE_HELP", "COMPLETION_DESCRIPTIONS":
		return true
	}
	return strings.HasPrefix(rest, "ACTION_") || strings.HasPrefix(rest, "URL_") || strings.HasPrefix(rest, "PASSWORD_")
}
