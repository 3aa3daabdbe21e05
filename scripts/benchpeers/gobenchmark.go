package main

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// goBenchmark is a compiled test program of a package, whose benchmarks can be run again and again.
type goBenchmark struct{ program, folder string }

// goBenchmark compiles the benchmarks of a package of the project, such as "./slots".
func (s *stand) goBenchmark(ctx context.Context, pkg string) (goBenchmark, error) {
	b := goBenchmark{program: filepath.Join(s.folder, path.Base(pkg)+".test"), folder: filepath.FromSlash(pkg)}
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", b.program, pkg).CombinedOutput(); err != nil {
		return goBenchmark{}, fmt.Errorf("build the benchmarks of %s: %w: %s", pkg, err, out)
	}
	return b, nil
}

// run runs the benchmarks that a pattern of `go test -bench` matches, each for a time such as "200ms" or a number such as
// "1x", and returns what they report: by name, as in "Cover/5x16/even", and by unit, as in "ns/op" or "B/op".
func (b goBenchmark) run(ctx context.Context, pattern, benchtime string) (map[string]map[string]float64, error) {
	c := exec.CommandContext(ctx, b.program, "-test.run=^$", "-test.bench="+pattern, "-test.benchtime="+benchtime, "-test.benchmem")
	c.Dir = b.folder
	out, err := c.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("benchmark %s of %s: %w: %s", pattern, b.folder, err, out)
	}
	all := parseBenchmarks(string(out))
	if len(all) == 0 {
		return nil, fmt.Errorf("no benchmark of %s matches %s", b.folder, pattern)
	}
	return all, nil
}

// parseBenchmarks reads the lines of https://go.dev/design/14313-benchmark-format: a name with the number of processors at
// its end, how often it ran, and values each before its unit.
func parseBenchmarks(out string) map[string]map[string]float64 {
	all := map[string]map[string]float64{}
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(words[0], "Benchmark")
		if at := strings.LastIndexByte(name, '-'); at > 0 {
			name = name[:at]
		}
		values := map[string]float64{}
		for i := 2; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				values[words[i+1]] = v
			}
		}
		all[name] = values
	}
	return all
}
