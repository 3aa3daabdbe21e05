package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// quickly is when -quick begins no further experiment; after a minute, which includes building the program, it gives up.
const quickly = 45 * time.Second

// order is what the command line asks for.
type order struct {
	only     string
	runs     int
	quick    bool
	output   string
	document string
	compare  string
	list     bool
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		os.Exit(child(os.Args[2:]))
	}
	var o order
	flag.StringVar(&o.only, "only", "", "names of experiments, or of sections, with commas between them (default: all)")
	flag.IntVar(&o.runs, "runs", 5, "repetitions of each experiment; 0 measures nothing, and writes the document anew from the file of -o")
	flag.BoolVar(&o.quick, "quick", false, "3 repetitions of what is short, in less than a minute; the exit code is 0 whatever happens: it informs, and fails nothing")
	flag.StringVar(&o.output, "o", "", "the file of results to write; what it has of other experiments stays")
	flag.StringVar(&o.document, "document", "", "the document whose tables are written anew, from the file of -o")
	flag.StringVar(&o.compare, "compare", "", "the file of earlier results: say what got worse by more than 20 %")
	flag.BoolVar(&o.list, "list", false, "print the names of the experiments")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends it without waiting
	err := o.run(ctx)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "benchpeers:", err)
	if !o.quick {
		os.Exit(1)
	}
}

func (o order) run(ctx context.Context) error {
	all := experiments()
	chosen, err := choose(all, o.only, o.quick)
	if err != nil {
		return err
	}
	if o.list {
		for _, e := range chosen {
			fmt.Printf("%-20s %s\n", e.name, e.title)
		}
		return nil
	}
	if o.document != "" && o.output == "" {
		return errors.New("-document needs -o: its tables are made of that file")
	}
	if o.quick {
		o.runs = min(o.runs, 3)
	}
	if o.runs < 1 {
		return o.keep(nil, all)
	}
	if o.quick {
		limited, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("the minute of -quick is over"))
		defer cancel()
		ctx = limited
	}
	done, failed := o.measure(ctx, chosen)
	if o.compare != "" {
		then, err := readRecord(o.compare)
		if err != nil {
			return errors.Join(failed, err)
		}
		fmt.Println()
		compared, worse := compare(done, then)
		tell(os.Stdout, compared, worse, o.compare, os.Getenv("GITHUB_ACTIONS") == "true")
	}
	return errors.Join(failed, o.keep(done, all))
}

// measure makes the experiments one after the other. One that fails does not keep the others from being made; the end of ctx does.
func (o order) measure(ctx context.Context, chosen []experiment) (done []measured, failed error) {
	folder, err := os.MkdirTemp("", "benchpeers")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)                          //nolint:errcheck // only what this program made
	if folder, err = filepath.Abs(folder); err != nil { // programs are run elsewhere
		return nil, err
	}
	s := session{folder: folder, runs: o.runs, quick: o.quick, out: os.Stdout, program: builtOnce(ctx, folder), origin: originOf(ctx)}
	if _, err := s.program(); err != nil {
		return nil, err
	}
	fmt.Printf("commit %s, on %s\n", s.origin.commit, s.origin.machine)
	begun := time.Now()
	for _, e := range chosen {
		if o.quick && time.Since(begun) > quickly {
			fmt.Printf("\n%s: left out, the time is over\n", e.name)
			continue
		}
		m, err := s.run(ctx, e)
		if ctx.Err() != nil {
			return done, errors.Join(failed, context.Cause(ctx))
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		m.print(os.Stdout)
		done = append(done, m)
	}
	return done, failed
}

// keep writes the file of results, and the document from it.
func (o order) keep(done []measured, all []experiment) error {
	if o.output == "" {
		return nil
	}
	r, err := readRecord(o.output)
	if err != nil {
		return err
	}
	r = r.with(done, all)
	if err := r.write(o.output); err != nil || o.document == "" {
		return err
	}
	text, err := os.ReadFile(o.document)
	if err != nil {
		return err
	}
	filled, err := fill(string(text), r, all)
	if err != nil {
		return fmt.Errorf("%s: %w", o.document, err)
	}
	return os.WriteFile(o.document, []byte(filled), 0o644) //nolint:gosec // a document, for everyone to read
}

// choose returns the experiments that are named, or all. Those that take long are in a quick run only when they are named.
func choose(all []experiment, only string, quick bool) ([]experiment, error) {
	var chosen []experiment
	names := strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
	used := map[string]bool{}
	for _, e := range all {
		section, _, _ := strings.Cut(e.name, ".")
		named := slices.ContainsFunc(names, func(name string) bool {
			if name != e.name && name != section {
				return false
			}
			used[name] = true
			return true
		})
		if named || len(names) == 0 && (!quick || !e.long) {
			chosen = append(chosen, e)
		}
	}
	for _, name := range names {
		if !used[name] {
			return nil, fmt.Errorf("no experiment is called %q: -list names all", name)
		}
	}
	return chosen, nil
}
