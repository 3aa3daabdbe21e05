package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const program = "../.."

// Whatever the Go tool puts into the program on some system is named, with a licence.
func TestEveryModuleOfTheProgramIsThereWithItsLicence(t *testing.T) {
	text, err := notices(program)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(text, strings.Repeat("=", 80)+"\n")
	licence := map[string]string{}
	for i := 1; i+1 < len(parts); i += 2 {
		licence[strings.TrimSpace(parts[i])] = parts[i+1]
	}
	found := 0
	for _, system := range systems {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", ".")
		list.Dir, list.Env = program, append(os.Environ(), "GOOS="+system)
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.FieldsFuncSeq(string(out), func(r rune) bool { return r == '\n' }) {
			found++
			if text := strings.ToLower(licence[name]); !strings.Contains(text, "copyright") && !strings.Contains(text, "## license\n\nmit\n") {
				t.Errorf("%s, on %s: no licence, but %.100q", name, system, licence[name])
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d packages of modules found", found)
	}
	if !slices.ContainsFunc(parts, func(p string) bool { return strings.HasPrefix(p, "Go 1.") }) {
		t.Error("Go itself is not named")
	}
}

func TestLicencesOfAFolder(t *testing.T) {
	for _, row := range []struct {
		name  string
		files []string
		want  []string
	}{
		{"a licence and a notice", []string{"LICENSE", "NOTICE.txt", "README.md"}, []string{"LICENSE", "NOTICE.txt"}},
		{"spelled as in England, and by its kind", []string{"Licence.md", "LICENSE-MIT"}, []string{"LICENSE-MIT", "Licence.md"}},
		{"code about licences is none", []string{"license.go", "COPYING"}, []string{"COPYING"}},
		{"none", []string{"README.md", "licensed"}, nil},
	} {
		folder := t.TempDir()
		for _, name := range row.files {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(name+"\r\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := licences(folder)
		if !slices.Equal(got, row.want) || (row.want == nil) != errors.Is(err, errNoLicence) {
			t.Errorf("%s: %q, %v", row.name, got, err)
		}
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "README.md"), []byte("# It\n\nlicense\n\n## License\n\nMIT\n\n## Author\n\nA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := licences(folder); err != nil || !slices.Equal(got, []string{"Its README.md says:\n\n## License\n\nMIT\n\n## Author\n\nA"}) {
		t.Errorf("said by the description: %q, %v", got, err)
	}
	if _, err := licences(filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("a folder that there is not is no error")
	}
}
