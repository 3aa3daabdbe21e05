package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/tui"
)

// labFlags are the flags of `lab`.
type labFlags struct {
	output      *form
	regions     []string
	shards      string
	persistence string
	delays      []string
	control     string
	engine      engineFlags
	plain       *bool // no dashboard
}

func newLab(p Process) *cobra.Command {
	c := &cobra.Command{
		Use: "lab",
		Long: `Starts regions of shards on this machine, with replication links between them that take as long as real ones. Any Redis
client can connect. The other commands find it with --lab, and the commands below make faults in it. On a terminal a dashboard
shows it, whose keys make faults too; ? shows them.

The keys are kept by an engine of its own, which has strings, counters and expiry, or, with --engine, by a process of a real server
behind every shard, which has all of Redis: kill is SIGKILL then, hang is SIGSTOP, and start finds what the server had persisted.
Whatever the end of the lab, its processes and their folder go with it.`,
		Example: `  aafailover lab
  aafailover lab --regions us,eu --shards 3,4 --link-delay us:eu=120ms
  aafailover lab --engine redis-server --redis-config max-durability
  redis-cli -c -u redis://127.0.0.1:PORT`,
		Args: known,
	}
	f := &labFlags{output: addOutput(c, asTable, asJSON), plain: addDashboard(c)}
	addSettings(c)
	flags := c.Flags()
	flags.StringSliceVar(&f.regions, "regions", []string{"us", "eu", "ap"}, "`NAMES` of the regions")
	flags.StringVar(&f.shards, "shards", "3", "`NUMBER` of shards of every region, or one for each: 3,4,2")
	flags.StringVar(&f.persistence, "persistence", string(lab.KeepAll),
		fmt.Sprintf("what a killed region keeps: %s, %s or %s", lab.KeepAll, lab.KeepLastSecond, lab.KeepNothing))
	flags.StringSliceVar(&f.delays, "link-delay", nil, "one-way `DELAY` of every link, or of one pair: 80ms, us:eu=80ms")
	f.engine.add(flags, "an engine of the lab's own", "what the persistence stands for")
	flags.StringVar(&f.control, "control", "", "`ADDRESS` on this machine to take faults at (default: any free port)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		if f.engine.settings != "" && c.Flags().Changed("persistence") {
			return usage(errors.New("--persistence and --redis-config both say what a killed region keeps: leave one of them out"))
		}
		cfg, err := f.config()
		if err != nil {
			return usage(err)
		}
		if cfg.Engine, err = f.engine.find(c.Context(), p.Stderr); err != nil {
			return err
		}
		if err := cfg.Check(); err != nil {
			return usage(err)
		}
		return f.run(c.Context(), p, cfg)
	}
	c.AddCommand(newLabStatus(p))
	c.AddCommand(newLabFaults(p)...)
	return c
}

// config is the deployment that the flags describe.
func (f *labFlags) config() (lab.Config, error) {
	shards, err := parseShards(f.shards, len(f.regions))
	if err != nil {
		return lab.Config{}, err
	}
	delay, err := parseDelays(f.delays, f.regions)
	if err != nil {
		return lab.Config{}, err
	}
	if f.control != "" {
		if err := checkControl(f.control); err != nil {
			return lab.Config{}, err
		}
	}
	cfg := lab.Config{Delay: delay}
	for i, name := range f.regions {
		if err := config.CheckName(name); err != nil {
			return lab.Config{}, err
		}
		cfg.Regions = append(cfg.Regions, lab.RegionConfig{Name: name, Shards: shards[i], Persistence: lab.Persistence(f.persistence)})
	}
	return cfg, cfg.Check()
}

// maxLabShards bounds the shards of a region: each is a listener and, with every shard of the other regions that it shares
// slots with, two streams.
const maxLabShards = 1024

