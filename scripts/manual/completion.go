package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// completions are what shells run to complete the commands, by the name of the shell.
func completions(root *cobra.Command) (map[string]string, error) {
	var bash, zsh, fish, powershell strings.Builder
	err := errors.Join(root.GenBashCompletionV2(&bash, true), root.GenZshCompletion(&zsh), root.GenFishCompletion(&fish, true),
		root.GenPowerShellCompletionWithDesc(&powershell))
	return map[string]string{"aafailover.bash": bash.String(), "aafailover.zsh": zsh.String(), "aafailover.fish": fish.String(),
		"aafailover.ps1": powershell.String()}, err
}
