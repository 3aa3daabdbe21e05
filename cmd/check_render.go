package cmd

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/redisconf"
)

func newCheckRender(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "render PROFILE",
		Short: "Print a redis.conf, or a sentinel.conf, for a profile",
		Long: `Prints the settings of a server for a purpose, each with the reason why:

  balanced        loses up to the last second or two at a power cut
  max-durability  has every acknowledged write on the disk
  low-latency     has nothing wait for a disk, and loses up to an hour

They are for Redis 7.0 and later, and say nothing of where a server listens, keeps its files, or lets in: put that beside them, or
include them from a file of yours. With --sentinel it is the file of each Sentinel that watches over such a deployment.`,
		Example: `  aafailover check render balanced --replicas 2 --maxmemory 4gb > redis.conf
  aafailover check render balanced --sentinel --primary 10.0.0.10:6379 > sentinel.conf`,
		Args:              justOne("profile"),
		ValidArgsFunction: cobra.FixedCompletions(redisconf.Profiles(), cobra.ShellCompDirectiveNoFileComp),
	}
	addSettings(c)
	var server redisconf.Server
	var watch redisconf.SentinelFor
	flags := c.Flags()
	flags.IntVar(&server.Replicas, "replicas", 0, "how many replicas (`N`) the primary has, for what a write needs of them")
	flags.StringVar(&server.MaxMemory, "maxmemory", "", "how much memory the keys may take: a `SIZE` such as 4gb")
	sentinel := flags.Bool("sentinel", false, "print the file of a Sentinel")
	flags.StringVar(&watch.Name, "name", "mymaster", "with --sentinel: the `NAME` that applications ask Sentinels for")
	flags.StringVar(&watch.Primary, "primary", "", "with --sentinel: `HOST:PORT` of the primary at the start")
	flags.IntVar(&watch.Quorum, "quorum", 2, "with --sentinel: how many Sentinels (`N`) have to hold the primary down")
	c.RunE = func(c *cobra.Command, args []string) error {
		given := flagsGiven(flags)
		if _, err := settle(c, p); err != nil {
			return err
		}
		if err := usage(misplaced(given, *sentinel)); err != nil {
			return err
		}
		if watch.Quorum < 1 {
			return usage(fmt.Errorf("quorum %d: must be 1 or more", watch.Quorum))
		}
		server.Profile, watch.Profile = args[0], args[0]
		settings, err := server.Settings()
		if *sentinel {
			settings, err = watch.Settings()
		}
		if err != nil {
			return usage(err)
		}
		_, err = io.WriteString(p.Stdout, settings.String())
		return err
	}
	return c
}

// misplaced is the error about flags on the command line that belong to the other kind of file.
func misplaced(given []string, sentinel bool) error {
	others, advice := []string{"name", "primary", "quorum"}, "give --sentinel too, or leave it out"
	if sentinel {
		others, advice = []string{"replicas", "maxmemory"}, "a Sentinel keeps no data: leave it out, or print the file of the server without --sentinel"
	}
	var errs []error
	for _, flag := range given {
		if slices.Contains(others, flag) {
			errs = append(errs, hint.Wrap(errors.New("--"+flag+" is not for this file"), advice))
		}
	}
	return errors.Join(errs...)
}
