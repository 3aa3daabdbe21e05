package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aafailover/aafailover/cmd"
)

// completions are what shells run to complete the commands, as the program itself prints it, by the names of files.
func completions() (map[string]string, error) {
	files := map[string]string{}
	for shell, ending := range map[string]string{"bash": ".bash", "zsh": ".zsh", "fish": ".fish", "powershell": ".ps1"} {
		var script strings.Builder
		args := []string{"completion", shell}
		if code := cmd.Run(context.Background(), cmd.Process{Args: args, Stdin: strings.NewReader(""), Stdout: &script, Stderr: os.Stderr}); code != 0 {
			return nil, fmt.Errorf("%s: exit code %d", strings.Join(args, " "), code)
		}
		files["aafailover"+ending] = script.String()
	}
	return files, nil
}
