package config_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

const password = "Tr0ub4dor&3"

// TestSecretNeverShows prints a password in every way that programs print values.
func TestSecretNeverShows(t *testing.T) {
	type connection struct{ region config.Region } // unexported: package fmt does not call methods here
	region := config.Region{Name: "us", Password: config.SecretOf(password)}
	path := filepath.Join(t.TempDir(), "password")
	write(t, path, password)
	printed := config.SecretCommand("cat '" + path + "'")
	if got, err := printed.Read(t.Context()); got != password || err != nil {
		t.Fatal(err)
	}
	values := map[string]any{
		"a secret that a command printed": connection{config.Region{Password: printed}},
		"a secret":                        region.Password,
		"a pointer to a secret":           &region.Password,
		"a region":                        region,
		"a pointer to a region":           &region,
		"a configuration":                 config.Config{Regions: []config.Region{region}},
		"a region in an unexported field": connection{region},
		"a map of secrets":                map[string]config.Secret{"us": region.Password},
		"a slice of secrets":              []config.Secret{region.Password},
	}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%10.3s", "%!"} {
			check(t, name+" as "+verb, fmt.Sprintf(verb, v))
		}
		check(t, name+" by Print", fmt.Sprint(v))
		text, err := json.Marshal(v)
		check(t, name+" as JSON", fmt.Sprint(string(text), err))
		text, err = yaml.Marshal(v)
		check(t, name+" as YAML", fmt.Sprint(string(text), err))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "value", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "value", v)
		check(t, name+" by slog", log.String())
		check(t, name+" in a panic or error", fmt.Errorf("x: %v %w", v, errors.New("y")).Error())
	}
	check(t, "the difference of two secrets", cmp.Diff(region.Password, config.SecretOf("another")))
	check(t, "the URL of a region", region.URL())
	text, err := config.FileText([]config.Region{region})
	check(t, "a configuration file", fmt.Sprint(text, err))
}

func check(t *testing.T, what, text string) {
	t.Helper()
	if text == "" {
		t.Errorf("%s prints nothing: this test would not see a leak", what)
	}
	hex := fmt.Sprintf("%x", password)
	if strings.Contains(text, password) || strings.Contains(strings.ToLower(text), hex) || strings.Contains(text, "Tr0ub") {
		t.Errorf("%s shows the password: %s", what, text)
	}
}

func TestSecretSaysWhereItComesFrom(t *testing.T) {
	for _, row := range []struct {
		name   string
		secret config.Secret
		want   string
	}{
		{"no password", config.Secret{}, `none, "none", config.Secret(none)`},
		{"a password by value", config.SecretOf(password), `redacted, "redacted", config.Secret(redacted)`},
		{"a password by command, whose line may hold another", config.SecretCommand("curl -u me:" + password), `from a command, "from a command", config.Secret(from a command)`},
		{"a password by file", config.SecretFile("/run/us"), `from file /run/us, "from file /run/us", config.Secret(from file /run/us)`},
		{"a password by variable", config.SecretEnv("US_PW"), `from variable US_PW, "from variable US_PW", config.Secret(from variable US_PW)`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := fmt.Sprintf("%s, %q, %#v", row.secret, row.secret, row.secret); got != row.want {
				t.Errorf("printed %s\nwant    %s", got, row.want)
			}
		})
	}
	var s config.Secret
	if err := json.Unmarshal([]byte(`"redacted"`), &s); err == nil {
		t.Error("the text that stands for a password can be taken for one")
	}
}

func TestSecretIsReadAgainEachTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	write(t, path, "first\n")
	t.Setenv("US_PW", "first")
	file, env := config.SecretFile(path), config.SecretEnv("US_PW")
	read := func(s config.Secret) string {
		t.Helper()
		got, err := s.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if read(file) != "first" || read(env) != "first" {
		t.Errorf("read %q and %q, want first", read(file), read(env))
	}
	write(t, path, "second\r\n")
	t.Setenv("US_PW", "second")
	if read(file) != "second" || read(env) != "second" {
		t.Errorf("after rotation read %q and %q, want second", read(file), read(env))
	}
	if read(config.SecretOf(" kept as it is\n")) != " kept as it is\n" || read(config.Secret{}) != "" {
		t.Error("a password by value, or none, changes when read")
	}
}

func TestSecretThatCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) config.Secret {
		path := filepath.Join(folder, name)
		write(t, path, text)
		return config.SecretFile(path)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	t.Setenv("EMPTY_PW", "")
	for _, row := range []struct {
		name   string
		ctx    context.Context
		secret config.Secret
		want   string // FOLDER stands for the folder of the test
	}{
		{"a file that does not exist", t.Context(), config.SecretFile(filepath.Join(folder, "none")), "read password: stat FOLDER/none: no such file or directory"},
		{"an empty file", t.Context(), file("empty", "\n"), "read password: FOLDER/empty is empty"},
		{"a file of two lines", t.Context(), file("two", password+"\n"+password+"\n"), "read password: FOLDER/two has more than one line"},
		{"a file that is no password by its size", t.Context(), file("long", strings.Repeat("x", 64<<10+1)), "read password: FOLDER/long is longer than 65536 bytes"},
		{"a folder, or anything else that is not a plain file", t.Context(), config.SecretFile(folder), "read password: FOLDER is not a regular file"},
		{"a variable that is not set", t.Context(), config.SecretEnv("NO_SUCH_PW"), "read password: environment variable NO_SUCH_PW is not set or empty"},
		{"a variable that is empty", t.Context(), config.SecretEnv("EMPTY_PW"), "read password: environment variable EMPTY_PW is not set or empty"},
		{"a context that is done", cancelled, config.SecretOf(password), "read password: context canceled"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := row.secret.Read(row.ctx)
			if got := strings.ReplaceAll(fmt.Sprint(err), folder, "FOLDER"); got != row.want {
				t.Errorf("error %s\nwant  %s", got, row.want)
			}
			if row.ctx != cancelled && len(hint.Of(err)) == 0 {
				t.Error("no hint")
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
