package docs_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// action is action.yml, as far as a composite action may say: see
// https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax.
type action struct {
	Name, Description string
	Inputs            map[string]struct {
		Description, Default string
		Required             bool
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			Name, ID, If, Shell, Run string
			Env                      map[string]string
		}
	}
}

// decodeStrictly reads a file of YAML, in which nothing unknown may stand.
func decodeStrictly(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.UnmarshalWithOptions([]byte(readDocument(t, path)), into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

var expression = regexp.MustCompile(`\$\{\{ *([a-z_.-]+) *\}\}`)

// job is a job of CI on this machine.
type job struct {
	*testing.T
	folder, programs string   // where it runs, and what is first in its PATH
	environ          []string // beside that
}

// newJob prepares a job in whose PATH a program is.
func newJob(t *testing.T, program string) *job {
	t.Helper()
	j := &job{T: t, folder: t.TempDir(), programs: t.TempDir()}
	if err := os.Symlink(program, filepath.Join(j.programs, "aafailover")); err != nil {
		t.Fatal(err)
	}
	for _, variable := range []string{"XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"} {
		j.environ = append(j.environ, variable+"="+t.TempDir())
	}
	// Nothing here may fail since the machine is slow.
	j.environ = append(j.environ, "HOME="+t.TempDir(), "AAFAILOVER_DEADLINE=5s", "AAFAILOVER_WITHIN=4m")
	return j
}

// built builds the program.
func built(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aafailover")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "..").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// instead puts a script into the PATH, in place of a program.
func (j *job) instead(name, script string) {
	j.Helper()
	if err := os.WriteFile(filepath.Join(j.programs, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		j.Fatal(err)
	}
}

// run runs a program in the job, and returns what it printed and its exit code.
func (j *job) run(environ []string, name string, args ...string) (string, int) {
	j.Helper()
	c := exec.Command(name, args...)
	c.Dir = j.folder
	c.Env = slices.Concat([]string{"PATH=" + j.programs + string(filepath.ListSeparator) + os.Getenv("PATH")}, j.environ, environ)
	out, err := c.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		j.Fatalf("%s: %v", name, err)
	}
	return string(out), c.ProcessState.ExitCode()
}

func (j *job) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(j.folder, name)) // "" is none
	return string(text)
}

func project(t *testing.T, path string) string {
	t.Helper()
	full, err := filepath.Abs(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return full
}

// act runs the steps of the action as a runner does, up to the first that fails, and returns what they printed and the last code.
func (j *job) act(a action, inputs map[string]string) (string, int) {
	j.Helper()
	values := map[string]string{"github.action_path": project(j.T, ".")}
	for name, input := range a.Inputs {
		values["inputs."+name] = input.Default
	}
	for name, value := range inputs {
		values["inputs."+name] = value
	}
	printed := ""
	for _, step := range a.Runs.Steps {
		if step.If == "inputs.install != 'none'" && values["inputs.install"] == "none" {
			continue
		}
		environ := []string{"GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + filepath.Join(j.folder, "output"), "GITHUB_PATH=" + filepath.Join(j.folder, "path"),
			"GITHUB_STEP_SUMMARY=" + filepath.Join(j.folder, "summary"), "RUNNER_TEMP=" + j.folder}
		for name, value := range step.Env {
			environ = append(environ, name+"="+expression.ReplaceAllStringFunc(value, func(found string) string {
				return values[expression.FindStringSubmatch(found)[1]]
			}))
		}
		out, code := j.run(environ, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		printed += out
		if code != 0 {
			return printed, code
		}
	}
	return printed, 0
}

// What an input holds is never a part of a script, every input is used, and every output is of a step that there is.
func TestTheActionIsSafeAndComplete(t *testing.T) {
	t.Parallel()
	var a action
	decodeStrictly(t, "../action.yml", &a)
	if a.Runs.Using != "composite" || a.Name == "" || a.Description == "" {
		t.Errorf("%+v", a)
	}
	used, ids := map[string]bool{}, map[string]bool{}
	for _, step := range a.Runs.Steps {
		ids[step.ID] = true
		if step.Shell != "bash" || strings.Contains(step.Run, "${{") {
			t.Errorf("%s: the shell is %q, and the script:\n%s", step.Name, step.Shell, step.Run)
		}
		for name, value := range step.Env {
			found := expression.FindStringSubmatch(value)
			if found == nil || found[0] != value {
				t.Errorf("%s: %s is %s", step.Name, name, value)
				continue
			}
			used[found[1]] = true
		}
	}
	for name, input := range a.Inputs {
		if !used["inputs."+name] || input.Description == "" {
			t.Errorf("the input %s: used %t, %q", name, used["inputs."+name], input.Description)
		}
	}
	for name := range used {
		if _, known := a.Inputs[strings.TrimPrefix(name, "inputs.")]; !known && name != "github.action_path" {
			t.Errorf("%s is not known", name)
		}
	}
	text := readDocument(t, "ci.md")
	for _, name := range slices.Concat(slices.Collect(maps.Keys(a.Inputs)), slices.Collect(maps.Keys(a.Outputs))) {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/ci.md does not say what %s is", name)
		}
	}
	for name, output := range a.Outputs {
		if found := regexp.MustCompile(`^\$\{\{ steps\.([a-z]+)\.outputs\.` + name + ` \}\}$`).FindStringSubmatch(output.Value); found == nil || !ids[found[1]] {
			t.Errorf("the output %s is %s", name, output.Value)
		}
	}
}

func TestTheActionRuns(t *testing.T) {
	t.Parallel()
	var a action
	decodeStrictly(t, "../action.yml", &a)
	program := built(t)
	for _, row := range []struct {
		name    string
		inputs  map[string]string
		code    int
		verdict string
		printed string
	}{
		{"a lab that is healthy", map[string]string{"args": "--sensitivity balanced\n--prefix smoke"}, 0, "pass", "PASS  healthy"},
		{"a limit that nothing keeps to", map[string]string{"max-rtt": "p50<=1us"}, 1, "fail", "::error title=aafailover smoke%2C round trip::"},
		{"an input that a shell would run", map[string]string{"max-rtt": `"; $(touch owned)`, "args": "$(touch owned) ; touch owned"}, 2, "error", "hint: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, program)
			inputs := map[string]string{"lab": "true", "install": "none", "within": "4m"}
			maps.Copy(inputs, row.inputs)
			printed, code := j.act(a, inputs)
			if code != row.code || !strings.Contains(printed, row.printed) {
				t.Errorf("exit code %d\n%s", code, printed)
			}
			if want := fmt.Sprintf("verdict=%s\nexit-code=%d\njunit=aafailover-reports/smoke.xml\nmarkdown=aafailover-reports/smoke.md\n", row.verdict, row.code); j.read("output") != want {
				t.Errorf("the outputs are %q", j.read("output"))
			}
			reported := row.verdict != "error"
			if strings.Contains(j.read("summary"), "aafailover smoke: ") != reported || strings.Contains(j.read("aafailover-reports/smoke.xml"), "<testsuites") != reported {
				t.Errorf("the summary: %s\nJUnit: %s", j.read("summary"), j.read("aafailover-reports/smoke.xml"))
			}
			if _, err := os.Stat(filepath.Join(j.folder, "owned")); err == nil {
				t.Error("an input was run")
			}
		})
	}
}

// release puts a program that calls another one in place of curl: it serves a release from a folder.
func (j *job) release(archive []byte, checksum string) {
	j.Helper()
	name := fmt.Sprintf("aafailover_1.2.3_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	served := j.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(served, name), archive, 0o600),
		os.WriteFile(filepath.Join(served, "checksums.txt"), []byte(checksum+"  "+name+"\n"), 0o600)); err != nil {
		j.Fatal(err)
	}
	j.instead("curl", `for url; do :; done
case $url in
*/releases/latest) echo "https://github.com/aafailover/aafailover/releases/tag/v1.2.3"; exit ;;
https://github.com/aafailover/aafailover/releases/download/v1.2.3/*) ;;
*) exit 22 ;;
esac
while [ "$1" != --output ]; do shift; done
cp "`+served+`/${url##*/}" "$2" || exit 22
`)
}

// packed is an archive of a program that says its version.
func packed(t *testing.T) []byte {
	t.Helper()
	script := "#!/bin/sh\necho aafailover 1.2.3\n"
	var out bytes.Buffer
	compressed := gzip.NewWriter(&out)
	files := tar.NewWriter(compressed)
	err := files.WriteHeader(&tar.Header{Name: "aafailover", Mode: 0o755, Size: int64(len(script)), Typeflag: tar.TypeReg})
	_, failed := files.Write([]byte(script))
	if err := errors.Join(err, failed, files.Close(), compressed.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTheProgramIsInstalledForCI(t *testing.T) {
	t.Parallel()
	archive := packed(t)
	sum := fmt.Sprintf("%x", sha256.Sum256(archive))
	for _, row := range []struct {
		name, checksum string
		args           []string
		code           int
		printed        string
	}{
		{"the latest release", sum, []string{"release", "latest", "bin"}, 0, "aafailover 1.2.3"},
		{"a certain release", sum, []string{"release", "v1.2.3", "bin"}, 0, "aafailover 1.2.3"},
		{"a release that there is not", sum, []string{"release", "v9.9.9", "bin"}, 2, "of v9.9.9"},
		{"an archive that somebody has changed", strings.Repeat("0", 64), []string{"release", "v1.2.3", "bin"}, 2, "is not what its checksum says"},
		{"by go", "", []string{"go", "v1.2.3", "bin"}, 0, "go install github.com/aafailover/aafailover@v1.2.3"},
		{"in no way that there is", "", []string{"magic", "v1.2.3", "bin"}, 2, "hint: give release or go"},
		{"without arguments", "", nil, 2, "hint: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			j := &job{T: t, folder: t.TempDir(), programs: t.TempDir()}
			j.release(archive, row.checksum)
			j.instead("go", `echo go "$@" && echo "#!/bin/sh" >"$GOBIN/aafailover" && chmod +x "$GOBIN/aafailover"`)
			printed, code := j.run(nil, project(t, "scripts/ci-install.sh"), row.args...)
			if code != row.code || !strings.Contains(printed, row.printed) {
				t.Errorf("exit code %d\n%s", code, printed)
			}
			if installed := j.read("bin/aafailover") != ""; installed != (row.code == 0) {
				t.Errorf("it is installed: %t", installed)
			}
		})
	}
}

// The script ends what it runs when it is ended, and tells other systems than GitHub's, too.
func TestTheScriptForAnyCI(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, program string
		environ       []string
		code          int
		printed       string
	}{
		{"a verdict that is open", `printf x >"$3"; printf 'it is open' >"$5"; exit 3`, nil, 3, ""},
		{"Azure Pipelines", `printf x >"$5"`, []string{"TF_BUILD=True"}, 0, "##vso[task.uploadsummary]/"},
		{"Buildkite", `printf 'it is well' >"$5"`, []string{"BUILDKITE=true"}, 0, "annotate --context aafailover-smoke --style success\nit is well"},
		{"a mistake leaves no report", `: >"$3"; : >"$5"; exit 2`, nil, 2, ""},
		{"it was ended from outside", `trap 'exit 130' TERM; kill -TERM $PPID; for tick in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1; done; exit 9`, nil, 130, ""},
		{"no program", "", []string{"CI_SMOKE_PROGRAM=no-such-program"}, 2, "hint: go install "},
	} {
		for _, shell := range []string{"sh", "bash"} {
			t.Run(row.name+" in "+shell, func(t *testing.T) {
				t.Parallel()
				j := &job{T: t, folder: t.TempDir(), programs: t.TempDir()}
				j.instead("aafailover", row.program)
				j.instead("buildkite-agent", `echo "$@"; cat`)
				printed, code := j.run(slices.Concat(row.environ, []string{"GITHUB_OUTPUT=output"}), shell, project(t, "scripts/ci-smoke.sh"), "--lab")
				if code != row.code || !strings.Contains(printed, row.printed) {
					t.Errorf("exit code %d\n%s", code, printed)
				}
				verdict := map[int]string{0: "pass", 2: "error", 3: "inconclusive", 130: "interrupted"}[row.code]
				if row.program != "" && !strings.Contains(j.read("output"), "verdict="+verdict+"\n") {
					t.Errorf("the outputs are %s", j.read("output"))
				}
				if _, err := os.Stat(filepath.Join(j.folder, "aafailover-reports/smoke.xml")); (err == nil) != (row.code == 3) {
					t.Errorf("JUnit: %v", err)
				}
			})
		}
	}
}

// The example for GitLab does what it says.
func TestTheExampleForGitLab(t *testing.T) {
	t.Parallel()
	var pipeline map[string]struct {
		Stage, Image string
		Variables    map[string]string
		Script       []string
		Artifacts    struct {
			When    string
			Paths   []string
			Reports struct{ JUnit string }
		}
		Rules []struct{ If string }
	}
	decodeStrictly(t, "deploy/gitlab-ci.yml", &pipeline)
	smoke, found := pipeline["redis-smoke"]
	if !found || len(pipeline) != 1 {
		t.Fatalf("%+v", pipeline)
	}
	j := newJob(t, built(t))
	j.instead("go", `echo "$GOBIN go $*"`)
	environ := []string{"AAFAILOVER_LAB=true"}
	for name, value := range smoke.Variables {
		environ = append(environ, name+"="+value)
	}
	printed, code := j.run(environ, "sh", "-ec", strings.Join(smoke.Script, "\n"))
	if code != 0 || !strings.Contains(printed, "PASS  healthy") || !strings.Contains(printed, "/usr/local/bin go install github.com/aafailover/aafailover@latest") {
		t.Errorf("exit code %d\n%s", code, printed)
	}
	for _, path := range append(smoke.Artifacts.Paths, smoke.Artifacts.Reports.JUnit) {
		if j.read(path) == "" {
			t.Errorf("there is no %s", path)
		}
	}
}

// The scripts for CI are understood by every POSIX shell.
func TestTheScriptsForCIAreSound(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"../scripts/ci-smoke.sh", "../scripts/ci-install.sh"} {
		for _, check := range [][]string{{"sh", "-n"}, {"bash", "--posix", "-n"}, {"shellcheck"}} {
			if _, err := exec.LookPath(check[0]); err != nil && check[0] == "shellcheck" {
				continue // it says more, and is not needed
			}
			if out, err := exec.Command(check[0], append(check[1:], script)...).CombinedOutput(); err != nil {
				t.Errorf("%s of %s: %v\n%s", check[0], script, err, out)
			}
		}
	}
}
