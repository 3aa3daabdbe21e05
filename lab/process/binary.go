package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/lazy"
)

// Binary is a server program.
type Binary struct {
	Path    string // absolute
	Name    string // "redis-server" or "valkey-server": what it says of itself
	Version string // such as 7.0.15
}

// String is how people name it: "redis-server 7.0.15".
func (b Binary) String() string { return b.Name + " " + b.Version }

// AtLeast tells whether the version is this one or a later one.
func (b Binary) AtLeast(major, minor int) bool {
	parts := strings.SplitN(b.Version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	have, errMajor := strconv.Atoi(parts[0])
	after, errMinor := strconv.Atoi(parts[1])
	return errMajor == nil && errMinor == nil && (have > major || have == major && after >= minor)
}

// ErrNoServer says that there is no such server program, or that it is none.
var ErrNoServer = errors.New("no server program")

// versionPatience is how long a program may take to tell its version.
const versionPatience = 30 * time.Second

// versionLine is how a server tells its version: "Redis server v=7.0.15 sha=…", "Valkey server v=8.1.0 sha=…".
var versionLine = lazy.Regexp{Text: `^(\w+) server v=(\d+\.\d+[\w.-]*)`}

// Find returns the server program of an engine: "redis-server", "valkey-server", or the path of one. Errors: ErrNoServer,
// with a hint how to get one, and those of ctx.
func Find(ctx context.Context, engine string) (Binary, error) {
	if !supported {
		return Binary{}, hint.Wrap(fmt.Errorf("find %s: %w for this system", engine, ErrNoServer),
			"real servers need Linux or macOS; on Windows run this in WSL")
	}
	path, err := exec.LookPath(engine)
	if err != nil {
		return Binary{}, hint.Wrap(fmt.Errorf("find %s: %w: %w", engine, ErrNoServer, errors.Unwrap(err)), install(engine))
	}
	if path, err = filepath.Abs(path); err != nil { // servers are started in folders of their own
		return Binary{}, fmt.Errorf("find %s: %w", engine, err)
	}
	ctx, cancel := context.WithTimeout(ctx, versionPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.WaitDelay = time.Second // for whatever has inherited its output
	said, err := cmd.Output()
	if ctx.Err() != nil {
		return Binary{}, fmt.Errorf("ask %s for its version: %w", path, ctx.Err())
	}
	m := versionLine.Get().FindSubmatch(bytes.TrimSpace(said))
	if m == nil {
		return Binary{}, hint.Wrap(fmt.Errorf("%s: %w: it does not tell the version of a server%s", path, ErrNoServer, complaint(err)),
			"name redis-server, valkey-server or the path of one")
	}
	return Binary{Path: path, Name: strings.ToLower(string(m[1])) + "-server", Version: string(m[2])}, nil
}

// complaint is how a program failed, and the last line that it said of it, to be put after an error; "" when it did not fail.
func complaint(err error) string {
	if err == nil {
		return ""
	}
	text := ": " + err.Error()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		lines := strings.Split(strings.TrimSpace(string(exit.Stderr)), "\n")
		if last := strings.Map(printable, lines[len(lines)-1]); last != "" {
			text += ": " + last
		}
	}
	return text
}

// install is how to get an engine that is not there.
func install(engine string) string {
	switch {
	case strings.ContainsRune(engine, '/'):
		return "give the path of a redis-server or valkey-server that can be executed"
	case engine == "valkey-server":
		return "apt-get install valkey-server, dnf install valkey, apk add valkey or brew install valkey"
	}
	return "apt-get install redis-server, dnf install redis, apk add redis or brew install redis"
}
