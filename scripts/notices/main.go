// Command notices writes the licences of everything that is in the program, `notices FILE`: of Go itself and of every module
// that a package of the program comes from, on any system that a release is made for. A module without one is an error. The texts
// come from the module cache; that the modules are what go.sum says is for the Go tool to check.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: notices FILE")
		os.Exit(2)
	}
	if err := writeFile(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "notices: %v\n", err)
		os.Exit(1)
	}
}

func writeFile(path string) error {
	text, err := notices(".")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// systems are those of goreleaser.yaml: some modules are in the program on one of them only.
var systems = []string{"linux", "darwin", "windows"}

// module is a part of the program with a licence of its own.
type module struct{ Path, Version, Dir string }

// notices is the text for the program in a folder.
func notices(program string) (string, error) {
	var b strings.Builder
	b.WriteString("aafailover contains the following software, under the licences that follow each name.\n")
	all := map[string]module{}
	for _, system := range systems {
		if err := modulesOn(program, system, all); err != nil {
			return "", err
		}
	}
	goRoot, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(goRoot)), "\n")
	rule := strings.Repeat("=", 80)
	for _, m := range slices.Concat([]module{{"Go", strings.TrimPrefix(lines[1], "go"), lines[0]}}, inOrder(all)) {
		texts, err := licences(m.Dir)
		if err != nil {
			return "", fmt.Errorf("%s %s: %w", m.Path, m.Version, err)
		}
		fmt.Fprintf(&b, "\n%s\n%s %s\n%s\n\n%s\n", rule, m.Path, m.Version, rule, strings.Join(texts, "\n\n"))
	}
	return b.String(), nil
}

func inOrder(all map[string]module) []module {
	var ordered []module
	for _, path := range slices.Sorted(maps.Keys(all)) {
		ordered = append(ordered, all[path])
	}
	return ordered
}

// modulesOn notes the modules that packages of the program come from on a system.
func modulesOn(program, system string, all map[string]module) error {
	list := exec.Command("go", "list", "-deps", "-json=Module", ".")
	list.Dir, list.Stderr = program, os.Stderr
	list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("go list on %s: %w", system, err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("go list on %s: %w", system, err)
		}
		if m := p.Module; m != nil && !m.Main { // the standard library is of no module
			all[m.Path] = module{m.Path, m.Version, m.Dir}
		}
	}
}

// licenceName is what files are called that must go with a copy.
var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents)([-._].*)?$`)

var errNoLicence = errors.New("no licence is said")

// licences are the texts in a folder that must go with a copy of what is in it, at least one.
func licences(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, e := range entries {
		if !e.Type().IsRegular() || !licenceName.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
	}
	if len(texts) == 0 {
		return said(folder)
	}
	return texts, nil
}

// licenceSection is where the description of a module names its licence; what follows is mostly the author.
var licenceSection = regexp.MustCompile(`(?is)(?:^|\n)(#+ *licen[cs]e *\r?\n.*\S)`)

// said is what the description of a module says of its licence, where there is no more.
func said(folder string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errNoLicence
	}
	section := licenceSection.FindSubmatch(text)
	if err != nil || section == nil {
		return nil, errors.Join(err, errNoLicence)
	}
	return []string{"Its README.md says:\n\n" + strings.ReplaceAll(string(section[1]), "\r\n", "\n")}, nil
}
