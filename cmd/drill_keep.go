package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/user"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// keepFlags say where a drill is kept.
type keepFlags struct {
	state *string
	runs  int
	file  string
}

func (f *keepFlags) add(flags *pflag.FlagSet) {
	f.state = addStateDir(flags)
	flags.IntVar(&f.runs, "keep-runs", 100, "runs that are kept, and as many again that were killed and neither resumed nor cleaned up after: the oldest ones beyond are removed")
	flags.StringVar(&f.file, "record", "", "write the whole record to `FILE` too, from which `drill show FILE` makes every report")
}

// maxKeptRuns bounds --keep-runs.
const maxKeptRuns = 10_000

func (f *keepFlags) check() error {
	if f.runs < 1 || f.runs > maxKeptRuns {
		return fmt.Errorf("keep-runs %d: must be 1 to %d", f.runs, maxKeptRuns)
	}
	return checkFile("record", f.file, "-o json prints a result that aafailover report reads")
}

// recordHint is what to do where a record cannot be written.
const recordHint = "give --record a file in a folder that can be written to"

// keepRecord writes the file of --record. An earlier one stays where that fails.
func keepRecord(file string, write func(io.Writer) error) error {
	if err := writeFile(file, forItsOwner, write); err != nil {
		return fmt.Errorf("keep the record: %w", err)
	}
	return nil
}

// keeper keeps one drill on disk while it runs. A nil one keeps nothing but --record.
type keeper struct {
	run    *archive.Run
	ledger *drill.Ledger
}

// begin begins to keep a drill that is wired up: its ledger and its journal are on disk from now on. Where that cannot be,
// a drill on the lab goes on without, and says so; any other is not run, since nobody could clean up after it when it
// was killed.
func (f *keepFlags) begin(ctx context.Context, p Process, d *deployment, c *drill.Config, fault *faultFlags) (*keeper, error) {
	k, err := f.open(ctx, p, d, c, fault)
	switch {
	case err == nil:
		c.Ledger = k.ledger
		tell := c.OnEvent
		c.OnEvent = func(e probe.Event) {
			k.run.Note(e)
			if tell != nil {
				tell(e)
			}
		}
		c.OnCheckpoint = k.run.Checkpoint
		c.Fault = k.run.Faults(c.Fault)
		return k, nil
	case d.kind == report.Lab:
		say(p.Stderr, "this drill is not kept: %s", oneLine(err.Error()))
		return nil, nil
	}
	return nil, usage(hint.Wrap(err, "give --state-dir FOLDER, a folder that can be written to: without its ledger nobody could clean up after a drill that is killed"))
}

func (f *keepFlags) open(ctx context.Context, p Process, d *deployment, c *drill.Config, fault *faultFlags) (*keeper, error) {
	defer progress(p.Stderr, "preparing to keep run %s", c.Run).end()
	kept, err := archiveIn(*f.state)
	if err != nil {
		return nil, err
	}
	settings, err := archive.SettingsOf(*c)
	if err != nil {
		return nil, err
	}
	b := archive.Begin{
		Run: c.Run, At: time.Now(), Deployment: string(d.kind), Scenario: c.Scenario.Name,
		User: userName(), PID: os.Getpid(), Version: builtFrom(debug.ReadBuildInfo()).version, Command: redacted(p.Args),
		Prefix: c.Prefix, Cover: c.Cover, Fault: fault.kept(d), Settings: settings,
	}
	b.Host, _ = os.Hostname()
	for i, m := range c.Maps {
		b.Regions = append(b.Regions, archive.Region{URL: d.regions[i].URL(), From: leavingFrom(ctx, d.regions[i].Address), Map: m})
	}
	k := new(keeper)
	if k.run, err = kept.Begin(b, f.runs); err != nil {
		return nil, err
	}
	head := drill.Head{Prefix: c.Prefix, Run: c.Run, Regions: b.Names(), Slots: c.Cover, Start: b.At}
	if k.ledger, err = drill.CreateLedger(k.run.Ledger(), head); err != nil {
		return nil, errors.Join(err, k.run.Close())
	}
	if err := fault.logTo(ctx, k.run.Watchdog()); err != nil {
		return nil, errors.Join(err, k.ledger.Close(), k.run.Close())
	}
	return k, nil
}

// end keeps the record of the drill and says on stderr what could not be kept. The report was printed already.
func (f *keepFlags) end(stderr io.Writer, k *keeper, found report.DrillResult) {
	defer progress(stderr, "keeping the record").end()
	var begin archive.Begin
	if k != nil {
		begin = k.run.Begin
		if err := errors.Join(k.run.End(string(found.Deployment), found.Record), k.ledger.Err(), k.ledger.Close(), k.run.Close()); err != nil {
			complain(stderr, err, "the report is whole; `aafailover drill show` may not have it")
		}
	}
	if f.file == "" {
		return
	}
	kept := archive.Record{Deployment: string(found.Deployment), Begin: begin, Record: found.Record}
	if err := keepRecord(f.file, func(w io.Writer) error { return archive.WriteRecord(w, kept) }); err != nil {
		complain(stderr, err, recordHint)
	}
}

// userName is who runs this process; "" where that cannot be told.
func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

// leavingFrom is the address of this machine from which packets to an address leave; "" where that cannot be told. Nothing
// is sent.
func leavingFrom(ctx context.Context, address string) string {
	const limit = time.Second // of looking the name up
	dialer := net.Dialer{Timeout: limit}
	conn, err := dialer.DialContext(ctx, "udp", address)
	if err != nil {
		return ""
	}
	defer conn.Close() //nolint:errcheck // nothing was sent
	host, _, _ := net.SplitHostPort(conn.LocalAddr().String())
	return host
}

// userCommands are the flags whose values are command lines of the user's: they may hold a password in any form.
var userCommands = []string{"--inject", "--heal"}

// redacted is a command line without passwords.
func redacted(args []string) []string {
	shown := []string{"aafailover"}
	hide := false
	for _, arg := range args {
		name, _, assigned := strings.Cut(arg, "=")
		switch isCommand := slices.Contains(userCommands, name); {
		case hide:
			arg, hide = "…", false
		case isCommand && assigned:
			arg = name + "=…"
		case isCommand:
			hide = true
		}
		shown = append(shown, withoutUser(arg))
	}
	return shown
}
