package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

// command is a command as cmd has them, with what Resolve needs to know of it.
type command struct {
	cobra    cobra.Command
	regions  []string
	apis     []string
	lab      bool
	file     string
	interval time.Duration
	coverage bool
	expect   []string
	environ  []string
	tls      config.TLS
}

// option is a flag of TLS as cmd has it.
type option struct {
	all *config.TLS
	key string
}

func (o option) String() string         { return "" }
func (o option) Type() string           { return "" }
func (o option) Set(value string) error { return o.all.Set(o.key, value) }

// resolve parses the arguments as the command line does and settles the rest. FILE in an argument or variable is path.
func resolve(t *testing.T, path string, environ []string, args ...string) (*command, config.Config, error) {
	t.Helper()
	t.Chdir(t.TempDir()) // nothing to be found here
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	c := &command{}
	flags := c.cobra.Flags()
	flags.StringArrayVar(&c.regions, "region", nil, "")
	flags.StringArrayVar(&c.apis, "api", nil, "")
	flags.BoolVar(&c.lab, "lab", false, "")
	flags.StringVar(&c.file, "config", "", "")
	flags.DurationVar(&c.interval, "interval", 400*time.Millisecond, "")
	flags.BoolVar(&c.coverage, "require-coverage", false, "")
	flags.StringSliceVar(&c.expect, "expect", []string{"default"}, "")
	flags.String("allow-writes", "", "")
	flags.Var(option{&c.tls, config.TLSCA}, "tls-ca", "")
	flags.Var(option{&c.tls, config.TLSPin}, "tls-pin", "")
	flags.Var(option{&c.tls, config.TLSInsecure}, "insecure-skip-verify", "")
	args = slices.Clone(args)
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "FILE", path)
	}
	for _, variable := range environ {
		c.environ = append(c.environ, strings.ReplaceAll(variable, "FILE", path))
	}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	got, err := config.Resolve(t.Context(), config.Input{
		Flags: flags, Own: []string{"region", "api", "lab", "config", "interval", "require-coverage", "expect", "allow-writes", "help", "tls-ca", "tls-pin", "insecure-skip-verify"}, Known: allKnown,
		TLS: &c.tls, Regions: c.regions, APIs: c.apis, Lab: c.lab, File: c.file, Environ: c.environ,
	})
	return c, got, err
}

func TestPrecedence(t *testing.T) {
	const file = "interval: 3s\nrequireCoverage: true\nexpect: [a, b]\ndeadline: banana\n"
	for _, row := range []struct {
		name    string
		file    string
		environ []string
		args    []string
		want    string // interval, coverage, expectations
	}{
		{"nothing said: the defaults", "", nil, nil, "400ms false [default]"},
		{"the file alone", file, nil, []string{"--config", "FILE"}, "3s true [a b]"},
		{"the file by variable", file, []string{"AAFAILOVER_CONFIG=FILE"}, nil, "3s true [a b]"},
		{"the file on the command line before the one by variable", file, []string{"AAFAILOVER_CONFIG=/nowhere"}, []string{"--config", "FILE"}, "3s true [a b]"},
		{"a variable beats the file", file, []string{"AAFAILOVER_INTERVAL=2s", "AAFAILOVER_REQUIRE_COVERAGE=false"}, []string{"--config", "FILE"}, "2s false [a b]"},
		{"a flag beats both", file, []string{"AAFAILOVER_INTERVAL=2s"}, []string{"--config=FILE", "--interval=1s", "--expect", "c"}, "1s true [c]"},
		{"a flag set to its default beats both", file, []string{"AAFAILOVER_INTERVAL=2s"}, []string{"--config=FILE", "--interval=400ms", "--require-coverage=false"}, "400ms false [a b]"},
		{"a bad value that a stronger place replaces does not matter", "interval: banana\n", nil, []string{"--config", "FILE", "--interval", "1s"}, "1s false [default]"},
		{"an empty variable is not set", file, []string{"AAFAILOVER_INTERVAL="}, []string{"--config", "FILE"}, "3s true [a b]"},
		{"a list by variable", "", []string{"AAFAILOVER_EXPECT=x,y"}, nil, "400ms false [x y]"},
		{"another command's setting is left alone", "", []string{"AAFAILOVER_DEADLINE=banana"}, nil, "400ms false [default]"},
		{"variables of others, of drills and for passwords are not settings", "",
			[]string{"PATH=/bin", "AAFAILOVERX=1", "AAFAILOVER_FROM=us", "AAFAILOVER_TO=eu", "AAFAILOVER_RUN=1", "AAFAILOVER_ACTION_KIND=kill", "AAFAILOVER_URL_US=redis://h", "AAFAILOVER_PASSWORD_US=x", "AAFAILOVER_PASSWORD=x",
				"AAFAILOVER_ACTIVE_HELP=0", "AAFAILOVER_COMPLETION_DESCRIPTIONS=1"},
			nil, "400ms false [default]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.yaml")
			write(t, path, row.file)
			c, got, err := resolve(t, path, row.environ, row.args...)
			if err != nil {
				t.Fatal(err)
			}
			if settings := fmt.Sprint(c.interval, c.coverage, c.expect); settings != row.want {
				t.Errorf("settings %s, want %s", settings, row.want)
			}
			if want := strings.Contains(fmt.Sprint(row.environ, row.args), "FILE") && row.file != ""; (got.Path == path) != want {
				t.Errorf("file %q, want %s: %v", got.Path, path, want)
			}
		})
	}
}

