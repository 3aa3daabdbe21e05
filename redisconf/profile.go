package redisconf

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// The profiles: settings for a purpose, for Redis 7.0 and later, each directive with the reason why. They do not say where a
// server listens or keeps its files, nor how much memory it may take.
const (
	// Balanced loses up to the last second or two at a power cut, and nothing when the server alone crashes.
	Balanced = "balanced"
	// MaxDurability has every acknowledged write on the disk.
	MaxDurability = "max-durability"
	// LowLatency has nothing wait for a disk, and loses up to an hour.
	LowLatency = "low-latency"
)

//go:embed profiles/*.conf
var profiles embed.FS

// Profiles returns the names of the profiles.
func Profiles() []string { return []string{Balanced, MaxDurability, LowLatency} }

// ErrNoProfile says that there is no profile of a name.
var ErrNoProfile = errors.New("no such profile")

// Profile returns the settings of a profile. Errors: ErrNoProfile.
func Profile(name string) (Config, error) {
	if !slices.Contains(Profiles(), name) {
		return Config{}, fmt.Errorf("%q: %w: there are %s", name, ErrNoProfile, strings.Join(Profiles(), ", "))
	}
	text, err := profiles.ReadFile("profiles/" + name + ".conf")
	if err != nil {
		return Config{}, err
	}
	return Parse(string(text))
}

// maxFile bounds a file of settings, in bytes. That of Redis with all its comments has a tenth of it.
const maxFile = 1 << 20

// Load returns the settings of a profile or, for any other name, of the file of that path. Errors: those of Parse, with the
// path; that the file cannot be read or is too large.
func Load(fileOrProfile string) (Config, error) {
	if slices.Contains(Profiles(), fileOrProfile) {
		return Profile(fileOrProfile)
	}
	f, err := os.Open(fileOrProfile)
	if err != nil {
		return Config{}, hint.Wrap(fmt.Errorf("settings of a server: %w", err),
			"give the path of a redis.conf, or one of "+strings.Join(Profiles(), ", "))
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, fmt.Errorf("settings of a server: %w", err)
	}
	if len(text) > maxFile {
		return Config{}, fmt.Errorf("settings of a server: %s: more than %d bytes", fileOrProfile, maxFile)
	}
	c, err := Parse(string(text))
	if err != nil {
		return Config{}, fmt.Errorf("settings of a server: %s: %w", fileOrProfile, err)
	}
	return c, nil
}
