package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

// origin says what was measured, and where.
type origin struct{ commit, machine string }

// originOf asks git, the kernel and redis-server. What cannot be told is left out.
func originOf(ctx context.Context) origin {
	machine := []string{fmt.Sprintf("%d cores", runtime.NumCPU())}
	if model := processor(); model != "" {
		machine[0] += " of " + model
	}
	if kernel := answer(ctx, "uname", "-sr"); kernel != "" {
		machine = append(machine, kernel)
	} else {
		machine = append(machine, runtime.GOOS)
	}
	machine = append(machine, runtime.GOARCH, runtime.Version())
	if v := regexp.MustCompile(`v=(\S+)`).FindStringSubmatch(answer(ctx, "redis-server", "--version")); v != nil {
		machine = append(machine, "redis-server "+v[1])
	}
	commit := answer(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
	return origin{commit: commit, machine: strings.Join(machine, ", ")}
}

// processor is the model of the processor, where Linux tells.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	m := regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`).FindSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(string(m[1]))
}

// answer is what a program prints, or nothing.
func answer(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