// TestDeployment: regions and lab are one setting, taken from the strongest place that names either.
func TestDeployment(t *testing.T) {
	const regions = "regions: [{name: f1, url: 'redis://f1'}, {name: f2, url: 'redis://f2'}]\n"
	for _, row := range []struct {
		name    string
		file    string
		environ []string
		args    []string
		want    string
	}{
		{"nothing", "", nil, nil, "none"},
		{"flags, in their order", "", nil, []string{"--region", "b=redis://b", "--region", "a=redis://a"}, "b --region, a --region"},
		{"a variable", "", []string{"AAFAILOVER_REGION=us=redis://us, eu=rediss://u:p,w=x@eu,ap=redis://ap"}, nil,
			"us AAFAILOVER_REGION, eu AAFAILOVER_REGION, ap AAFAILOVER_REGION"},
		{"a variable with a comma at its end", "", []string{"AAFAILOVER_REGION=us=redis://us,eu=redis://eu, "}, nil, "us AAFAILOVER_REGION, eu AAFAILOVER_REGION"},
		{"the file", regions, nil, []string{"--config", "FILE"}, "f1 FILE:1:12, f2 FILE:1:43"},
		{"the lab", "", nil, []string{"--lab"}, "lab"},
		{"the lab by variable", "", []string{"AAFAILOVER_LAB=1"}, nil, "lab"},
		{"the lab by file", "lab: true\n", nil, []string{"--config", "FILE"}, "lab"},
		{"flags beat the variable and the file", regions, []string{"AAFAILOVER_REGION=e=redis://e"}, []string{"--config", "FILE", "--region", "a=redis://a"}, "a --region"},
		{"the variable beats the file", regions, []string{"AAFAILOVER_REGION=e=redis://e"}, []string{"--config", "FILE"}, "e AAFAILOVER_REGION"},
		{"--lab beats the regions of the file", regions, nil, []string{"--config", "FILE", "--lab"}, "lab"},
		{"--region beats the lab of the environment", "", []string{"AAFAILOVER_LAB=true"}, []string{"--region", "a=redis://a"}, "a --region"},
		{"the lab by variable beats the regions of the file", regions, []string{"AAFAILOVER_LAB=true"}, []string{"--config", "FILE"}, "lab"},
		{"--lab=false overrules the variable, and the file's regions count", regions, []string{"AAFAILOVER_LAB=true"}, []string{"--config", "FILE", "--lab=false"}, "f1 FILE:1:12, f2 FILE:1:43"},
		{"lab: false beside regions is no contradiction", regions + "lab: false\n", nil, []string{"--config", "FILE"}, "f1 FILE:1:12, f2 FILE:1:43"},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.yaml")
			write(t, path, row.file)
			_, got, err := resolve(t, path, row.environ, row.args...)
			if err != nil {
				t.Fatal(err)
			}
			var regions []string
			for _, r := range got.Regions {
				regions = append(regions, r.Name+" "+strings.ReplaceAll(r.Place, path, "FILE"))
			}
			text := strings.Join(regions, ", ")
			switch {
			case got.Lab:
				text += "lab"
			case text == "":
				text = "none"
			}
			if text != row.want {
				t.Errorf("deployment %s, want %s", text, row.want)
			}
			if err := got.NeedRegions(); (err != nil) != (row.want == "none") {
				t.Errorf("NeedRegions says %v for %s", err, row.want)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	for _, row := range []struct {
		name    string
		file    string
		environ []string
		args    []string
		want    string
		hint    string // empty: any
	}{
		{"an unknown variable", "", []string{"AAFAILOVER_INTERVALL=1s"}, nil, "unknown environment variable AAFAILOVER_INTERVALL", "did you mean AAFAILOVER_INTERVAL?"},
		{"an unknown variable like no other", "", []string{"AAFAILOVER_X=hunter22"}, nil, "unknown environment variable AAFAILOVER_X",
			"unset it: all variables that begin with AAFAILOVER_ are settings, one for each flag"},
		{"an unknown variable that is empty", "", []string{"AAFAILOVER_X="}, nil, "unknown environment variable AAFAILOVER_X", ""},
		{"the regions in the variable of the lab", "", []string{"AAFAILOVER_REGIONS=us=redis://u:hunter22@h"}, nil,
			"AAFAILOVER_REGIONS: the names of a lab's regions belong there, and there is a URL", "did you mean AAFAILOVER_REGION?"},
		{"the prefix alone", "", []string{"AAFAILOVER_=1"}, nil, "unknown environment variable AAFAILOVER_", ""},
		{"--help by variable", "", []string{"AAFAILOVER_HELP=1"}, nil, "unknown environment variable AAFAILOVER_HELP", ""},
		{"the first of two by name", "", []string{"AAFAILOVER_Y=1", "AAFAILOVER_X=1"}, nil, "unknown environment variable AAFAILOVER_X", ""},
		{"leave to write by variable", "", []string{"AAFAILOVER_ALLOW_WRITES=us"}, nil, "AAFAILOVER_ALLOW_WRITES cannot be set in the environment",
			"give --allow-writes on the command line: nothing else can allow writes to a region"},
		{"leave to write by variable, though it is on the command line too", "", []string{"AAFAILOVER_ALLOW_WRITES="}, []string{"--allow-writes", "us"},
			"AAFAILOVER_ALLOW_WRITES cannot be set in the environment", ""},
		{"leave to write by file", "allowWrites: [us]\n", nil, []string{"--config", "FILE"}, `FILE:1:1: "allowWrites" cannot stand in a file`, ""},
		{"a bad value by variable", "", []string{"AAFAILOVER_INTERVAL=banana"}, nil, `AAFAILOVER_INTERVAL: "banana" is not a time`, "a time has its unit: 250ms, 1.5s, 2m or 1h"},
		{"a bad value in the file", "\ninterval: 400\n", nil, []string{"--config", "FILE"}, `FILE:2:11: interval: "400" has no unit`, "a time has its unit: 250ms, 1.5s, 2m or 1h"},
		{"a list where one value belongs", "interval: [1s, 2s]\n", nil, []string{"--config", "FILE"}, `FILE:1:11: interval: "1s,2s" is not a time`, ""},
		{"a bad file", "intervall: 1s\n", nil, []string{"--config", "FILE"}, `FILE:1:1: unknown key "intervall"`, "did you mean interval?"},
		{"no such file", "", nil, []string{"--config", "FILE.none"}, "read configuration: open FILE.none: no such file or directory", ""},
		{"no such file by variable", "", []string{"AAFAILOVER_CONFIG=FILE.none"}, nil, "AAFAILOVER_CONFIG: read configuration: open FILE.none: no such file or directory", ""},
		{"a bad region on the command line", "", nil, []string{"--region", "us=http://u:hunter22@h"}, "--region: us: the scheme of the URL is neither redis nor rediss", ""},
		{"a bad region by variable", "", []string{"AAFAILOVER_REGION=us=redis://h,eu=redis://u:hunter22@h:0"}, nil, "AAFAILOVER_REGION: eu: the port of the URL is not between 1 and 65535", ""},
		{"a list of regions with a word in it", "", []string{"AAFAILOVER_REGION=us=redis://h,eu"}, nil, "AAFAILOVER_REGION: us: the URL has more than one address", ""},
		{"two regions of one name", "", nil, []string{"--region", "us=redis://a", "--region", "us=redis://b"}, "--region: us: a region of this name was given before", ""},
		{"two names of one endpoint, in the file", "regions: [{name: us, url: 'redis://a'}, {name: eu, url: 'redis://A:6379'}]\n", nil, []string{"--config", "FILE"},
			"FILE:1:42: eu (A:6379): the same endpoint as us", ""},
		{"regions and lab on the command line", "", nil, []string{"--lab", "--region", "us=redis://h"}, "--region: both regions and the lab are given", ""},
		{"regions and lab in the file", "lab: true\nregions: [{name: us, url: 'redis://a'}]\n", nil, []string{"--config", "FILE"}, "FILE: both regions and the lab are given", ""},
		{"a lab that is neither true nor false", "", []string{"AAFAILOVER_LAB=perhaps"}, nil, "AAFAILOVER_LAB: neither true nor false", ""},
		{"a lab that is neither true nor false, in the file", "lab: perhaps\n", nil, []string{"--config", "FILE"}, "FILE:1:6: lab: neither true nor false", ""},
		{"a password that cannot be read", "", nil, []string{"--region", "us=redis://h?passwordFile=FILE.pw"}, "--region: us (h:6379): read password: stat FILE.pw: no such file or directory", ""},
		{"a password variable that is not set", "", []string{"AAFAILOVER_REGION=us=redis://h?passwordEnv=NO_SUCH_PW"}, nil,
			"AAFAILOVER_REGION: us (h:6379): read password: environment variable NO_SUCH_PW is not set or empty", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.yaml")
			write(t, path, row.file)
			_, _, err := resolve(t, path, row.environ, row.args...)
			if got := strings.ReplaceAll(fmt.Sprint(err), path, "FILE"); got != row.want {
				t.Errorf("error %s\nwant  %s", got, row.want)
			}
			hints := strings.Join(hint.Of(err), "; ")
			if hints == "" || row.hint != "" && hints != row.hint {
				t.Errorf("hint %q, want %q", hints, row.hint)
			}
			if strings.Contains(fmt.Sprint(err, hints), "hunter22") {
				t.Errorf("a value that may be a password shows: %v %s", err, hints)
			}
		})
	}
}

func TestResolveFindsTheFileHere(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	write(t, config.FileName, "regions: [{name: us, url: 'redis://u@h', passwordFile: pw}]\n")
	write(t, "pw", "secret\n")
	var c cobra.Command
	got, err := config.Resolve(t.Context(), config.Input{Flags: c.Flags(), Known: allKnown})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{Path: config.FileName, Regions: []config.Region{
		{Name: "us", Address: "h:6379", User: "u", Password: config.SecretFile("pw"), Place: config.FileName + ":1:12"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if err := os.Remove("pw"); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Resolve(t.Context(), config.Input{Flags: c.Flags(), Known: allKnown}); err == nil {
		t.Error("a password file that is gone is no error")
	}
	// The lab needs none of the passwords.
	if got, err := config.Resolve(t.Context(), config.Input{Flags: c.Flags(), Known: allKnown, Lab: true}); err != nil || !got.Lab {
		t.Errorf("with --lab: %+v, %v", got, err)
	}
}

func TestNeedRegionsNamesTheThreeWays(t *testing.T) {
	err := config.Config{}.NeedRegions()
	text := fmt.Sprint(err, hint.Of(err))
	for _, way := range []string{"--region", "--config", "--lab"} {
		if !strings.Contains(text, way) {
			t.Errorf("%s does not name %s", text, way)
		}
	}
}

// Where a file should have named the regions, the hint about it comes before the three ways.
func TestNeedRegionsTellsOfAFileThatNamesNone(t *testing.T) {
	for _, row := range []struct {
		name  string
		here  func() error
		path  string // of the file that was read
		first string
	}{
		{"nothing here", func() error { return nil }, "", "give --region"},
		{"a file without regions", func() error { return nil }, "c.yaml", "c.yaml was read, and names no region: write `regions:`"},
		{"another ending", func() error { return os.WriteFile("aafailover.yml", nil, 0o600) }, "", "aafailover.yml here is not read by itself: call it aafailover.yaml"},
		{"a folder, as Docker makes one", func() error { return os.Mkdir(config.FileName, 0o700) }, "", "aafailover.yaml here is a folder"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := row.here(); err != nil {
				t.Fatal(err)
			}
			hints := hint.Of(config.Config{Path: row.path}.NeedRegions())
			if len(hints) == 0 || !strings.HasPrefix(hints[0], row.first) || !strings.HasPrefix(hints[len(hints)-1], "give --region") {
				t.Errorf("hints %q, want the first to begin %q, and the last to name the three ways", hints, row.first)
			}
		})
	}
}
