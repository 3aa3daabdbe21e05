// Package config turns the command line, the environment and a file into one validated value.
//
//	command line  --region us=redis://… --interval 400ms   ┐
//	environment   AAFAILOVER_REGION, AAFAILOVER_INTERVAL   ├─> Resolve ─> Config (regions), and the command's flags set
//	file          regions: […], interval: 400ms            ┘
//
// The first of the three that says something wins, setting by setting. The regions, or the lab in their
// place, are one setting. What cannot be understood is an error that says where it stands: a variable by its
// name, a key by file, line and column.
//
// The package reads the configuration file, the files of passwords and certificates, and the variables it is given, and
// runs the commands that print passwords. It never opens a connection, never resolves a name, knows no flag library, and
// never shows a password: a [Secret] prints as where it comes from, and no error repeats the part of a URL that
// may hold one, or what a command printed.
package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// MaxRegions is the most regions that one deployment may have. Redis documents limits of 5 and of 10,
// depending on the release.
const MaxRegions = 10

// ErrNoRegions is returned by [Config.NeedRegions] when nothing says where the deployment is.
var ErrNoRegions = errors.New("no regions given")

// Config is what was configured about the deployment. All other settings are flags, set by [Resolve].
type Config struct {
	// Regions are in the order in which they were configured: the first is the local one. Empty when Lab.
	Regions []Region
	// Lab says that the built-in lab takes the place of the regions.
	Lab bool
	// Path is the configuration file that was read, empty when there was none.
	Path string
}

// NeedRegions returns nil when there are regions or the lab was asked for, and otherwise [ErrNoRegions]
// with a hint that names the three ways to give them, and perhaps one on a file that should have.
func (c Config) NeedRegions() error {
	if c.Lab || len(c.Regions) > 0 {
		return nil
	}
	err := hint.Wrap(ErrNoRegions, "give --region NAME=URL for each region, --config FILE (or "+FileName+" here), or --lab for the built-in one")
	return hint.Wrap(err, regionsAdvice(c.Path))
}

// Validate checks each region (see [Region.Validate]) and then what they must not have in common: two
// regions of one name, in whatever case, or of one endpoint. Endpoints are compared as they are written,
// without looking names up: whether two names lead to one server is found out by asking the servers.
func (c Config) Validate() error {
	if len(c.Regions) > MaxRegions {
		return hint.Wrap(fmt.Errorf("%d regions given, at most %d are supported", len(c.Regions), MaxRegions),
			"an Active-Active database has no more; leave out those that are not part of it")
	}
	for i, r := range c.Regions {
		if err := r.Validate(); err != nil {
			return at(r.Place, err)
		}
		for _, earlier := range c.Regions[:i] {
			if strings.EqualFold(r.Name, earlier.Name) {
				return at(r.Place, hint.Wrap(fmt.Errorf("%s: a region of this name was given before", r.Name),
					"give every region a name of its own; upper and lower case do not tell names apart"))
			}
			if r.endpoint() == earlier.endpoint() {
				return at(r.Place, hint.Wrap(fmt.Errorf("%s: the same endpoint as %s", r, earlier.Name),
					"a region is one endpoint of the Active-Active database; databases and users of one endpoint are one region"))
			}
		}
	}
	return nil
}

// at puts the place where a setting stands in front of an error about it, keeping its hints.
func at(place string, err error) error {
	if err == nil || place == "" {
		return err
	}
	return fmt.Errorf("%s: %w", place, err)
}
