package cmd

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/report"
)

// checkConfigFlags are the flags of `check config`.
type checkConfigFlags struct {
	*judge
	as, version string
}

// The values of --as.
const (
	asServer   = "server"
	asSentinel = "sentinel"
)

func newCheckConfig(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "config FILE…",
		Short: "Tell what is wrong with files of settings, and what a server would answer to them",
		Long: `Reads files of settings, a redis.conf or a sentinel.conf or both, as a server of Redis 7.0 reads them, and explains every line
that it would refuse, or take for something else than was meant: a directive that there is not, a comment behind a value, a size
without a unit. A server stops at the first such line; here all are told, with what was meant, and with the words of the server.

What the files come to is then judged by the rules of durability, as far as files can tell; what they leave out has the default of
Redis 7.0. Nothing is started and nobody is asked. Files that are included are not followed.

Which kind a file is of is told by what is in it; --as says so where that is wrong. - reads standard input.

The exit code is 0 when no rule fails, 1 when one does (with --strict also when one warns), 2 when a file cannot be read.`,
		Example: `  aafailover check config /etc/redis/redis.conf
  aafailover check config redis.conf sentinel.conf --profile balanced
  aafailover check config staging.txt --as sentinel`,
		Args:              atLeastOne("file"),
		ValidArgsFunction: cobra.FixedCompletions(nil, orFiles),
	}
	addSettings(c)
	f := &checkConfigFlags{judge: addJudge(c)}
	c.Flags().StringVar(&f.as, "as", "", "take all files for those of a `KIND`: "+orList([]string{asServer, asSentinel})+" (default: by what is in them)")
	c.Flags().StringVar(&f.version, "server-version", redisconf.Version, "take directives that came with later versions than 7.0, up to `VERSION`")
	_ = c.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{asServer, asSentinel}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.Flags().MarkHidden("certificates-for") // no file tells of a certificate
	c.RunE = func(c *cobra.Command, names []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		if err := usage(errors.Join(f.check(), f.parse(c))); err != nil {
			return err
		}
		files, err := f.read(names, p.Stdin)
		if err != nil {
			return usage(err)
		}
		return f.run(p, files)
	}
	return c
}

var versionNumber = lazy.Regexp{Text: `^[0-9]{1,3}(\.[0-9]{1,3}){1,2}$`}

func (f *checkConfigFlags) check() error {
	var errs []error
	if !slices.Contains([]string{"", asServer, asSentinel}, f.as) {
		errs = append(errs, fmt.Errorf("as %q: must be %s", f.as, orList([]string{asServer, asSentinel})))
	}
	if !versionNumber.Get().MatchString(f.version) {
		errs = append(errs, hint.Wrap(fmt.Errorf("server-version %q: must be a version", f.version), "as in 7.2 or 7.2.4"))
	}
	return errors.Join(errs...)
}

// read reads the files. Errors: all that cannot be read.
func (f *checkConfigFlags) read(names []string, stdin io.Reader) ([]check.File, error) {
	var files []check.File
	var errs []error
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			errs = append(errs, fmt.Errorf("%s is given twice", name))
			continue
		}
		text, err := readSettings(name, stdin)
		if err != nil {
			errs = append(errs, fmt.Errorf("read settings: %w", err))
			continue
		}
		shown := name
		if name == "-" {
			shown = "standard input"
		}
		files = append(files, check.NewFile(shown, text, redisconf.Reading{Sentinel: f.sentinel(name, text), Version: f.version}))
	}
	return files, errors.Join(errs...)
}

func readSettings(name string, stdin io.Reader) (string, error) {
	if name != "-" {
		return redisconf.ReadFile(name)
	}
	text, err := redisconf.ReadText(stdin)
	if err != nil {
		return "", fmt.Errorf("standard input: %w", err)
	}
	return text, nil
}

// sentinel tells whether a file is that of a Sentinel: by what is said, by its lines, or, where none tells, by its name.
func (f *checkConfigFlags) sentinel(name, text string) bool {
	if f.as != "" {
		return f.as == asSentinel
	}
	named := strings.Contains(strings.ToLower(filepath.Base(name)), "sentinel")
	return named || redisconf.IsSentinel(text)
}

// run judges the files, and says what a server answers to each.
func (f *checkConfigFlags) run(p Process, files []check.File) error {
	f.rules = slices.DeleteFunc(f.rules, func(r check.Rule) bool { return r.Group != check.Settings && r.Group != check.Durability })
	if len(f.rules) == 0 {
		return usage(hint.Wrap(errors.New("no rule is left to check by"), "files are looked at by the rules of the groups durability and settings"))
	}
	result := report.CheckResult{Deployment: report.Given}
	for _, file := range files {
		result.Files = append(result.Files, file.Name)
	}
	end := f.conclude(p, check.FactsOfFiles(time.Now(), files), result)
	if f.output.chosen == asTable {
		if err := report.Answers(p.Stdout, files); err != nil {
			return err
		}
	}
	return end
}
