package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// ofStart is about what every command waits for, and what the program weighs.
func ofStart() []experiment {
	return []experiment{
		{
			name:  "start.commands",
			title: "The whole process, beside a program that imports the same packages of others and does nothing",
			lines: []line{
				{name: "version", what: "`aafailover version`", peer: "an empty program", unit: "ms", aim: ratioAtMost(1.3)},
				{name: "help", what: "`aafailover --help`", peer: "an empty program", unit: "ms", aim: ratioAtMost(1.3)},
			},
			prepare: besideEmpty,
		},
		{
			name:    "start.size",
			title:   "The program as it is released for this system",
			lines:   []line{{name: "binary", what: "the file, without symbols", unit: "MB", aim: atMost(25)}},
			prepare: sizeOfProgram,
		},
		labStart(3, 3, atMost(20), aim{}),
		labStart(5, 256, atMost(300), atMost(100)),
		{
			name:  "start.drill",
			title: "`aafailover drill`, with nothing said, beside the phases that it reports",
			long:  true,
			lines: []line{{name: "overhead", what: "the whole process", peer: "its phases", unit: "ms", aim: excessAtMost(1000)}},
			prepare: func(_ context.Context, s *stand) (repetition, error) {
				program, err := s.program()
				if err != nil {
					return nil, err
				}
				return func(ctx context.Context, _ int) ([]reading, error) { return drilled(ctx, program) }, nil
			},
		},
	}
}

func besideEmpty(ctx context.Context, s *stand) (repetition, error) {
	ours, err := s.program()
	if err != nil {
		return nil, err
	}
	empty, err := emptyProgram(ctx, s.folder)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, _ int) ([]reading, error) {
		version, err := programs(ctx, []string{ours, "version"}, []string{empty})
		if err != nil {
			return nil, err
		}
		help, err := programs(ctx, []string{ours, "--help"}, []string{empty})
		return []reading{version, help}, err
	}, nil
}

func sizeOfProgram(_ context.Context, s *stand) (repetition, error) {
	program, err := s.program()
	if err != nil {
		return nil, err
	}
	return func(context.Context, int) ([]reading, error) {
		stat, err := os.Stat(program)
		if err != nil {
			return nil, err
		}
		return alone(float64(stat.Size()) / 1e6), nil
	}, nil
}

// emptyProgram builds a program that imports what ours imports, of other modules and of the standard library, and does nothing.
// Its source is in no folder of the project: an overlay puts it there for the build alone.
func emptyProgram(ctx context.Context, folder string) (string, error) {
	imports, err := importsOfOthers(ctx)
	if err != nil {
		return "", err
	}
	var source strings.Builder
	source.WriteString("package main\n\nimport (\n")
	for _, path := range imports {
		fmt.Fprintf(&source, "\t_ %q\n", path)
	}
	source.WriteString(")\n\nfunc main() {}\n")
	file := filepath.Join(folder, "empty.go")
	if err := os.WriteFile(file, []byte(source.String()), 0o600); err != nil {
		return "", err
	}
	const pkg = "scripts/benchpeers/empty"
	here, err := filepath.Abs(filepath.FromSlash(pkg))
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(here, "main.go"): file}})
	if err != nil {
		return "", err
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	target := filepath.Join(folder, "empty")
	return target, build(ctx, target, "./"+pkg, "-overlay", list)
}

// importsOfOthers are the packages of other modules and of the standard library that packages of ours import, as far as they are in
// the program.
func importsOfOthers(ctx context.Context) ([]string, error) {
	const ours = "github.com/aafailover/aafailover"
	c := exec.CommandContext(ctx, "go", "list", "-tags", releaseTags, "-deps", "-f", `{{if .Module}}{{if eq .Module.Path "`+ours+`"}}{{join .Imports "\n"}}{{end}}{{end}}`, ".")
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("list what the program imports: %w", err)
	}
	var all []string
	for _, path := range strings.Fields(string(out)) {
		if path != ours && !strings.HasPrefix(path, ours+"/") && path != "C" && path != "unsafe" {
			all = append(all, path)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