// parseShards reads one number for all regions, or one for each.
func parseShards(text string, regions int) ([]int, error) {
	words := strings.Split(text, ",")
	if len(words) != 1 && len(words) != regions {
		return nil, fmt.Errorf("shards %s: must be one number, or %d, one for each region", text, regions)
	}
	shards := make([]int, regions)
	for i := range shards {
		word := words[min(i, len(words)-1)]
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > maxLabShards {
			return nil, fmt.Errorf("shards %q: must be 1 to %d", word, maxLabShards)
		}
		shards[i] = n
	}
	return shards, nil
}

// parseDelays reads DELAY, for all links, and FROM:TO=DELAY, for the links between two regions. It returns nil, the lab's
// own delays, when nothing is given.
func parseDelays(texts, regions []string) (func(from, to string) time.Duration, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	every := time.Duration(-1)
	of := make(map[[2]string]time.Duration)
	for _, text := range texts {
		pair, word, paired := strings.Cut(text, "=")
		if !paired {
			word = text
		}
		delay, err := time.ParseDuration(word)
		if err != nil || delay < 0 || delay > time.Hour {
			return nil, hint.Wrap(fmt.Errorf("link-delay %q: must be 0 to 1h", text), "write 80ms for every link, or us:eu=80ms for one pair")
		}
		if !paired {
			every = delay
			continue
		}
		from, to, _ := strings.Cut(pair, ":")
		if err := twoOf(regions, from, to); err != nil {
			return nil, fmt.Errorf("link-delay %q: %w", text, err)
		}
		of[[2]string{from, to}], of[[2]string{to, from}] = delay, delay
	}
	return func(from, to string) time.Duration {
		if delay, ok := of[[2]string{from, to}]; ok {
			return delay
		}
		if every >= 0 {
			return every
		}
		return lab.DefaultDelay(from, to)
	}, nil
}

// run keeps the lab running until ctx ends, or its dashboard is closed. That is its natural end, and so no interruption.
func (f *labFlags) run(ctx context.Context, p Process, cfg lab.Config) (err error) {
	terminal, watched := p.dashboard()
	watched = watched && !*f.plain && f.output.chosen == asTable
	feed := new(tui.Feed[lab.Status])
	if watched {
		cfg.OnFault = func(fault lab.Fault) { feed.Event(tui.LabFault(time.Now(), fault)) }
	}
	sayOtherLabs(ctx, p.Stderr)
	waiting := progress(p.Stderr, "starting a lab of %s", strings.Join(f.regions, ", "))
	defer func() { waiting.end() }()
	running, err := lab.Start(ctx, cfg)
	if errors.Is(err, lab.ErrEngine) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.Close()) }()
	control, err := lab.Serve(ctx, running, lab.ControlConfig{Address: f.control})
	if err != nil {
		return hint.Wrap(err, "leave --control out, and any free port is taken")
	}
	defer func() { err = errors.Join(err, control.Close()) }()
	status, err := running.Status(ctx)
	if err != nil {
		return err
	}
	file, err := writeLabFile(control.Address(), status)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file)) }()
	waiting.end()
	ready := report.LabReady{Control: control.Address(), Config: file, Status: status}
	if f.output.chosen == asJSON {
		err = report.WriteLine(p.Stdout, report.NewLabDocument(ready))
	} else {
		err = report.LabReadyText(p.Stdout, report.NewStyle(p.Stdout), ready)
	}
	if err != nil {
		return err
	}
	if watched {
		err = watchLab(ctx, terminal, running, feed, control.Address(), p.Stdout)
	} else {
		<-ctx.Done()
	}
	waiting = progress(p.Stderr, "ending the lab")
	return err
}

// writeLabFile writes a configuration file for the regions of a lab, beside the file by which other commands find it, and
// returns its path.
func writeLabFile(control string, s lab.Status) (string, error) {
	regions, err := labRegions(s)
	if err != nil {
		return "", err
	}
	text, err := config.FileText(regions)
	if err != nil {
		return "", err
	}
	path, err := lab.ConfigPath(control)
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte(text), 0o600)
}
