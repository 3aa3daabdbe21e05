package redisconf

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/atonce"
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

// Load returns the settings of a profile or, for any other name, of the file of that path. Errors: those of Parse and of
// ReadFile, with the path.
func Load(fileOrProfile string) (Config, error) {
	if slices.Contains(Profiles(), fileOrProfile) {
		return Profile(fileOrProfile)
	}
	text, err := ReadFile(fileOrProfile)
	if err != nil {
		err = fmt.Errorf("settings of a server: %w", err)
		if errors.Is(err, fs.ErrNotExist) {
			err = hint.Wrap(err, "give the path of a redis.conf, or one of "+strings.Join(Profiles(), ", "))
		}
		return Config{}, err
	}
	c, err := Parse(text)
	if err != nil {
		return Config{}, fmt.Errorf("settings of a server: %s: %w", fileOrProfile, err)
	}
	return c, nil
}

// ReadFile reads a file of settings. Errors, with the path: it cannot be read; those of ReadText.
func ReadFile(path string) (string, error) {
	f, err := atonce.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := ReadText(f)
	if _, named := errors.AsType[*fs.PathError](err); err != nil && !named {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return text, err
}

// ReadText reads the text of a file of settings. Errors: more than a megabyte, or bytes that no text holds, so that it is none.
func ReadText(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return "", err
	case len(text) > maxFile:
		return "", fmt.Errorf("more than %d bytes: it is no file of settings", maxFile)
	case bytes.IndexByte(text, 0) >= 0:
		return "", errors.New("it holds bytes of zero: it is no text")
	}
	return string(text), nil
}
