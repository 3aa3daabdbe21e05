package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// maxSecret bounds what is read from a password file, in bytes. Access tokens that serve as passwords have a
// few thousand.
const maxSecret = 64 << 10

// Secret is a password, or where to read one. However it is printed, logged or marshalled, it
// shows where the password comes from and never the password itself. The zero Secret is no password.
type Secret struct {
	// value is a function because nothing that prints values by reflection sees into one: not package fmt, which
	// does not call Format on unexported fields, nor printers of differences and dumps.
	value func() string
	file  string
	env   string
	// command is a pointer, so that all copies share what it printed.
	command *passwordCommand
}

// SecretOf is a password known by value.
func SecretOf(password string) Secret { return Secret{value: func() string { return password }} }

// SecretFile is a password that is the one line of a file.
func SecretFile(path string) Secret { return Secret{file: path} }

// SecretEnv is a password that is the value of an environment variable.
func SecretEnv(name string) Secret { return Secret{env: name} }

// SecretCommand is a password that is the first line of what a command prints. The shell runs it when the password is
// needed, for 10 seconds at the most; what it printed is used, by all copies of the Secret, until a server rejects it.
func SecretCommand(line string) Secret { return Secret{command: newPasswordCommand(line)} }

// set takes passwordFile, passwordEnv or passwordCommand as where the password comes from. Errors: there is one already, and
// an empty value.
func (s *Secret) set(key, value string) error {
	if !s.IsZero() {
		return hint.Wrap(errors.New("more than one password"), "give a password in the URL, passwordFile, passwordEnv or passwordCommand, one of them")
	}
	if value == "" {
		return hint.Wrap(fmt.Errorf("%s is empty", key), "name the file, variable or command that the password comes from")
	}
	*s = map[string]func(string) Secret{
		"passwordFile": SecretFile, "passwordEnv": SecretEnv, passwordCommandKey: SecretCommand,
	}[key](value)
	return nil
}

// IsZero says that there is no password.
func (s Secret) IsZero() bool {
	return s.value == nil && s.file == "" && s.env == "" && s.command == nil
}

// Equal says that both are the same password by value, or come from the same file, variable or command.
func (s Secret) Equal(other Secret) bool {
	if s.value == nil || other.value == nil {
		return s.value == nil && other.value == nil && s.file == other.file && s.env == other.env && s.commandLine() == other.commandLine()
	}
	return s.value() == other.value()
}

// commandLine is "" when the password does not come from a command.
func (s Secret) commandLine() string {
	if s.command == nil {
		return ""
	}
	return s.command.line
}

// Read returns the password, read again from its file or variable each time, since passwords rotate: call
// it for every connection. The zero Secret reads as "". It fails when the file or variable does not
// exist or is empty, when the file is not a regular one (reading could block) or has
// several lines, when the command fails, and when ctx is done. It may run a command: see [SecretCommand].
func (s Secret) Read(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	switch {
	case s.value != nil:
		return s.value(), nil
	case s.file != "":
		password, err := readSecretFile(s.file)
		if err != nil {
			return "", hint.Wrap(fmt.Errorf("read password: %w", err), "passwordFile names a readable file with the password as its only line")
		}
		return password, nil
	case s.env != "":
		password := os.Getenv(s.env)
		if password == "" {
			return "", hint.Wrap(fmt.Errorf("read password: environment variable %s is not set or empty", s.env),
				"passwordEnv names an exported variable that holds the password")
		}
		return password, nil
	case s.command != nil:
		password, err := s.command.read(ctx)
		if err != nil {
			return "", hint.Wrap(fmt.Errorf("read password: %w", err), passwordCommandHint)
		}
		return password, nil
	default:
		return "", nil
	}
}

// Rejected says that a server did not accept the password that Read returned. A command is run again then, though not
// more often than every 2 seconds: Read returns the same until then. Others are read anew in any case.
func (s Secret) Rejected(password string) {
	if s.command != nil {
		s.command.reject(password)
	}
}

func readSecretFile(path string) (string, error) {
	text, err := readRegular(path, maxSecret)
	if err != nil {
		return "", err
	}
	password := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	switch {
	case password == "":
		return "", fmt.Errorf("%s is empty", path)
	case strings.ContainsAny(password, "\r\n"):
		return "", fmt.Errorf("%s has more than one line", path)
	}
	return password, nil
}

// String says where the password comes from: "none", "redacted", "from file PATH", "from variable NAME" or "from a
// command", which may have a password in its line.
func (s Secret) String() string {
	switch {
	case s.value != nil:
		return "redacted"
	case s.file != "":
		return "from file " + s.file
	case s.env != "":
		return "from variable " + s.env
	case s.command != nil:
		return "from a command"
	default:
		return "none"
	}
}

// GoString is String in parentheses after the type.
func (s Secret) GoString() string { return "config.Secret(" + s.String() + ")" }

// Format prints String, or GoString for %#v, whatever the verb.
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	switch {
	case verb == 'v' && f.Flag('#'):
		text = s.GoString()
	case verb == 'q':
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(f, text)
}

// MarshalText gives String to JSON, YAML and whatever else marshals text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText refuses: what MarshalText gives is not the password.
func (s *Secret) UnmarshalText([]byte) error { return errors.New("a secret cannot be unmarshalled") }

// LogValue gives String to package log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
