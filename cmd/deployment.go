package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

// regionFlags are the flags that say which regions, and how to talk to them.
type regionFlags struct {
	shards  int
	timeout time.Duration
	prefix  string
	control *string    // of the lab; "": the running one is found
	builtIn lab.Config // of the lab that is started for a command; without regions, the default one

	use       string   // of the addresses that a cluster announces
	rules     []string // that replace some of them
	addresses region.Addresses
	way       string // of publishing
	pubsub    region.PubSub
}

func addRegions(c *cobra.Command) *regionFlags {
	f := new(regionFlags)
	addSettings(c)
	flags := c.Flags()
	flags.StringArray("region", nil, "`NAME=URL` of a region, the local one first; repeat it for each")
	flags.StringArray("api", nil, "`NAME=URL` of the REST API of a region's Redis Enterprise cluster, https://USER@HOST:9443; repeat it for each")
	flags.Bool("lab", false, "use the running lab, or else a built-in one for as long as this command runs")
	f.control = addControl(c)
	flags.IntVar(&f.shards, "shards", 0, "number of equal shards of a region that does not tell itself (0: unknown)")
	flags.DurationVar(&f.timeout, "timeout", region.DefaultTimeout, "limit for a connection with its handshake, and for each reply")
	flags.StringVar(&f.prefix, "prefix", region.DefaultPrefix, "what all channels and keys begin with")
	flags.StringVar(&f.use, "cluster-addresses", region.Addresses{}.String(), "how the addresses that a cluster announces are used: announced, seed-host (the host of the URL, the announced port) or map")
	flags.StringArrayVar(&f.rules, "address-map", nil, "connect to TO where FROM is announced, given as `FROM=TO`, each a host or host:port; repeat it for each")
	flags.StringVar(&f.way, "pubsub", region.Classic.String(), "how messages are published: classic, sharded (SPUBLISH, Redis 7 and later) or auto, which tries both")
	addTLS(flags)
	return f
}

// maxTimeout bounds --timeout: a region that takes longer than this to answer is not usable for anybody.
const maxTimeout = time.Minute

func (f *regionFlags) check() error {
	errs := []error{config.CheckPrefix(f.prefix)}
	if f.timeout <= 0 || f.timeout > maxTimeout {
		errs = append(errs, fmt.Errorf("timeout %v: must be more than 0 and at most %v", f.timeout, maxTimeout))
	}
	if f.shards < 0 || f.shards > slots.Count {
		errs = append(errs, fmt.Errorf("shards %d: must be 0 to %d", f.shards, slots.Count))
	}
	var err error
	f.addresses, err = region.ParseAddresses(f.use, f.rules)
	return errors.Join(append(errs, err, f.pubsub.UnmarshalText([]byte(f.way)))...)
}

// deployment is the regions that a command works on.
type deployment struct {
	kind    report.Deployment
	regions []config.Region // the local one first
	options region.Options
	lab     laboratory // nil unless kind is report.Lab
	engine  string     // of the lab; "" for its own
	builtIn bool       // the lab is one that was started for this command
	close   func()     // ends what was started for this command
}

// laboratory is a lab, in this process or another.
type laboratory interface {
	Status(ctx context.Context) (lab.Status, error)
	Inject(ctx context.Context, f lab.Fault) error
}

// openDeployment takes the given regions, or else finds the running lab, or else starts one in this process, and says on
// stderr which lab it is.
func openDeployment(ctx context.Context, stderr io.Writer, c config.Config, f *regionFlags) (*deployment, error) {
	if !c.Lab {
		d := f.deployment(report.Given)
		for _, r := range c.Regions {
			r.Shards = cmp.Or(r.Shards, f.shards)
			d.regions = append(d.regions, r)
		}
		defer progress(stderr, "looking up where %s are", namesOf(d.regions)).end()
		return d, usage(differentEndpoints(ctx, d.regions))
	}
	running, err := newestLab(ctx, stderr, *f.control)
	switch {
	case errors.Is(err, lab.ErrNoLab):
		say(stderr, "no lab is running: using a built-in one for as long as this command runs")
		return openBuiltInLab(ctx, stderr, f)
	case err != nil:
		return nil, err
	}
	say(stderr, "using the running lab at %s", running.Address())
	d := f.deployment(report.Lab)
	defer progress(stderr, "asking the lab at %s", running.Address()).end()
	return d, unobservable(d.use(ctx, running))
}

// openBuiltInLab starts a lab in this process, whether or not another one is running.
func openBuiltInLab(ctx context.Context, stderr io.Writer, f *regionFlags) (*deployment, error) {
	c := f.builtIn
	if len(c.Regions) == 0 {
		c.Regions = defaultLab()
	}
	defer progress(stderr, "starting a built-in lab of %d regions", len(c.Regions)).end()
	started, err := lab.Start(ctx, c)
	if errors.Is(err, lab.ErrEngine) {
		return nil, usage(err)
	}
	if err != nil {
		return nil, unobservable(err)
	}
	d := f.deployment(report.Lab)
	d.builtIn, d.close = true, func() { _ = started.Close() }
	if err := d.use(ctx, started); err != nil {
		d.close()
		return nil, unobservable(err)
	}
	return d, nil
}

// deployment is one without regions as yet, and with nothing to close.
func (f *regionFlags) deployment(kind report.Deployment) *deployment {
	o := region.Options{Timeout: f.timeout, Prefix: f.prefix, Addresses: f.addresses, PubSub: f.pubsub}
	return &deployment{kind: kind, options: o, close: func() {}}
}

// use takes the regions of a lab.
func (d *deployment) use(ctx context.Context, l laboratory) error {
	status, err := l.Status(ctx)
	if err != nil {
		return ofLab(err)
	}
	d.lab, d.engine = l, status.Engine
	d.regions, err = labRegions(status)
	return err
}

// insecure are the names of the regions whose certificates are not checked.
func (d *deployment) insecure() []string {
	var names []string
	for _, r := range d.regions {
		if r.Insecure() {
			names = append(names, r.Name)
		}
	}
	return names
}

// labRegions are the regions of a lab as somebody would give them.
func labRegions(s lab.Status) ([]config.Region, error) {
	var regions []config.Region
	for _, r := range s.Regions {
		one, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			return nil, err
		}
		regions = append(regions, one)
	}
	return regions, nil
}

// defaultLab is what `lab` starts unless it is told otherwise, and what the built-in lab is.
func defaultLab() []lab.RegionConfig {
	var regions []lab.RegionConfig
	for _, name := range []string{"us", "eu", "ap"} {
		regions = append(regions, lab.RegionConfig{Name: name, Shards: 3})
	}
	return regions
}

// needRegions is config.Config.NeedRegions for the commands that do not rehearse.
func needRegions(c config.Config) error { return usage(c.NeedRegions()) }

// loopsOnly says what one region alone lets find out.
func loopsOnly(stderr io.Writer, regions []config.Region) {
	if len(regions) == 1 {
		say(stderr, "one region given: only loops, from %s to itself; replication takes a second --region", regions[0].Name)
	}
}
