package process_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/lab/process"
)

func TestReason(t *testing.T) {
	for _, row := range []struct{ name, log, want string }{
		{"nothing is said", "", ""},
		{"an orderly start", "1:C 22 Nov 2026 09:38:06.945 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n1:M 22 Nov 2026 09:38:06.945 * Ready to accept connections\n", ""},
		{"settings that it refuses", "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 2\n>>> 'foo bar'\nBad directive or wrong number of arguments\n",
			"Reading the configuration file, at line 2: >>> 'foo bar': Bad directive or wrong number of arguments"},
		{"warnings, the last of them", "1:M 22 Nov 2026 09:38:06.891 # a\n1:M 22 Nov 2026 09:38:06.892 * note\n1:M 22 Nov 2026 09:38:06.892 # b\n1:M 22 Nov 2026 09:38:06.892 # c\n1:M 22 Nov 2026 09:38:06.892 # d\n", "b; c; d"},
		{"what the loader of programs says", "redis-server: error while loading shared libraries: libx.so\n", "redis-server: error while loading shared libraries: libx.so"},
		{"what would move a cursor", "1:M 22 Nov 2026 09:38:06.891 # a\x1b[2Jb\n", "a [2Jb"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := process.Reason(row.log); got != row.want {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
}

// Whatever a server has written, the reason is one line, and passwords are left out.
func FuzzReason(f *testing.F) {
	for _, seed := range []string{"", "\n*** FATAL CONFIG FILE ERROR", "*** FATAL CONFIG FILE ERROR\n\r\n", "1:M 22 Nov 2026 09:38:06.891 # a\r\nb", "\xff\n\n"} {
		f.Add(seed, "secret")
	}
	f.Fuzz(func(t *testing.T, log, secret string) {
		if secret == "" || strings.Contains("***", secret) { //nolint:gocritic // the question is whether the mark would show it
			return
		}
		got := process.Reason(process.Redact(log, []string{secret}))
		if strings.ContainsAny(got, "\r\n\x1b") {
			t.Errorf("%q gives %q", log, got)
		}
		if strings.Contains(process.Redact(log, []string{secret}), secret) && !strings.Contains(secret, "*") {
			t.Errorf("%q is shown", secret)
		}
	})
}
